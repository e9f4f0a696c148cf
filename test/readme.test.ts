import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { AGGREGATE_USAGES } from "../bpf/check/aggregates/aggregate-functions.ts";
import { BUILTINS } from "../bpf/check/builtins/builtins.ts";
import { FUNCTIONS } from "../bpf/check/functions/functions.ts";
import { PROBE_KINDS } from "../bpf/check/probes/probe-kinds.ts";
import { FORMULA_FUNCTIONS } from "../daemon/evaluate/formula-functions.ts";
import { MEASURES } from "../daemon/evaluate/formula-measures.ts";
import ruleSchema from "../schemas/rule.schema.json" with { type: "json" };

const README = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const RULES = README.slice(README.indexOf("\n## Rules\n"), README.indexOf("\n## Settings\n"));
const { probe, aggregate } = ruleSchema.properties;

/** What of `texts` the section on rules does not have as code. */
function missing(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => !RULES.includes(`\`${text}\``));
}

const signatures = (records: Readonly<Record<string, { readonly signature: string }>>): readonly string[] =>
  Object.values(records).map(({ signature }) => signature);

describe("the README names all of the language", () => {
  test("the keys of a rule", () => assert.deepEqual(missing(Object.keys(ruleSchema.properties)), []));
  test("the keys of a span", () =>
    assert.deepEqual(
      Object.keys(ruleSchema.$defs.span.properties).filter((key) => !new RegExp(`\`(\\{ )?${key}\\b`).test(RULES)),
      [],
    ));
  test("the kinds of probes", () => assert.deepEqual(missing(PROBE_KINDS.map(({ syntax }) => syntax)), []));
  test("the aggregates", () => assert.deepEqual(missing(AGGREGATE_USAGES), []));
  test("the names", () => assert.deepEqual(missing([...BUILTINS.keys()]), []));
  test("the functions of the kernel half", () =>
    assert.deepEqual(missing([...FUNCTIONS.values()].flatMap(({ usage }) => usage.split(" or "))), []));
  test("the functions of let and threshold", () =>
    assert.deepEqual(missing([...signatures(FORMULA_FUNCTIONS), ...signatures(MEASURES)]), []));
});

describe("the schema names all of the language", () => {
  test("the kinds of probes", () =>
    assert.deepEqual(
      PROBE_KINDS.filter(({ syntax }) => !probe.description.includes(syntax)).map(({ name }) => name),
      [],
    ));
  test("the aggregates", () =>
    assert.deepEqual(
      AGGREGATE_USAGES.filter((usage) => !aggregate.description.includes(usage)),
      [],
    ));
});
