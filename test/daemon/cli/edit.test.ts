import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import type { Outcome } from "./run-command.ts";
import { FORKS, type RuleFiles, ruleFiles } from "./rule-files/configuration-folder.ts";
import { MAIN } from "./run-command.ts";

const LIBRARY = join(import.meta.dirname, "../../../rules.d/library");
const OVERRIDE = "forks.yaml.d/override.yaml";
const isRoot = process.getuid?.() === 0;
/** Rules are checked with the running kernel. */
const options = { skip: !isRoot && "needs root" };

/** Runs `edit` with an editor that is a shell script; it gets the draft's path as `$1`. */
function edit({ folder }: RuleFiles, script: string, ...args: readonly string[]): Outcome {
  const editor = join(folder, "editor");
  writeFileSync(editor, `#!/bin/sh\n${script}\n`);
  chmodSync(editor, 0o755);
  const command = [MAIN, "edit", "--config", folder, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    encoding: "utf8",
    env: { ...process.env, SYSTEMD_EDITOR: editor, VISUAL: "false", EDITOR: "false" },
  });
  return { exit: status, output: stdout, errors: stderr };
}

/** Runs `edit --stdin`. */
function give({ folder }: RuleFiles, input: string, ...args: readonly string[]): Outcome {
  const command = [MAIN, "edit", "--config", folder, "--stdin", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", input });
  return { exit: status, output: stdout, errors: stderr };
}

const insert = (text: string): string => `sed -i '4i ${text}' "$1"`;

describe("edit", options, () => {
  test("shows the effective rule in the draft, and writes the part before the marker with safe modes", (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS, "forks.yaml.d/10-a.yaml": "for: 7s\n" });
    const umask = process.umask(0);
    const { exit, output } = edit(files, `cp "$1" "$0.draft"\n${insert("threshold: {warning: value > 20}")}`, "forks");
    process.umask(umask);
    assert.equal(exit, 0);
    const path = files.path(OVERRIDE);
    const note = `no daemon runs with ${files.folder}: the change applies when one starts`;
    assert.equal(output, `wrote ${path}\n${note}\n`);
    assert.equal(readFileSync(path, "utf8"), "threshold: {warning: value > 20}\n");
    const { mode, uid } = lstatSync(path);
    assert.deepEqual([mode & 0o777, uid, lstatSync(dirname(path)).mode & 0o777], [0o644, 0, 0o755]);
    const draft = readFileSync(join(files.folder, "editor.draft"), "utf8");
    assert.match(draft, /\n### Edits below this comment are discarded\.\n/);
    assert.ok(draft.includes(`\n# for: 7s  # ${files.path("forks.yaml.d/10-a.yaml")}:1\n`), draft);
  });

  test("keeps comments and the mode of the drop-in, and discards edits below the marker", (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS, [OVERRIDE]: "# ours\nfor: 1s # short\n" });
    chmodSync(files.path(OVERRIDE), 0o600);
    const { exit, output } = edit(files, `sed -i 's/for: 1s/for: 2s/' "$1"; echo 'for: 3s' >> "$1"`, "forks");
    assert.equal(exit, 0);
    assert.match(output, /^replaced /);
    assert.equal(readFileSync(files.path(OVERRIDE), "utf8"), "# ours\nfor: 2s # short\n");
    assert.equal(lstatSync(files.path(OVERRIDE)).mode & 0o777, 0o600);
  });

  test("leaves the old file after an error, and keeps the draft and shows its place", (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS, [OVERRIDE]: "for: 1s\n" });
    const { exit, output, errors } = edit(files, `sed -i 's/for: 1s/for: 1x/' "$1"`, "forks");
    assert.deepEqual([exit, output], [1, ""]);
    assert.match(
      errors,
      /override\.yaml:5:6: expected a duration such as 30s, found "1x" \[wrong-value\]\n +5 \| for: 1x\n/,
    );
    assert.equal(readFileSync(files.path(OVERRIDE), "utf8"), "for: 1s\n");
    const draft = /the draft is kept in (.*)\n/.exec(errors)?.[1] ?? "";
    assert.match(readFileSync(draft, "utf8"), /\nfor: 1x\n/);
    rmSync(dirname(draft), { recursive: true });
  });

  test("writes nothing if the draft is unchanged or empty, or if the editor fails", (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS, [OVERRIDE]: "for: 1s\n" });
    const before = lstatSync(files.path(OVERRIDE)).ino;
    assert.equal(edit(files, "true", "forks").output, "nothing was written: no change\n");
    assert.match(
      edit(files, ': > "$1"', "forks").output,
      /^nothing was written: the text is empty; to undo .* remove /,
    );
    const failed = edit(files, "exit 3", "forks");
    assert.equal(failed.exit, 1);
    assert.match(failed.errors, /^bpfwarden: error: the editor ".*\/editor" ended with exit code 3\n$/);
    assert.equal(lstatSync(files.path(OVERRIDE)).ino, before);
  });

  test("does not overwrite a change that somebody else made meanwhile", (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS, [OVERRIDE]: "for: 1s\n" });
    const other = `echo 'for: 9s' > ${files.path(OVERRIDE)}`;
    const { exit, errors } = edit(files, `${other}\n${insert("keep_firing: 2s")}`, "forks");
    assert.equal(exit, 1);
    assert.match(
      errors,
      /override\.yaml was changed by somebody else meanwhile\nnothing was written; the draft is kept/,
    );
    assert.equal(readFileSync(files.path(OVERRIDE), "utf8"), "for: 9s\n");
    rmSync(dirname(/is kept in (.*)\n/.exec(errors)?.[1] ?? ""), { recursive: true });
  });

  test("asks on a terminal to edit again after an error", async (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS });
    const editor = join(files.folder, "editor");
    const second = `if [ -e "$0.seen" ]; then sed -i 's/^for: 1x/for: 1s/' "$1"; else touch "$0.seen"; ${insert("for: 1x")}; fi`;
    writeFileSync(editor, `#!/bin/sh\n${second}\n`, { mode: 0o755 });
    const command = `${process.execPath} ${MAIN} edit --config ${files.folder} forks`;
    const child = spawn("script", ["--quiet", "--flush", "--return", "--command", command, "/dev/null"], {
      env: { ...process.env, SYSTEMD_EDITOR: editor, TERM: "dumb" },
    });
    let screen = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (!screen.includes("edit again?") && (screen + text).includes("edit again?")) child.stdin.write("y\r");
      screen += text;
    });
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 0, screen);
    assert.match(screen, /found "1x"/);
    assert.equal(readFileSync(files.path(OVERRIDE), "utf8"), "for: 1s\n");
  });

  test("takes the text of a script, checks it and reports errors with the path of the drop-in", (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS });
    const bad = give(files, "threshold: {warning: valu > 1}\n", "forks");
    assert.equal(bad.exit, 1);
    assert.ok(bad.errors.startsWith(`${files.path(OVERRIDE)}:1:22: unknown name "valu"`), bad.errors);
    assert.match(give(files, "action: nobody\n", "forks").errors, /unknown action "nobody" \[unknown-action\]/);
    assert.ok(!existsSync(dirname(files.path(OVERRIDE))));
    const good = give(files, "for: 3s\n", "--json", "forks");
    assert.equal(good.exit, 0, good.errors);
    const { note, ...written } = JSON.parse(good.output) as { readonly note: string };
    assert.deepEqual(written, { rule: "forks", path: files.path(OVERRIDE), changed: true });
    assert.match(note, /^no daemon runs with /);
  });

  test("names the rule in the drop-in of a file with several", (context) => {
    const two = `${FORKS}---\n${FORKS.replace("rule: forks", "rule: other")}`;
    const files = ruleFiles(context, { "two.yaml": two });
    const { exit, errors } = edit(files, `sed -i 's/^rule: other/&\\nfor: 4s/' "$1"`, "other");
    assert.equal(exit, 0, errors);
    assert.equal(readFileSync(files.path("two.yaml.d/override.yaml"), "utf8"), "rule: other\nfor: 4s\n");
  });

  test("refuses a link in the place of the drop-in, and rules that are masked or off", (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS, "forks.yaml.d/a.yaml": "for: 1s\n" });
    symlinkSync("/etc/hostname", files.path(OVERRIDE));
    assert.match(give(files, "for: 2s\n", "forks").errors, /override\.yaml is in the way: expected a regular file/);
    assert.ok(lstatSync(files.path(OVERRIDE)).isSymbolicLink());
    assert.match(give(files, "for: 2s\n", "dns-latency").errors, /in the library and off: .*"bpfwarden enable"/);
    symlinkSync("/dev/null", files.path("gone.yaml"));
    assert.match(give(files, "for: 2s\n", "gone").errors, /"gone\.yaml" is masked by /);
  });
});

