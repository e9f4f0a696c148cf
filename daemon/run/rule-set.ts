import { setImmediate } from "node:timers/promises";
import { checkProgram } from "../../bpf/check/check-program.ts";
import { identityOf } from "../../bpf/check/programs/identity.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import {
  type Attempt,
  identify,
  identifyAll,
  identityOfRule,
  loadRunning,
  type LoadRunningOptions,
} from "./load-running.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { RulePlan } from "../evaluate/rule-state.ts";
import type { FoundRules } from "../rules/find-configuration.ts";
import { planReload, type ReloadPlan } from "./reload-plan.ts";
import { checkSummary } from "../rules/check-summary.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { RunningRule } from "./running-rule.ts";

export interface SwapOptions extends LoadRunningOptions {
  readonly nowUnixMs: () => number;
  /** resolves when a rule's counts up to its last tick have been judged */
  readonly judged: (rule: RunningRule) => Promise<void>;
  /**
   * true if kernel modules were loaded or unloaded: a rule that did not change may have other
   * probes now
   */
  readonly modulesChanged: boolean;
  /** true for a paused rule that may run again */
  readonly isDue: (rule: RunningRule) => boolean;
}

/**
 * The changes of a swap. Ended rules are still in the kernel, so that their last records can be
 * read before they are disposed.
 */
export interface Swap {
  readonly started: readonly RunningRule[];
  /** rules with new texts or receivers, and the resulting changes of their alerts */
  readonly updated: readonly { readonly rule: RunningRule; readonly events: readonly AlertEvent[] }[];
  readonly ended: readonly { readonly rule: RunningRule; readonly reason: string }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The running rules, by name. */
export class RuleSet {
  readonly #running = new Map<string, RunningRule>();

