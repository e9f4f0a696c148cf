import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { bpfwarden } from "./run-command.ts";

/** Wrong by itself, so that no kernel is needed to find that. */
const FAULTY = "rule: faulty\nprobe: tracepoint:signal:signal_generate\nfilter: uid = 0\naggregate: count()\n";

/** A folder as `run` takes it. */
function configuration(context: TestContext, settings: string, rules: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-check-"));
  context.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "rules.d"));
  writeFileSync(join(folder, "bpfwarden.yaml"), settings);
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, "rules.d", name), text);
  return folder;
}

function problems(paths: readonly string[]): readonly (readonly [path: string, code: string])[] {
  const { exit, output } = bpfwarden(["check", "--json", ...paths]);
  assert.equal(exit, 1);
  const report = JSON.parse(output) as {
    readonly problems: readonly { readonly path: string; readonly code: string }[];
  };
  return report.problems.map(({ path, code }) => [path, code]);
}

const rule = (name: string, action: string): string =>
  `rule: ${name}\nprobe: tracepoint:sched:sched_switch\naggregate: count()\nthreshold: value > 1\naction: ${action}\n`;

test("the rules of a folder with settings must name actions of these", (context) => {
  const folder = configuration(context, "actions: {oncall: {log: {path: a.jsonl}}}\n", {
    "good.yaml": rule("good", "oncall"),
    "bad.yaml": rule("bad", "onccall"),
  });
  const found = problems([folder]);
  assert.deepEqual(found, [[join(folder, "rules.d/bad.yaml"), "unknown-action"]]);
});

test("faulty settings are told, and so are rules that are faulty by themselves", (context) => {
  const folder = configuration(context, "tick: 1ns\n", { "faulty.yaml": FAULTY });
  const [settings, ...rules] = problems([folder]);
  assert.equal(settings?.[0], join(folder, "bpfwarden.yaml"));
  assert.deepEqual(rules, [[join(folder, "rules.d/faulty.yaml"), "assignment"]]);
});

test("rules of different paths must have different names", (context) => {
  const folder = configuration(context, "", { "a.yaml": rule("same", "screen"), "b.yml": "" });
  const other = join(folder, "other.yaml");
  writeFileSync(other, rule("same", "screen"));
  const found = problems([join(folder, "rules.d/a.yaml"), other]);
  assert.deepEqual(found, [[other, "duplicate-rule"]]);
});
