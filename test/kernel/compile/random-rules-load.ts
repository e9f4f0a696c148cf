import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import type { Generations } from "../../../bpf/load/generations.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import type { Diagnostic } from "../../../bpf/source/diagnostic.ts";
import { buildRule } from "../../../daemon/run/build-rule.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";

/** The outcome of loading a rule. */
export type Outcome =
  | { readonly kind: "loaded" }
  /** the checker says what is wrong with it */
  | { readonly kind: "declined"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "failed"; readonly reason: string };

/** Small maps: making them is most of the time. */
const DEFAULTS = { windowMs: 60_000, keyLimit: 8, ringBytes: 4096, leavesOutSelf: true, recordRate: 1000 };

/** Takes a rule through all stages and its programs through the verifier, without attaching them. */
export async function tryRule(text: string, kernel: Kernel, generations: Generations): Promise<Outcome> {
  try {
    const { rules, diagnostics } = readRules({ path: "random.yaml", text }, DEFAULTS);
    const [rule] = rules;
    if (rule === undefined) return { kind: "declined", diagnostics };
    const built = buildRule(rule, kernel);
    if (built.result === undefined) return { kind: "declined", diagnostics: built.diagnostics };
    const { object } = built.result;
    const programs = object.programs.map((program) => ({ ...program, attach: [] }));
    await loadObject({ ...object, programs }, generations)[Symbol.asyncDispose]();
    return { kind: "loaded" };
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