describe("edit --full", options, () => {
  test("copies a rule of the library, and replaces a link to it but not its target", (context) => {
    const files = ruleFiles(context, {});
    const target = join(LIBRARY, "files/slow-fsync.yaml");
    const shipped = readFileSync(target, "utf8");
    assert.equal(files.run("enable", "slow-fsync").exit, 0);
    const { exit, errors } = edit(files, `sed -i 's/^description: /&Ours. /' "$1"`, "--full", "slow-fsync");
    assert.equal(exit, 0, errors);
    const path = files.path("slow-fsync.yaml");
    assert.ok(lstatSync(path).isFile());
    assert.match(readFileSync(path, "utf8"), /^description: Ours\. /m);
    assert.equal(readFileSync(target, "utf8"), shipped);
  });

  test("checks the whole file with its drop-ins", (context) => {
    const files = ruleFiles(context, { "forks.yaml": FORKS, [OVERRIDE]: "threshold: {critical: calls > 1}\n" });
    const renamed = FORKS.replace("aggregate: count()", "aggregate: {calls: count()}").replaceAll("value >", "calls >");
    assert.equal(give(files, FORKS, "--full", "forks").exit, 1);
    assert.equal(give(files, renamed, "--full", "forks").exit, 0);
    assert.equal(readFileSync(files.path("forks.yaml"), "utf8"), renamed);
  });
});
