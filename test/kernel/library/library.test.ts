import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parse } from "yaml";
import { readRuleFolder } from "../../../daemon/rules/read-rule-folder.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { libraryRules } from "../support/library-rules.ts";
import { build } from "../support/loaded-rule.ts";

const root = join(import.meta.dirname, "../../..");
const readme = readFileSync(join(root, "rules.d/library/README.md"), "utf8");
const tests = globSync("*.test.ts", { cwd: import.meta.dirname }).map((file) =>
  readFileSync(join(import.meta.dirname, file), "utf8"),
);

/**
 * Codes that `check` may report for a rule that this host cannot run, because a probe does not
 * exist here.
 */
const LACKING = /\[(no-probe-exists|unknown-probe|missing-feature|not-available)\]/;

suite("every rule of the library", { skip: skipWithoutBpf }, () => {
  for (const { name, area, text } of libraryRules) {
    test(`${area}/${name}`, () => {
      const rule = parse(text) as Readonly<Record<string, unknown>>;
      assert.equal(rule["rule"], name, "the rule has the name of its file");
      assert.match(text, /^# \S/, "it begins with what it counts");
      assert.equal(typeof rule["description"], "string");
      const judges = rule["threshold"] !== undefined;
      assert.ok(
        judges ? typeof rule["summary"] === "string" : rule["event"] !== undefined,
        "it alerts, with a summary, or records",
      );
      assert.ok(readme.includes(`[${name}](${area}/${name}.yaml)`), "README.md has it");
      assert.ok(
        tests.some((test) => test.includes(`"${name}"`)),
        "a test loads it",
      );
      try {
        build(text);
      } catch (error) {
        assert.match((error as Error).message, LACKING);
      }
    });
  }

  test("rules that slow every system call say so", () => {
    for (const { name, text } of libraryRules) {
      const slows = /\b(syscalls|raw_syscalls):|rawtracepoint:sys_/.test(text.replaceAll(/^#.*$/gm, ""));
      assert.equal(text.includes("# Cost for others: it uses tracepoints of system calls."), slows, name);
    }
  });

  test("the main README.md has their number", () => {
    const main = readFileSync(join(root, "README.md"), "utf8");
    assert.ok(main.includes(`${libraryRules.length} more rules`));
  });

  test("README.md names no missing rule", () => {
    const linked = [...readme.matchAll(/\]\(([^)]+)\.yaml\)/g)].map(([, path]) => path);
    const there = new Set([
      ...libraryRules.map(({ name, area }) => `${area}/${name}`),
      "../bash-audit",
      "../page-cache-hit-ratio",
      "../tcp-retransmits",
    ]);
    assert.deepEqual(
      linked.filter((path) => !there.has(path ?? "")),
      [],
    );
  });
});

test("nothing of the library is loaded with the folder that contains it", async () => {
  const defaults = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1 << 20 };
  const { rules } = await readRuleFolder([join(root, "rules.d")], defaults);
  const names = new Set(rules.map((rule) => rule.name.text));
  assert.equal(names.size, 4);
  assert.deepEqual(
    libraryRules.filter(({ name }) => names.has(name)),
    [],
  );
});
