import assert from "node:assert/strict";
import { AGGREGATE_NAMES } from "../../../bpf/check/aggregate-functions.ts";
import { BUILTINS } from "../../../bpf/check/builtins/builtins.ts";
import { FUNCTIONS } from "../../../bpf/check/functions/functions.ts";
import { FUNCTION_KINDS } from "../../../bpf/check/probes/kernel-function.ts";
import { LSM } from "../../../bpf/check/probes/lsm.ts";
import type { ProbeKind } from "../../../bpf/check/probes/probe-kind.ts";
import { PROBE_KINDS } from "../../../bpf/check/probes/probe-kinds.ts";
import { openGenerations, type Generations } from "../../../bpf/load/generations.ts";
import { kernelTest } from "../privilege.ts";
import { kernel } from "./host.ts";
import { tryRule } from "./random-rules-load.ts";
import { Random } from "./random-rules-random.ts";
import { Rules, ruleText, type RuleValue } from "./random-rules-rule.ts";
import { shrink } from "./random-rules-shrink.ts";

/** The number of rules with fixed seeds; more by hand with RANDOM_RULES=5000. */
const RULES = Number(process.env["RANDOM_RULES"] ?? 300);
const CHANGING = Math.ceil(RULES / 5);
/**
 * The first of seeds that change, printed, so that a failure can be seen again with RANDOM_SEED.
 * Unless that is given, CI has none: whether a change is good must not depend on luck.
 */
const SEED = firstChangingSeed(process.env);

kernelTest("no rule that type-checks makes a program that the verifier rejects", async (context) => {
  using generations = openGenerations();
  const seeds = [
    ...Array.from({ length: RULES }, (_, index) => index),
    ...Array.from({ length: SEED === undefined ? 0 : CHANGING }, (_, index) => (SEED ?? 0) + index),
  ];
  let loaded = 0;
  const failures: string[] = [];
  for (const seed of seeds) {
    const rule = new Rules(new Random(seed), kernel).rule();
    const outcome = await tryRule(ruleText(rule), kernel, generations);
    if (outcome.kind === "loaded") loaded++;
    if (outcome.kind === "failed") failures.push(await report(seed, rule, outcome.reason, generations));
    if (failures.length >= 3) break;
  }
  context.diagnostic(
    `seeds from ${String(SEED ?? "0 only")}: ${String(loaded)} of ${String(seeds.length)} rules loaded`,
  );
  assert.deepEqual(failures, []);
  assert.ok(loaded >= seeds.length * 0.8, `only ${String(loaded)} of ${String(seeds.length)} rules type-check`);
});

/** The contents of each table of the language, as they are spelled in a rule. */
const TABLES: readonly (readonly [names: Iterable<string>, spelled: (name: string) => RegExp])[] = [
  [FUNCTIONS.keys(), (name) => new RegExp(`\\b${name}\\(`)],
  [AGGREGATE_NAMES.keys(), (name) => new RegExp(`"${name}\\(`)],
  [BUILTINS.keys(), (name) => new RegExp(`(?<![.\\w])${name}(?![\\w(:])`)],
];

/** Kinds of probes that not every kernel has are drawn where it has them. */
function drawnKinds(): readonly string[] {
  const conditional: readonly ProbeKind[] = [...FUNCTION_KINDS, LSM];
  const isDrawn = (kind: ProbeKind): boolean =>
    !conditional.includes(kind) || Array.isArray(kind.list("vfs_*", kernel));
  return PROBE_KINDS.filter(isDrawn).map(({ name }) => name);
}

kernelTest("random rules use every function, aggregate, builtin and kind of probe", () => {
  const texts = Array.from({ length: 500 }, (_, seed) => ruleText(new Rules(new Random(seed), kernel).rule()));
  const all = texts.join("\n");
  const missing = TABLES.flatMap(([names, spelled]) => [...names].filter((name) => !spelled(name).test(all)));
  assert.deepEqual([...missing, ...drawnKinds().filter((kind) => !all.includes(`"${kind}:`))], []);
});

function firstChangingSeed({ RANDOM_SEED, CI }: NodeJS.ProcessEnv): number | undefined {
  if (RANDOM_SEED !== undefined) return Number(RANDOM_SEED);
  return CI === "true" ? undefined : Date.now() % 2 ** 31;
}

/** A failure with the least rule that shows it. */
async function report(seed: number, rule: RuleValue, reason: string, generations: Generations): Promise<string> {
  const smallest = await shrink(rule, async (smaller) => {
    const outcome = await tryRule(ruleText(smaller), kernel, generations);
    return outcome.kind === "failed";
  });
  return `seed ${String(seed)}: ${reason}\n${ruleText(rule)}\nshrunk:\n${ruleText(smallest)}`;
}
