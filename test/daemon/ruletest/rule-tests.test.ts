import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");

const RULE = `rule: calls
probe: tracepoint:syscalls:sys_enter_getpriority
filter: args.who != 0 and comm not in ["init", "systemd"]
by: {comm: comm}
aggregate: {n: count(), worst: max(args.who)}
window: 5s
threshold: {warning: n > 10, critical: n > 100}
for: 2s
summary: "{{ labels.comm }} called {{ n }} times, {{ worst }} at most"
`;

describe("bpfwarden test", () => {
  let folder = "";
  before(() => (folder = mkdtempSync(join(tmpdir(), "bpfwarden-ruletest-"))));
  after(() => rmSync(folder, { recursive: true }));

  function run(text: string, ...options: readonly string[]): { out: string; errors: string; code: number | null } {
    writeFileSync(join(folder, "calls.yaml"), RULE);
    writeFileSync(join(folder, "calls.test.yaml"), text);
    const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, "test", "calls.yaml", ...options], {
      cwd: folder,
      encoding: "utf8",
    });
    return { out: stdout, errors: stderr, code: status };
  }

  test("events pass through filter, keys and aggregates", () => {
    const { out, errors, code } = run(`test: only what passes the filter counts
events:
  - {at: 1s, times: 11, with: {args.who: 7, comm: app}}
  - {at: 1s, times: 90, with: {args.who: 0, comm: app}}
  - {at: 1s, times: 90, with: {args.who: 9, comm: init}}
  - {at: 2s, with: {args.who: 8, comm: app}}
expect:
  - {at: 3s, severity: warning, labels: {comm: app}, summary: "app called 12 times, 8 at most"}
  - {at: 6s, status: resolved}
until: 20s
`);
    assert.equal(out, "1 of 1 test passed\n", errors);
    assert.equal(code, 0);
  });

  test("failures are shown side by side", () => {
    const { out, code } = run(`test: too early
signals:
  - {labels: {comm: app}, n: 4x9}
expect:
  - {at: 3s, severity: warning, labels: {comm: app}}
  - {at: 9s, severity: critical}
`);
    assert.equal(code, 1);
    assert.match(out, /^calls\.test\.yaml:1:7: FAILED calls: too early\n {2}expected alerts +actual\n/);
    assert.match(out, /3s firing warning \{comm="app"\} +\| 4s firing warning \{comm="app"\}/);
    assert.match(out, /9s firing critical +< -/);
    assert.match(out, /0 of 1 test passed\n$/);
  });

  test("values that an event lacks are named", () => {
    const { errors, code } = run(`test: no who\nevents: [{with: {comm: app}}]\nexpect: []\n`);
    assert.equal(code, 1);
    assert.match(errors, /calls\.test\.yaml:2:10: the event has no value for "args\.who" \[bad-event\]/);
    assert.match(errors, /help: write "with: \{'args\.who': VALUE\}"/);
  });

  test("a rule without tests, and tests without a rule, are reported", () => {
    writeFileSync(join(folder, "alone.yaml"), RULE);
    writeFileSync(join(folder, "lost.test.yaml"), "test: a\nsignals: {n: 1}\nexpect: []\n");
    const of = (name: string): string =>
      spawnSync(process.execPath, [MAIN, "test", name], { cwd: folder, encoding: "utf8" }).stderr;
    assert.match(of("alone.yaml"), /alone\.test\.yaml:1:1: the file has no tests \[no-rule-file\]/);
    assert.match(of("lost.test.yaml"), /the rule file "lost\.yaml" does not exist \[no-rule-file\]/);
  });

  test("--json and --junit report the same, --run selects tests", () => {
    const junit = join(folder, "junit.xml");
    const text = `test: one\nsignals: [{labels: {comm: a}, n: 1}]\nexpect: []
---
test: two\nsignals: [{labels: {comm: a}, n: 20x9}]\nexpect: []\n`;
    const { out, code } = run(text, "--json", "--junit", junit);
    assert.equal(code, 1);
    const { passed, failed, tests } = JSON.parse(out) as {
      passed: number;
      failed: number;
      tests: readonly { test: string; passed: boolean }[];
    };
    assert.deepEqual(
      [passed, failed, tests.map((each) => [each.test, each.passed])],
      [
        1,
        1,
        [
          ["one", true],
          ["two", false],
        ],
      ],
    );
    assert.match(readFileSync(junit, "utf8"), /<testcase [^>]*name="calls: two"[^>]*>\s*<failure/);
    assert.equal(run(text, "--run", "one$").code, 0);
    assert.equal(run(text, "--run", "three").out, "no test found\n");
  });
});