  get rules(): readonly RunningRule[] {
    return [...this.#running.values()];
  }

  get(name: string): RunningRule | undefined {
    return this.#running.get(name);
  }

  /**
   * Replaces the running rules with those that were found. Builds and loads everything new before
   * it replaces the old. Unchanged rules are not touched. A rule whose new version is faulty
   * continues with its old version. Rejects with KernelFactsError and then changes nothing.
   */
  async swap(found: FoundRules, options: SwapOptions): Promise<Swap> {
    const identities = new Map([...this.#running].map(([name, { identity }]) => [name, identity]));
    const rules = found.rules.filter((rule) => !this.#mustStay(rule, found));
    await identifyAll(rules);
    const plan = planReload(identities, rules, identify, found.isBroken);
    const moved = options.modulesChanged ? await this.#moved(rules, plan.keep, options.load.kernel) : [];
    const due = this.#due(rules, plan, options.isDue).filter((rule) => !moved.includes(rule));
    const handingOver = { ...options, remember: (ofRule: RulePlan) => this.#running.get(ofRule.rule.name.text)?.state };
    const optionsFor = (rule: RuleSyntax): LoadRunningOptions => (due.includes(rule) ? handingOver : options);
    const attempts = await together(options, async () => loadAll([...plan.build, ...moved, ...due], optionsFor));
    for (const { rule, path } of plan.keep) this.#running.get(rule)?.foundIn(path);
    const updated: Updated[] = [];
    for (const rule of plan.update) updated.push(await this.#update(rule, options));
    const started = attempts.flatMap(({ rule }) => rule ?? []);
    for (const rule of started) rule.beganAt(options.nowMs());
    for (const { name } of due) await this.#handOver(name.text, started, options.judged);
    const replaced = started.flatMap((rule) => this.#replace(rule));
    const dropped = plan.drop.flatMap((name) => this.#remove(name));
    return {
      started,
      ended: [
        ...replaced.map((rule) => ({ rule, reason: reasonFor(rule, moved, due) })),
        ...dropped.map((rule) => ({ rule, reason: "the rule was removed" })),
      ],
      updated: updated.flatMap(({ events, rule }) => (rule === undefined ? [] : [{ rule, events }])),
      diagnostics: [...attempts, ...updated].flatMap(({ diagnostics }) => diagnostics),
    };
  }

  /** True for a rule that runs with a drop-in which can no longer be read or applied. */
  #mustStay({ name, source: { path } }: RuleSyntax, { lacksDropIn }: FoundRules): boolean {
    return lacksDropIn(path) && this.#running.get(name.text)?.identity.path === path;
  }

  /**
   * Gives a running rule its new texts. If its summary is faulty, it keeps the old ones. Waits
   * until its current tick has been judged, because that tick's alerts have the old labels.
   */
  async #update(syntax: RuleSyntax, { judged, nowUnixMs }: SwapOptions): Promise<Updated> {
    const diagnostics = checkSummary(syntax);
    const rule = this.#running.get(syntax.name.text);
    if (rule === undefined || diagnostics.length > 0) return { diagnostics, events: [] };
    await judged(rule);
    return { rule, diagnostics, events: rule.update(syntax, identityOfRule(syntax), nowUnixMs()) };
  }

  /** Removes all rules, for the end of the daemon. */
  clear(): readonly RunningRule[] {
    const { rules } = this;
    this.#running.clear();
    return rules;
  }

  /**
   * Returns the unchanged rules whose result is different now. A rule without any probe left stays
   * and is degraded.
   */
  async #moved(found: readonly RuleSyntax[], kept: ReloadPlan["keep"], kernel: Kernel): Promise<readonly RuleSyntax[]> {
    const names = new Set(kept.map(({ rule }) => rule));
    const moved: RuleSyntax[] = [];
    for (const syntax of found.filter(({ name }) => names.has(name.text))) {
      // The event loop runs here, as between two rules that are loaded.
      await setImmediate();
      if (this.#isMoved(syntax, kernel)) moved.push(syntax);
    }
    return moved;
  }

  /**
   * Returns the rules that were paused, and may run again: unchanged ones, and those whose files
   * are unreadable now.
   */
  #due(found: readonly RuleSyntax[], plan: ReloadPlan, isDue: SwapOptions["isDue"]): readonly RuleSyntax[] {
    const kept = new Set(plan.keep.map(({ rule }) => rule));
    const known = new Set([...found.map(({ name }) => name.text), ...plan.drop]);
    const unread = this.rules.flatMap(({ name, built }) => (known.has(name) ? [] : [built.rule]));
    return [...found.filter(({ name }) => kept.has(name.text)), ...unread].filter(({ name }) => {
      const running = this.#running.get(name.text);
      return running !== undefined && isDue(running);
    });
  }

  /**
   * Gives a rule that takes the state of a paused one the file in which that was found last. Waits
   * until its tick has been judged, so that two never change the state in turns.
   */
  async #handOver(name: string, started: readonly RunningRule[], judged: SwapOptions["judged"]): Promise<void> {
    const before = this.#running.get(name);
    if (before === undefined) return;
    await judged(before);
    started.find((rule) => rule.name === name)?.foundIn(before.identity.path);
  }

  #isMoved({ name, program }: RuleSyntax, kernel: Kernel): boolean {
    const running = this.#running.get(name.text);
    const { result } = checkProgram(program, kernel);
    if (running === undefined || result === undefined) return false;
    return identityOf(result.programs) !== identityOf(running.built.checked.programs);
  }

  #replace(rule: RunningRule): RunningRule[] {
    const old = this.#remove(rule.name);
    // Metrics are about the life of the daemon, not of what is in the kernel.
    if (old[0]?.identity.meaning === rule.identity.meaning) rule.totals = old[0].totals;
    this.#running.set(rule.name, rule);
    return old;
  }

  #remove(name: string): RunningRule[] {
    const rule = this.#running.get(name);
    this.#running.delete(name);
    return rule === undefined ? [] : [rule];
  }
}

/** Returns why a rule ended that another takes the place of. */
function reasonFor({ name }: RunningRule, moved: readonly RuleSyntax[], due: readonly RuleSyntax[]): string {
  const has = (rules: readonly RuleSyntax[]): boolean => rules.some((rule) => rule.name.text === name);
  if (has(moved)) return "its probes changed with the kernel's modules";
  return has(due) ? "its pause ended" : "the rule was changed";
}

interface Updated {
  readonly rule?: RunningRule;
  readonly events: readonly AlertEvent[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Loads rules, and then lets those that share a place run together. */
async function together<Result>({ load }: SwapOptions, loading: () => Promise<Result>): Promise<Result> {
  return load.fuser === undefined ? loading() : load.fuser.batch(loading);
}

/**
 * Loads all rules, or none if one throws. The event loop runs between rules: loading a hundred
 * takes a second, in which rings would fill, ticks would be late, and the service's heartbeat would
 * be missing.
 */
async function loadAll(
  rules: readonly RuleSyntax[],
  optionsFor: (rule: RuleSyntax) => LoadRunningOptions,
): Promise<readonly Attempt[]> {
  await using loaded = new AsyncDisposableStack();
  const attempts: Attempt[] = [];
  for (const syntax of rules) {
    if (attempts.length > 0) await setImmediate();
    const attempt = loadRunning(syntax, optionsFor(syntax));
    if (attempt.rule !== undefined) loaded.use(attempt.rule);
    attempts.push(attempt);
  }
  loaded.move();
  return attempts;
}
