import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { WITHOUT_TRACEFS } from "./lesser-hosts.ts";
import { bpfwarden } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "bpfwarden-check-"));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const misspelt = write("misspelt.yaml", "rule: a\nprobe: tracepoint:signal:signal_generate\nagregate: count()\n");
const syntax = write(
  "syntax.yaml",
  "rule: b\nprobe: tracepoint:signal:signal_generate\nfilter: uid = 0\naggregate: count()\n",
);
const notes = write("notes.txt", "no rule\n");

test("a problem is reported on standard error with its place, its code and a frame, and the exit code is 1", () => {
  const { exit, output, errors } = bpfwarden(["check", syntax]);
  assert.deepEqual([exit, output], [1, ""]);
  const expected = `${syntax}:3:13: expected an operator, found "=" [assignment]
   3 | filter: uid = 0
     |             ^
help: write "==" to compare

1 rule in 1 file checked: 1 error, 0 warnings
`;
  assert.equal(errors, expected);
});

test("the problems of all files of a folder are reported at once, and other files are skipped", () => {
  const { exit, errors } = bpfwarden(["check", folder]);
  assert.equal(exit, 1);
  assert.match(errors, /misspelt\.yaml:3:1: .*\[unknown-key\]/);
  assert.match(errors, /syntax\.yaml:3:13: .*\[assignment\]/);
  assert.doesNotMatch(errors, /notes\.txt/);
});

test("a path that does not exist is a problem, beside those of the others", () => {
  const missing = join(folder, "missing.yaml");
  const { exit, errors } = bpfwarden(["check", missing, misspelt]);
  assert.equal(exit, 1);
  assert.match(errors, new RegExp(`^${RegExp.escape(missing)}:1:1: it does not exist \\[unreadable-file\\]$`, "m"));
  assert.match(errors, /unknown-key/);
});

test("a file is checked as a rule file, whatever its name", () => {
  assert.equal(bpfwarden(["check", notes]).exit, 1);
});

test("a folder without rules has no problem", () => {
  const empty = mkdtempSync(join(folder, "empty-"));
  const { exit, output, errors } = bpfwarden(["check", empty]);
  assert.deepEqual([exit, output, errors], [0, "0 rules in 0 files checked, no problem found\n", ""]);
});

test("rules in subfolders and behind links are read, and ignored files are named", () => {
  const rules = mkdtempSync(join(folder, "nested-"));
  mkdirSync(join(rules, "network/.old"), { recursive: true });
  mkdirSync(join(rules, "..2026_11_29"));
  mkdirSync(join(rules, "shelf"));
  writeFileSync(join(rules, "shelf/.library"), "");
  writeFileSync(join(rules, "shelf/taken.yaml"), readFileSync(misspelt));
  writeFileSync(join(rules, "..2026_11_29/mounted.yaml"), readFileSync(syntax));
  symlinkSync("..2026_11_29", join(rules, "..data"));
  symlinkSync("..data/mounted.yaml", join(rules, "mounted.yaml"));
  symlinkSync("../shelf/taken.yaml", join(rules, "network/taken.yaml"));
  symlinkSync("..", join(rules, "network/up"));
  for (const name of ["x.yaml~", ".x.yaml", "x.yaml.bak", "X.YAML", "README.md"])
    writeFileSync(join(rules, "network", name), "");
  const { exit, errors } = bpfwarden(["check", rules]);
  rmSync(rules, { recursive: true });
  assert.equal(exit, 1);
  const faulty = [...errors.matchAll(/^(\/.*?):3:\d+: /gm)].map(([, path]) => relative(rules, path ?? ""));
  assert.deepEqual(faulty, ["mounted.yaml", "network/taken.yaml"]);
  const ignored = [...errors.matchAll(/^ignored (.*?): /gm)].map(([, path]) => relative(rules, path ?? ""));
  const expected = ["network/.old", "network/.x.yaml", "network/X.YAML", "network/up", "network/x.yaml.bak"];
  assert.deepEqual(ignored, [...expected, "network/x.yaml~", "shelf"]);
  assert.match(errors, /\n1 rule in 2 files checked: 2 errors, 0 warnings\n$/);
});

test("a folder without rules, but with files that look like rules, is an error", () => {
  const rules = mkdtempSync(join(folder, "none-"));
  writeFileSync(join(rules, "x.yaml.disabled"), "");
  const { exit, errors } = bpfwarden(["check", rules]);
  rmSync(rules, { recursive: true });
  assert.equal(exit, 1);
  assert.match(errors, /expected rules, found only files that are not read \[no-rules\]/);
});

test("--json prints the problems on standard output, with places in lines and columns", () => {
  const duplicate = write(
    "twice.yaml",
    "rule: c\nprobe: tracepoint:signal:signal_generate\naggregate: count()\nlabels: {a: x}\nlabels: {a: y}\n",
  );
  const { exit, output, errors } = bpfwarden(["check", "--json", syntax, duplicate]);
  rmSync(duplicate);
  assert.deepEqual([exit, errors], [1, ""]);
  const report: unknown = JSON.parse(output);
  assert.deepEqual(report, {
    rules: 0,
    tracepoints: [],
    problems: [
      {
        path: syntax,
        line: 3,
        column: 13,
        code: "assignment",
        severity: "error",
        message: 'expected an operator, found "="',
        help: 'write "==" to compare',
        related: [],
      },
      {
        path: duplicate,
        line: 5,
        column: 1,
        code: "duplicate-key",
        severity: "error",
        message: 'duplicate key "labels" in one map',
        related: [{ path: duplicate, line: 4, column: 1, message: "it is first used here" }],
      },
    ],
  });
});

test("facts of the kernel that the caller may not see give one line without a stack", (context) => {
  const readable = mkdtempSync(join(tmpdir(), "bpfwarden-readable-"));
  context.after(() => rmSync(readable, { recursive: true }));
  const rule = join(readable, "rule.yaml");
  writeFileSync(rule, "rule: a\nprobe: tracepoint:sched:sched_process_exec\naggregate: count()\n");
  chmodSync(readable, 0o755);
  const { exit, output, errors } = bpfwarden(["check", rule], WITHOUT_TRACEFS);
  assert.deepEqual([exit, output], [1, ""]);
  assert.match(errors, /^bpfwarden: error: .*(tracefs is not mounted: run "mount|run as root).*\n$/);

  // Problems that need no kernel are reported too.
  writeFileSync(
    join(readable, "syntax.yaml"),
    "rule: b\nprobe: tracepoint:signal:signal_generate\nfilter: uid = 0\naggregate: count()\n",
  );
  const both = bpfwarden(["check", readable], WITHOUT_TRACEFS);
  assert.equal(both.exit, 1);
  assert.match(
    both.errors,
    /syntax\.yaml:3:13: .*\[assignment\]\n[^]*\nbpfwarden: error: .*(tracefs is not mounted|run as root).*\n$/,
  );
});
