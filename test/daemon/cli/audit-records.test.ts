import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

const ROOT = join(import.meta.dirname, "../../..");
let folder = "";
let log = "";

function line(second: number, fields: object): string {
  const time = `2026-12-01T10:00:${String(second).padStart(2, "0")}.000000000Z`;
  return `${JSON.stringify({ time, rule: "bash-audit", instance: "h", ...fields })}\n`;
}

const typed = (second: number, user: string, sessionid: number | string, command: string): string =>
  line(second, { command, pid: 7, user, sessionid, tty: "pts/0", cwd: "/srv" });

before(() => {
  folder = mkdtempSync(join(tmpdir(), "audit-records-"));
  log = join(folder, "audit.jsonl");
  writeFileSync(`${log}.2.gz`, gzipSync(typed(1, "alice", 3, "ls") + typed(2, "alice", 3, "rm -rf /srv/a\nb")));
  writeFileSync(`${log}.1`, typed(3, "root", 3, "rm x") + '{"cut":');
  writeFileSync(
    log,
    typed(4, "bob", "unset", "ls *") +
      line(5, { who: 1 }) +
      '{"time":"2026-12-01T10:00:06Z","rule":"bpfwarden","event":"x"}\n',
  );
});
after(() => rmSync(folder, { recursive: true }));

function audit(...parameters: readonly string[]): readonly string[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(ROOT, "daemon/main.ts"), "audit", ...parameters, "--log", log],
    { encoding: "utf8" },
  );
  assert.deepEqual([stderr, status], ["", 0]);
  return stdout.trimEnd().split("\n");
}

const commandsOf = (lines: readonly string[]): readonly unknown[] =>
  lines.map((each) => (JSON.parse(each) as { readonly command?: string }).command);

test("audit show reads rotated and compressed files in order, and chooses records", () => {
  assert.equal(audit("show").length, 6);
  assert.deepEqual(commandsOf(audit("show", "--command", "rm *", "--json")), ["rm -rf /srv/a\nb", "rm x"]);
  assert.deepEqual(commandsOf(audit("show", 'user=~"a.*|bob"', 'command="ls"', "--json")), ["ls"]);
  assert.deepEqual(
    commandsOf(audit("show", "--since", "2026-12-01T10:00:03Z", "--until", "2026-12-01T10:00:05Z", "--json")),
    ["rm x", "ls *"],
  );
  assert.deepEqual(commandsOf(audit("show", 'rule="bash-audit"', "--limit", "2", "--json")), ["ls *", undefined]);
});

test("audit show prints a record on one line, with control characters visible", () => {
  const [shown] = audit("show", "--user", "alice", "--command", "rm*");
  assert.equal(
    shown,
    '2026-12-01T10:00:02Z bash-audit  instance="h" command="rm -rf /srv/a\\x0ab" pid=7 user="alice" sessionid=3 tty="pts/0" cwd="/srv"',
  );
});

test("audit sessions joins a login's commands, also after su", () => {
  const [, first, second, ...rest] = audit("sessions");
  assert.match(first ?? "", /^3 +alice, root +pts\/0 +2026-12-01T10:00:01Z +2026-12-01T10:00:03Z +3 *$/);
  assert.match(second ?? "", /^pts\/0:7 +bob +/);
  assert.deepEqual(rest, []);
  assert.deepEqual(audit("session", "3").at(-1), "2026-12-01T10:00:03Z root /srv $ rm x");
});
