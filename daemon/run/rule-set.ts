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
import type { FoundRules } from "../rules/find-configuration.ts";
import { planReload, type ReloadPlan } from "./reload-plan.ts";
import { checkSummary } from "../rules/check-summary.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { RunningRule } from "./running-rule.ts";

export interface SwapOptions extends LoadRunningOptions {
  readonly nowUnixMs: () => number;
  /** Resolves once what a rule counted up to its last tick has been judged. */
  readonly judged: (rule: RunningRule) => Promise<void>;
  /** kernel modules have come or gone: a rule that did not change may be at other probes now */
  readonly modulesChanged: boolean;
}

/** What a swap changed. The ended rules still are in the kernel: their last records can be read before they are disposed. */
export interface Swap {
  readonly started: readonly RunningRule[];
  /** those that run on, with other words or other receivers, and what becomes of their alerts by that */
  readonly presented: readonly { readonly rule: RunningRule; readonly events: readonly AlertEvent[] }[];
  readonly ended: readonly { readonly rule: RunningRule; readonly reason: string }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The rules that run now, by name. */
export class RuleSet {
  readonly #running = new Map<string, RunningRule>();

  get rules(): readonly RunningRule[] {
    return [...this.#running.values()];
  }

  /**
   * Makes the running rules those that were found: first everything new is built and loaded, then it takes the place of the old. Rules
   * that did not change are not touched; one whose new version is faulty runs on in its old one.
   * Rejects with KernelFactsError; then everything is as it was.
   */
  async swap(found: FoundRules, options: SwapOptions): Promise<Swap> {
    const identities = new Map([...this.#running].map(([name, { identity }]) => [name, identity]));
    await identifyAll(found.rules);
    const plan = planReload(identities, found.rules, identify, found.isBroken);
    const moved = options.modulesChanged ? await this.#moved(found.rules, plan.keep, options.load.kernel) : [];
    const attempts = await loadAll([...plan.build, ...moved], options);
    for (const { rule, path } of plan.keep) this.#running.get(rule)?.foundIn(path);
    const presented: Presented[] = [];
    for (const rule of plan.present) presented.push(await this.#present(rule, options));
    const started = attempts.flatMap(({ rule }) => rule ?? []);
    const replaced = started.flatMap((rule) => this.#replace(rule));
    const dropped = plan.drop.flatMap((name) => this.#remove(name));
    return {
      started,
      ended: [
        ...replaced.map((rule) => ({
          rule,
          reason: moved.some(({ name }) => name.text === rule.name)
            ? "its probes changed with the kernel's modules"
            : "the rule was changed",
        })),
        ...dropped.map((rule) => ({ rule, reason: "the rule was removed" })),
      ],
      presented: presented.flatMap(({ events, rule }) => (rule === undefined ? [] : [{ rule, events }])),
      diagnostics: [...attempts, ...presented].flatMap(({ diagnostics }) => diagnostics),
    };
  }

  /**
   * A rule that judges as before goes on with what its alerts say now; one whose summary is faulty goes on as it was. A tick that is still
   * being judged ends first: what it has yet to tell would have the labels that ended.
   */
  async #present(syntax: RuleSyntax, { judged, nowUnixMs }: SwapOptions): Promise<Presented> {
    const diagnostics = checkSummary(syntax);
    const rule = this.#running.get(syntax.name.text);
    if (rule === undefined || diagnostics.length > 0) return { diagnostics, events: [] };
    await judged(rule);
    return { rule, diagnostics, events: rule.present(syntax, identityOfRule(syntax), nowUnixMs()) };
  }

  /** Takes all rules out, for the end. */
  clear(): readonly RunningRule[] {
    const { rules } = this;
    this.#running.clear();
    return rules;
  }

  /** Of the rules that did not change, those that come out otherwise now. One that has no probes any more is degraded, and stays. */
  async #moved(found: readonly RuleSyntax[], kept: ReloadPlan["keep"], kernel: Kernel): Promise<readonly RuleSyntax[]> {
    const names = new Set(kept.map(({ rule }) => rule));
    const moved: RuleSyntax[] = [];
    for (const syntax of found.filter(({ name }) => names.has(name.text))) {
      // as between two rules that are loaded
      await setImmediate();
      if (this.#isMoved(syntax, kernel)) moved.push(syntax);
    }
    return moved;
  }

  #isMoved({ name, program }: RuleSyntax, kernel: Kernel): boolean {
    const running = this.#running.get(name.text);
    const { result } = checkProgram(program, kernel);
    if (running === undefined || result === undefined) return false;
    return identityOf(result.programs) !== identityOf(running.built.checked.programs);
  }

  #replace(rule: RunningRule): RunningRule[] {
    const old = this.#remove(rule.name);
    this.#running.set(rule.name, rule);
    return old;
  }

  #remove(name: string): RunningRule[] {
    const rule = this.#running.get(name);
    this.#running.delete(name);
    return rule === undefined ? [] : [rule];
  }
}

interface Presented {
  readonly rule?: RunningRule;
  readonly events: readonly AlertEvent[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * All of them or, where one ends in an error, none. Between two rules the event loop has its turn: a folder of a hundred takes a second, and
 * rings of rules that run would be full by then, ticks late, and the service's heartbeat missing.
 */
async function loadAll(rules: readonly RuleSyntax[], options: SwapOptions): Promise<readonly Attempt[]> {
  await using loaded = new AsyncDisposableStack();
  const attempts: Attempt[] = [];
  for (const syntax of rules) {
    if (attempts.length > 0) await setImmediate();
    const attempt = loadRunning(syntax, options);
    if (attempt.rule !== undefined) loaded.use(attempt.rule);
    attempts.push(attempt);
  }
  loaded.move();
  return attempts;
}
