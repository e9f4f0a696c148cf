import koffi from "koffi";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { getPriority, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import type { Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import type { ExecSettings } from "../../../../daemon/receivers/exec/settings.ts";
import { readSettings } from "../../../../daemon/settings/read-settings.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { alert, alerts, context, validator } from "../../notify/fixtures.ts";
import { assertGolden, contentOf, SCENES, send, slow } from "../chat-fixture.ts";
import { RANDOM_ALERTS } from "../random-alerts.ts";

const folder = mkdtempSync(join(tmpdir(), "exec-"));
after(() => rmSync(folder, { recursive: true }));
const isRoot = process.getuid?.() === 0;
const root = { skip: isRoot ? false : "root is not there" };

let count = 0;

/** Writes a program; `$OUT` in it is a file of its own. */
function programOf(script: string): { readonly path: string; readonly out: () => string } {
  const path = join(folder, `program-${count++}`);
  writeFileSync(path, `#!/bin/sh\n${script.replaceAll("$OUT", `${path}.out`)}\n`);
  chmodSync(path, 0o755);
  return { path, out: () => readFileSync(`${path}.out`, "utf8") };
}

const action = (program: string, changes: Partial<ExecSettings> = {}): ActionSettings => ({
  ...{ name: "page", kind: "exec", program, args: [], timeoutMs: 20_000, isAllowed: true },
  ...changes,
});

const run = (script: string, changes: Partial<ExecSettings> = {}): Promise<Outcome> =>
  send(action(programOf(script).path, changes), contentOf({}, slow));

const errorOf = (outcome: Outcome): string => (outcome.ok ? "" : outcome.error);

suite("exec", () => {
  test("gives a program each change and each record, as people read them", async () => {
    const { path, out } = programOf("cat > $OUT");
    const validate = validator("webhook");
    const shown: string[] = [];
    for (const [scene, content] of SCENES) {
      assert.deepEqual(await send(action(path), content), { ok: true });
      const body = JSON.parse(out()) as unknown;
      validate(body);
      shown.push(`== ${scene}\n${JSON.stringify(body, null, 2)}\n\n`);
    }
    assertGolden("exec", shown.join(""));
  });

  test("gives a program no capability, and none can be got", root, async () => {
    const { path, out } = programOf("exec grep -E '^(Cap|NoNewPrivs|Uid)' /proc/self/status > $OUT");
    assert.deepEqual(await send(action(path), contentOf({}, slow)), { ok: true });
    const status = Object.fromEntries(
      out()
        .trim()
        .split("\n")
        .map((line) => line.split(/:\s+/)),
    );
    for (const name of ["CapInh", "CapPrm", "CapEff", "CapAmb"]) assert.equal(Number(`0x${status[name]}`), 0, name);
    assert.equal(status["NoNewPrivs"], "1");
    // CAP_CHOWN is what chown of a file to another user needs.
    assert.match(errorOf(await run("touch $OUT; exec chown 65534 $OUT")), /ended with 1: chown: .*not permitted/);
  });

  test("gives a program no higher priority than others, nor than it has itself", root, async () => {
    const own = getPriority();
    const { path, out } = programOf("nice > $OUT");
    try {
      for (const [ours, its] of [
        [-5, "0\n"],
        [19, "19\n"],
      ] as const) {
        setPriority(ours);
        assert.deepEqual(await send(action(path), contentOf({}, slow)), { ok: true });
        assert.equal(out(), its);
      }
    } finally {
      setPriority(own);
    }
  });

  test("arguments that are too long leave nothing open", async () => {
    const open = (): readonly string[] => readdirSync("/proc/self/fd");
    const args = ["x".repeat(200_000)];
    const attempted = async (): Promise<Outcome> => run("exit 0", { args });
    assert.match(errorOf(await attempted()), /E2BIG/);
    const before = open().length;
    for (let each = 0; each < 5; each++) await attempted();
    assert.ok(open().length <= before, open().join(" "));
  });

  test("gives a program an environment, arguments and files of its own", async () => {
    process.env["SECRET_OF_THE_DAEMON"] = "s3cr3t";
    const script =
      'env | sort > $OUT; echo "$# $1|$2" >> $OUT; ls -l /proc/$$/fd | grep -c "[0-9] ->" >> $OUT; pwd >> $OUT; cat /dev/stdin | head -c 13 >> $OUT; echo e > /dev/stderr; ulimit -c >/dev/null; kill -PIPE $$';
    const { path, out } = programOf(script);
    const outcome = await send(action(path, { args: ["a b", "$(evil)"] }), contentOf({}, slow));
    assert.match(errorOf(outcome), /was ended by SIGPIPE: e$/);
    assert.equal(
      out(),
      [
        "BPFWARDEN_ACTION=page\nBPFWARDEN_ID=delivery-1\nHOME=/\nLANG=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/",
        // standard streams, and the script that the shell reads
        '2 a b|$(evil)\n4\n/\n{"version":"4',
      ].join("\n"),
    );
  });

  test("an exit with another status is tried again, with the first lines of standard error", async () => {
    const outcome = await run("printf 'one\\n\\n\\033[31mtwo\\n\\302\\233three\\nfour\\n' >&2; exit 7");
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" });
    assert.match(errorOf(outcome), /program-\d+ ended with 7: one; \\x1b\[31mtwo; \\u\{9b\}three$/);
  });

  test("standard error of any length delays nothing and is cut", async () => {
    const outcome = await run("head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 1");
    assert.ok(errorOf(outcome).length < 400, errorOf(outcome));
  });

  test("a program that reads nothing takes the message with its exit", async () => {
    assert.deepEqual(await send(action(programOf("exit 0").path), alerts(action("/x"), ...RANDOM_ALERTS).content), {
      ok: true,
    });
  });

  test("a program and its children are killed at the limit", async () => {
    const { path, out } = programOf("sleep 1000 & echo $! > $OUT; trap '' TERM; while :; do sleep 1; done");
    const outcome = await send(action(path, { timeoutMs: 4000 }), contentOf({}, slow));
    assert.match(errorOf(outcome), /was killed after 4000 ms$/);
    assert.ok(await isGone(Number(out())));
  });

  test("a stop of the daemon ends a program", async () => {
    const { path, out } = programOf("echo $$ > $OUT; exec sleep 1000");
    const stop = new AbortController();
    const outcome = attempt(
      { id: "delivery-1", action: action(path), content: contentOf({}, slow) },
      context(),
      stop.signal,
    );
    while (!existsSync(`${path}.out`) || out() === "") await delay(20);
    stop.abort();
    assert.match(errorOf(await outcome), /was ended by SIGKILL/);
    assert.ok(await isGone(Number(out())));
  });

  test("a program that others could change is not run", root, async () => {
    const { path, out } = programOf("echo ran > $OUT");
    chmodSync(path, 0o757);
    assert.match(
      errorOf(await send(action(path), contentOf({}, slow))),
      /only root can write it, found that everybody can/,
    );
    chmodSync(path, 0o755);
    chownSync(path, 65_534, 0);
    assert.match(
      errorOf(await send(action(path), contentOf({}, slow))),
      /expected the owner root, found the user id 65534/,
    );
    const open = join(folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    const link = join(open, "link");
    symlinkSync(programOf("exit 0").path, link);
    assert.match(errorOf(await send(action(link), contentOf({}, slow))), /folder that only root can write/);
    const text = join(folder, "text");
    writeFileSync(text, "x", { mode: 0o644 });
    assert.match(errorOf(await send(action(text), contentOf({}, slow))), /without permission to execute it/);
    assert.partialDeepStrictEqual(await send(action(join(folder, "gone")), contentOf({}, slow)), {
      ok: false,
      trouble: "setup",
    });
    assert.throws(out);
  });

  test("a file of another kind is tried again", root, async () => {
    const path = join(folder, "garbage");
    writeFileSync(path, "\u007fELF", { mode: 0o755 });
    assert.match(
      errorOf(await send(action(path), contentOf({}, slow))),
      /ended with 126: it cannot be executed: errno 8$/,
    );
  });

  test("200 random alerts arrive as JSON, and nowhere else", async () => {
    const { path, out } = programOf('cat > $OUT; tr "\\0" " " < /proc/$$/cmdline >> $OUT; env >> $OUT');
    assert.deepEqual(await send(action(path), alerts(action(path), ...RANDOM_ALERTS).content), { ok: true });
    const [json = "", ...rest] = out().split("\n");
    validator("webhook")(JSON.parse(json));
    assert.equal((JSON.parse(json) as { alerts: unknown[] }).alerts.length, 200);
    assert.doesNotMatch(json, /[\u0000-\u001f\u007f-\u009f\u202e\u200b\u2066]/);
    assert.doesNotMatch(rest.join("\n"), /evil|injected|tcp-retransmits/);
  });
});

/** The folder of cgroup v2, where this process may make groups. */
const hierarchy = (): string | undefined =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .find((line) => / - cgroup2 .* rw/.test(line))
    ?.split(" ")[4];

/** Marks a group as systemd does for `Delegate=yes`. */
function delegate(group: string): void {
  const signature = "int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)";
  assert.equal(koffi.load(null).func(signature)(group, "trusted.delegate", Buffer.from("1"), 1, 0), 0);
}

suite("a control group of its own", () => {
  const cgroups = { skip: isRoot && hierarchy() !== undefined ? false : "root and cgroup v2 are not there" };

  test("ends with the program, also what left its process group", cgroups, async () => {
    const place = hierarchy() ?? "";
    const own = `${place}${/^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? ""}`;
    const group = join(place, `bpfwarden-test-${process.pid}`);
    mkdirSync(group);
    writeFileSync(join(group, "cgroup.procs"), String(process.pid));
    try {
      const script = "setsid sleep 1000 & echo $! > $OUT; cat /proc/self/cgroup >> $OUT; exit 0";
      const alone = programOf(script);
      assert.deepEqual(await send(action(alone.path), contentOf({}, slow)), { ok: true });
      const [stray = "", ...there] = alone.out().split("\n");
      assert.match(there.join("\n"), /^0::.*\/bpfwarden-test-\d+$/m);
      process.kill(Number(stray), "SIGKILL");
      delegate(group);
      const grouped = programOf(script);
      assert.deepEqual(await send(action(grouped.path), contentOf({}, slow)), { ok: true });
      const [child = "", ...groups] = grouped.out().split("\n");
      assert.match(groups.join("\n"), /^0::.*\/bpfwarden-test-\d+\/bpfwarden-exec-\d+-\d+$/m);
      assert.ok(await isGone(Number(child)));
      for (let tries = 0; tries < 100 && globSync(join(group, "bpfwarden-exec-*")).length > 0; tries++) await delay(20);
      assert.deepEqual(globSync(join(group, "bpfwarden-exec-*")), []);
    } finally {
      writeFileSync(join(own, "cgroup.procs"), String(process.pid));
      for (let tries = 0; tries < 100 && existsSync(group); tries++) {
        try {
          rmdirSync(group);
        } catch {
          await delay(20);
        }
      }
    }
  });
});

suite("allow_exec", () => {
  const read = (top: string): ReturnType<typeof readSettings> => {
    const text = `${top}actions: {page: {exec: {program: /bin/true}}}\ndefaults: {action: page}\n`;
    return readSettings({ path: "bpfwarden.yaml", text }, "/etc/bpfwarden", "web1");
  };

  test("is needed for a program", async () => {
    for (const top of ["", "allow_exec: false\n"]) {
      const { result, diagnostics } = read(top);
      assert.deepEqual(
        diagnostics.map(({ message }) => message),
        ["expected allow_exec: true beside a receiver exec"],
      );
      const to = result?.actions.get("page");
      assert.ok(to !== undefined);
      const outcome = await attempt(alerts(to, alert), context(), new AbortController().signal);
      const error = "/bin/true: the settings do not allow programs: allow_exec";
      assert.deepEqual(outcome, { ok: false, trouble: "setup", error });
    }
    const { result, diagnostics } = read("allow_exec: true\n");
    assert.deepEqual(diagnostics, []);
    const to = result?.actions.get("page");
    assert.ok(to !== undefined);
    assert.deepEqual(await attempt(alerts(to, alert), context(), new AbortController().signal), { ok: true });
  });
});

/** Waits until a process has ended: its parent may not have noticed yet. */
async function isGone(pid: number): Promise<boolean> {
  assert.ok(pid > 1);
  for (let tries = 0; tries < 200; tries++) {
    const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
    if (stdout.trim() === "" || stdout.startsWith("Z")) return true;
    await delay(25);
  }
  return false;
}
