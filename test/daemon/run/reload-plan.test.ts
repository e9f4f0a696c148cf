import assert from "node:assert/strict";
import { test } from "node:test";
import { planReload, type RuleIdentity } from "../../../daemon/run/reload-plan.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import type { RuleSyntax } from "../../../daemon/rules/rule-syntax.ts";

const DEFAULTS = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 4096 };

function rule(name: string, path: string): RuleSyntax {
  const text = `rule: ${name}\nprobe: tracepoint:a:b\naggregate: count()\n`;
  const [found] = readRules({ path, text }, DEFAULTS).rules;
  assert.ok(found);
  return found;
}

/** Names of what is built, kept and dropped; files whose name has "broken" in it are. */
function plan(
  running: Readonly<Record<string, RuleIdentity>>,
  found: readonly (readonly [name: string, path: string, fingerprint: string, meaning?: string])[],
): readonly (readonly string[])[] {
  const rules = found.map(([name, path, fingerprint, meaning = fingerprint]) => {
    return { rule: rule(name, path), identity: { fingerprint, meaning } };
  });
  const { build, update, keep, drop } = planReload(
    new Map(Object.entries(running)),
    rules.map((each) => each.rule),
    (wanted) => rules.find((each) => each.rule === wanted)?.identity ?? { fingerprint: "", meaning: "" },
    (path) => path.includes("broken"),
  );
  return [
    build.map(({ name }) => name.text),
    ...(update.length === 0 ? [] : [update.map(({ name }) => `${name.text} updated`)]),
    keep.map((kept) => `${kept.rule} in ${kept.path}`),
    drop,
  ];
}

test("new and changed rules are built, unchanged ones kept, removed ones dropped", () => {
  const running = {
    same: { path: "a.yaml", fingerprint: "1", meaning: "1" },
    changed: { path: "a.yaml", fingerprint: "1", meaning: "1" },
    gone: { path: "b.yaml", fingerprint: "1", meaning: "1" },
  };
  const found = [
    ["same", "a.yaml", "1"] as const,
    ["changed", "a.yaml", "2"] as const,
    ["new", "a.yaml", "1"] as const,
  ];
  assert.deepEqual(plan(running, found), [["changed", "new"], ["same in a.yaml"], ["gone"]]);
});

test("a rule whose file can no longer be read continues to run", () => {
  const running = {
    a: { path: "broken.yaml", fingerprint: "1", meaning: "1" },
    b: { path: "fine.yaml", fingerprint: "1", meaning: "1" },
  };
  assert.deepEqual(plan(running, []), [[], [], ["b"]]);
});

test("a rule that moved from one file to another is the same rule", () => {
  const running = { a: { path: "old.yaml", fingerprint: "1", meaning: "1" } };
  assert.deepEqual(plan(running, [["a", "new.yaml", "1"]]), [[], ["a in new.yaml"], []]);
});

test("a changed rule is built even if another file is broken", () => {
  const running = { a: { path: "broken.yaml", fingerprint: "1", meaning: "1" } };
  assert.deepEqual(plan(running, [["a", "new.yaml", "2"]]), [["a"], [], []]);
});

test("a rule with the same conditions only gets its new texts", () => {
  const running = { a: { path: "a.yaml", fingerprint: "1", meaning: "1" } };
  assert.deepEqual(plan(running, [["a", "a.yaml", "2", "1"]]), [[], ["a updated"], [], []]);
});
