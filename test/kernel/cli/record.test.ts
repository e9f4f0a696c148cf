import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openRecordedKernel } from "../../../bpf/kernel/recorded-kernel.ts";
import { buildRule } from "../../../daemon/run/build-rule.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import type { RuleSyntax } from "../../../daemon/rules/rule-syntax.ts";
import { WITHOUT_CAPABILITIES, WITHOUT_TRACEFS } from "../../daemon/cli/lesser-hosts.ts";
import { bpfwarden } from "../../daemon/cli/run-command.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { hostKernel } from "../support/loaded-rule.ts";

const SHIPPED = join(import.meta.dirname, "../../../rules.d");
const DEFAULTS = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1 << 20 };

void describe("bpfwarden probes --record", { skip: skipWithoutBpf }, () => {
  const root = mkdtempSync(join(tmpdir(), "bpfwarden-record-"));
  const folder = join(root, "kernel");
  const rules = join(root, "rules.d");
  after(() => rmSync(root, { recursive: true }));

  before(() => {
    mkdirSync(rules);
    const paths = globSync("**/*.yaml", { cwd: SHIPPED }).filter((path) => !path.endsWith(".test.yaml"));
    for (const path of paths) {
      writeFileSync(join(rules, path.replaceAll("/", "-")), readFileSync(join(SHIPPED, path)));
    }
    const { exit, output, errors } = bpfwarden(["probes", "--record", folder, "--rules", rules]);
    assert.deepEqual([exit, errors], [0, ""]);
    assert.match(output, /recorded Linux \d+\.\d+.* and \d+ files? that rules probe\n$/);
  });

  void test("every shipped rule gives the same programs and the same diagnostics for the record as for the host", () => {
    const recorded = openRecordedKernel(folder);
    const found = globSync(join(rules, "*.yaml")).flatMap(rulesOf);
    assert.ok(found.length >= 3);
    for (const rule of found) {
      const here = buildRule(rule, hostKernel);
      const there = buildRule(rule, recorded);
      assert.deepEqual(there.diagnostics, here.diagnostics, rule.name.text);
      assert.deepEqual(there.result?.object, here.result?.object, rule.name.text);
    }
    assert.ok(found.some((rule) => buildRule(rule, recorded).result !== undefined));
  });

  void test("names that several functions have, and the code of functions, are recorded", () => {
    const app = join(root, "app");
    const sources = [
      '__attribute__((noinline)) static int helper(int x) { asm volatile(""); return x + 1; } int a(int x) { return helper(x) * 2; }',
      'int a(int); __attribute__((noinline)) static int helper(int x) { asm volatile(""); return x + 2; } int main(int c, char **v) { return a(c) + helper(c); }',
      // as assemblers leave it: the symbol does not say how long the function is
      'asm(".globl bare\\n.type bare, @function\\nbare: .rept 8000\\nnop\\n.endr\\nret"); int after(int x) { return x; }',
    ].map((text, index) => {
      const path = join(root, `part${index}.c`);
      writeFileSync(path, text);
      return path;
    });
    execFileSync("gcc", ["-O1", "-o", app, ...sources]);
    const places = [
      "helper",
      "part0.c:helper",
      "part1.c:helper",
      "part1.c:helper+1",
      "helper+1",
      "a+1",
      "a+3",
      "main+2",
      "bare+6001",
    ];
    const asked = [...places.map((place) => `uprobe:${app}:${place}`), `uprobe:libc.so.6:memcpy`, `uretprobe:${app}:a`];
    const texts = asked.map((probe, at) => `rule: r${at}\nprobe: "${probe}"\naggregate: count()\n`);
    const file = join(root, "places.yaml");
    writeFileSync(file, texts.join("---\n"));
    const record = join(root, "places");
    assert.equal(bpfwarden(["probes", "--record", record, "--rules", file]).errors, "");
    rmSync(app);
    const recorded = openRecordedKernel(record);
    const { errors } = bpfwarden(["check", "--kernel", record, file]);
    assert.match(errors, /has 2 functions "helper"[^]*part0\.c:helper/);
    execFileSync("gcc", ["-O1", "-o", app, ...sources]);
    const answers = rulesOf(file).map((rule) => [buildRule(rule, hostKernel), buildRule(rule, recorded)] as const);
    assert.equal(answers.length, asked.length);
    for (const [here, there] of answers) {
      assert.deepEqual(there.diagnostics, here.diagnostics);
      assert.deepEqual(there.result?.object, here.result?.object);
    }
    const refused = answers.filter(([here]) => here.result === undefined);
    assert.ok(refused.length >= 4 && refused.length < answers.length, `${refused.length} are refused`);
  });

  void test("check works with the record without rights on the kernel, and without tracefs", () => {
    for (const host of [WITHOUT_CAPABILITIES, WITHOUT_TRACEFS]) {
      const outcome = bpfwarden(["check", "--kernel", folder, join(SHIPPED, "bash-audit.yaml")], host);
      assert.deepEqual([outcome.exit, outcome.errors], [0, ""]);
      assert.match(outcome.output, /^(?:note: bash-audit.*\n)*2 rules in 1 file checked, no problem found\n$/);
    }
    const { output } = bpfwarden(["probes", "--kernel", folder, "tracepoint:sched:sched_switch"], WITHOUT_TRACEFS);
    assert.match(output, /args\.prev_comm: string\n/);
    const compiled = bpfwarden(["compile", "--kernel", folder, join(SHIPPED, "tcp-retransmits.yaml")], WITHOUT_TRACEFS);
    assert.match(compiled.output, /exit\n/);
  });

  void test("a file that no rule probed is reported as missing in the record, not on the host", () => {
    const file = join(root, "other.yaml");
    writeFileSync(file, "rule: other\nprobe: uprobe:/bin/true:main\naggregate: count()\n");
    const { exit, errors } = bpfwarden(["check", "--kernel", folder, file]);
    assert.equal(exit, 1);
    assert.match(errors, /"\/bin\/true" cannot be read: it was not recorded: name a rule that probes it in /);
  });

  void test("no address of the kernel is recorded", () => {
    for (const name of ["kallsyms", "kprobes_blacklist"]) {
      const path = join(folder, name);
      const lines = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
      assert.ok(lines.every((line) => line === "" || /^0\s/.test(line)));
    }
  });

  void test("a folder without a record is reported", () => {
    const { exit, errors } = bpfwarden(["check", "--kernel", root, join(SHIPPED, "bash-audit.yaml")]);
    assert.equal(exit, 1);
    assert.match(errors, /^bpfwarden: error: expected a folder of kernel facts: /);
  });
});

function rulesOf(path: string): readonly RuleSyntax[] {
  return readRules({ path, text: readFileSync(path, "utf8") }, DEFAULTS).rules;
}
