import { setImmediate } from "node:timers/promises";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { createRuleState, type RulePlan, type RuleState } from "../evaluate/rule-state.ts";
import { ruleFingerprint, ruleMeaning } from "../rules/rule-fingerprint.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { HostNames } from "../sample/names.ts";
import { renderTemplate } from "../text/render.ts";
import { type LoadHost, loadRule } from "./load-rule.ts";
import type { RuleIdentity } from "./reload-plan.ts";
import { RunningRule } from "./running-rule.ts";

export interface LoadRunningOptions {
  readonly load: LoadHost;
  readonly tickMs: number;
  /** CLOCK_BOOTTIME: loading takes a while, and each rule counts from when it is attached */
  readonly nowMs: () => number;
  /**
   * Returns the state that an earlier process saved of a rule that judges the same; undefined
   * without such a state.
   */
  readonly remember?: (plan: RulePlan, identity: RuleIdentity) => RuleState | undefined;
  readonly names: HostNames;
}

export interface Attempt {
  readonly rule?: RunningRule;
  readonly diagnostics: readonly Diagnostic[];
}

/** Takes a rule from its syntax into the kernel, with the state that it evaluates. */
export function loadRunning(syntax: RuleSyntax, options: LoadRunningOptions): Attempt {
  const { load, tickMs, nowMs, names, remember } = options;
  const { result, diagnostics } = loadRule(syntax, load);
  if (result === undefined) return { diagnostics };
  const identity = identityOfRule(syntax);
  const plan = { rule: result.built.rule, formulas: result.built.formulas, render: renderTemplate };
  const state = remember?.(plan, identity) ?? createRuleState(plan);
  const rule = new RunningRule({ ...result, identity, tickMs, startedAtMs: nowMs(), names, state });
  return { rule, diagnostics };
}

/**
 * Hashes each rule once. Hashing hundreds of large rules takes longer than a tick, so the event
 * loop has its turn in between.
 */
export async function identifyAll(rules: readonly RuleSyntax[]): Promise<void> {
  for (const rule of rules) {
    if (hashes.has(rule)) continue;
    identify(rule);
    await setImmediate();
  }
}

const hashes = new WeakMap<RuleSyntax, Omit<RuleIdentity, "path">>();

export function identify(rule: RuleSyntax): Omit<RuleIdentity, "path"> {
  const known = hashes.get(rule) ?? { fingerprint: ruleFingerprint(rule), meaning: ruleMeaning(rule) };
  hashes.set(rule, known);
  return known;
}

export function identityOfRule(rule: RuleSyntax): RuleIdentity {
  return { path: rule.source.path, ...identify(rule) };
}
