import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AGGREGATE_USAGES } from "../../bpf/check/aggregate-functions.ts";
import { BUILTINS } from "../../bpf/check/builtins/builtins.ts";
import { FUNCTIONS } from "../../bpf/check/functions/functions.ts";
import { PROBE_KINDS } from "../../bpf/check/probes/probe-kinds.ts";
import { FORMULA_FUNCTIONS } from "../../daemon/evaluate/formula/formula-functions.ts";
import { MEASURES } from "../../daemon/evaluate/formula/formula-measures.ts";
import ruleSchema from "../../schemas/rule.schema.json" with { type: "json" };
import { PAGES, ROOT } from "./pages.ts";

const { probe, aggregate } = ruleSchema.properties;
const PAGE = new Map(PAGES.map(({ path, text }) => [path, text.replaceAll(/\s+/g, " ")]));

/** Returns those of `texts` that a page does not contain as code. */
function missing(page: string, texts: readonly string[]): readonly string[] {
  return texts.filter((text) => PAGE.get(page)?.includes(`\`${text}\``) !== true);
}

const signatures = (records: Readonly<Record<string, { readonly signature: string }>>): readonly string[] =>
  Object.values(records).map(({ signature }) => signature);

test("docs/rules.md names all keys, kinds of probes and aggregates", () => {
  const keys = [...Object.keys(ruleSchema.properties), ...Object.keys(ruleSchema.$defs.span.properties)];
  const syntaxes = PROBE_KINDS.map(({ syntax }) => syntax);
  assert.deepEqual(missing("docs/rules.md", [...keys, ...syntaxes, ...AGGREGATE_USAGES]), []);
});

test("docs/expressions.md names all names and functions", () => {
  const usages = [...FUNCTIONS.values()].flatMap(({ usage }) => usage.split(" or "));
  const formulas = [...signatures(FORMULA_FUNCTIONS), ...signatures(MEASURES)];
  assert.deepEqual(missing("docs/expressions.md", [...BUILTINS.keys(), ...usages, ...formulas]), []);
});

test("docs/operating.md names all notices", () => {
  const sources = globSync("daemon/**/*.ts", { cwd: ROOT }).map((path) => readFileSync(join(ROOT, path), "utf8"));
  const notices = sources.flatMap((text) => [...text.matchAll(/"(Bpfwarden\w+)"/g)].map(([, name = ""]) => name));
  assert.ok(notices.length > 5);
  assert.deepEqual(missing("docs/operating.md", notices), []);
});

test("the schema names all kinds of probes and aggregates", () => {
  const syntaxes = PROBE_KINDS.map(({ syntax }) => syntax);
  assert.deepEqual(
    syntaxes.filter((syntax) => !probe.description.includes(syntax)),
    [],
  );
  assert.deepEqual(
    AGGREGATE_USAGES.filter((usage) => !aggregate.description.includes(usage)),
    [],
  );
});
