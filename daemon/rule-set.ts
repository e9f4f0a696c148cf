import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import { loadRule, type LoadHost } from "./load-rule.ts";
import { renderTemplate } from "./notify/render.ts";
import { planReload } from "./reload-plan.ts";
import { ruleFingerprint } from "./rules/rule-fingerprint.ts";
import type { RuleSyntax } from "./rules/rule-syntax.ts";
import { RunningRule } from "./running-rule.ts";
import type { HostNames } from "./sample/names.ts";

/** Rules as they were found in their files. */
export interface FoundRules {
  readonly rules: readonly RuleSyntax[];
  /** whether something is wrong with the file of this path: what runs of it runs on */
  readonly isBroken: (path: string) => boolean;
}

export interface SwapOptions {
  readonly load: LoadHost;
  readonly tickMs: number;
  readonly bootMs: number;
  readonly names: HostNames;
}

/** What a swap changed. The ended rules still are in the kernel: their last records can be read before they are disposed. */
export interface Swap {
  readonly started: readonly RunningRule[];
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
    const plan = planReload(identities, found.rules, ruleFingerprint, found.isBroken);
    const attempts = await loadAll(plan.build, options);
    for (const { rule, path } of plan.keep) this.#running.get(rule)?.foundIn(path);
    const started = attempts.flatMap(({ rule }) => rule ?? []);
    const replaced = started.flatMap((rule) => this.#replace(rule));
    const dropped = plan.drop.flatMap((name) => this.#remove(name));
    return {
      started,
      ended: [
        ...replaced.map((rule) => ({ rule, reason: "the rule was changed" })),
        ...dropped.map((rule) => ({ rule, reason: "the rule was removed" })),
      ],
      diagnostics: attempts.flatMap(({ diagnostics }) => diagnostics),
    };
  }

  /** Takes all rules out, for the end. */
  clear(): readonly RunningRule[] {
    const { rules } = this;
    this.#running.clear();
    return rules;
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

interface Attempt {
  readonly rule?: RunningRule;
  readonly diagnostics: readonly Diagnostic[];
}

/** All of them or, where one ends in an error, none. */
async function loadAll(rules: readonly RuleSyntax[], options: SwapOptions): Promise<readonly Attempt[]> {
  await using loaded = new AsyncDisposableStack();
  const attempts = rules.map((syntax) => {
    const attempt = loadRunning(syntax, options);
    if (attempt.rule !== undefined) loaded.use(attempt.rule);
    return attempt;
  });
  loaded.move();
  return attempts;
}

function loadRunning(syntax: RuleSyntax, { load, tickMs, bootMs, names }: SwapOptions): Attempt {
  const { result, diagnostics } = loadRule(syntax, load);
  if (result === undefined) return { diagnostics };
  const identity = { path: syntax.source.path, fingerprint: ruleFingerprint(syntax) };
  const rule = new RunningRule({
    ...result,
    identity,
    tickMs,
    startedAtMs: bootMs,
    names,
    render: renderTemplate,
  });
  return { rule, diagnostics };
}
