import { setImmediate, setTimeout } from "node:timers/promises";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import { openGenerations } from "../../bpf/load/generations.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { loadRunning } from "./load-running.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { RuleHost } from "./rule-host.ts";
import type { ReadRecords } from "./records-reader.ts";
import type { RunningRule } from "./running-rule.ts";
import type { Clock, Moment } from "../service/clock.ts";
import { TrialHistory } from "../try/trial-history.ts";
import type { TrialOutput, TrialTotals } from "../try/trial-output.ts";
import { type TrialRule, trialRule } from "../try/trial-rule.ts";
import { errorText } from "../../bpf/source/error-text.ts";

/** The longest wait for names of functions at the end. */
const NAMES_MS = 3000;

export interface TrialOptions {
  readonly clock: Clock;
  readonly kernel: Kernel;
  readonly tickMs: number;
  readonly memoryBytesOf: (rule: RuleSyntax) => number;
  readonly output: TrialOutput;
  /** the duration, for display; absent if it runs until it is stopped */
  readonly forMs?: number;
}

interface TriedRule {
  readonly running: RunningRule;
  readonly shown: TrialRule;
  readonly history: TrialHistory;
  records: number;
}

/**
 * Rules in the kernel whose values, alerts and records go to an output only. Nothing of them is
 * saved.
 */
export class Trial implements AsyncDisposable {
  readonly #options: TrialOptions;
  readonly #host: RuleHost;
  readonly #rules: TriedRule[] = [];
  #startedAtMs: number;
  #fired = 0;
  #resolved = 0;

  /** Throws BpfError if the kernel refuses. */
  constructor(options: TrialOptions) {
    this.#options = options;
    const { output } = options;
    this.#host = new RuleHost(openGenerations(), options.clock, {
      records: (rule, read) => this.#takeRecords(rule, read),
      followed: ({ name }, change) => output.trouble(`${name}: ${change}`),
      failed: (what, error, rule) => this.#trouble(rule === undefined ? what : `${rule.name}: ${what}`, error),
      trouble: (fault) => output.trouble(fault),
    });
    this.#startedAtMs = options.clock.bootMs();
  }

  /**
   * Loads and attaches all rules. Resolves with diagnostics; an error means that a rule does not
   * run.
   */
  async load(rules: readonly RuleSyntax[]): Promise<readonly Diagnostic[]> {
    const diagnostics: Diagnostic[] = [];
    for (const rule of rules) {
      diagnostics.push(...this.#load(rule));
      await setImmediate();
    }
    return diagnostics;
  }

  #load(rule: RuleSyntax): readonly Diagnostic[] {
    const { kernel, tickMs, clock, memoryBytesOf } = this.#options;
    const { generations, names } = this.#host;
    const load = { kernel, generations, memoryBytes: memoryBytesOf(rule) };
    const { rule: running, diagnostics } = loadRunning(rule, { load, tickMs, names, nowMs: () => clock.bootMs() });
    if (running === undefined) return diagnostics;
    const shown = trialRule(rule, running.built.formulas);
    this.#rules.push({ running, shown, history: new TrialHistory(shown), records: 0 });
    return diagnostics;
  }

  /** Reports where the rules are attached, and begins to forward records. */
  start(): void {
    const { clock, output } = this.#options;
    this.#startedAtMs = clock.bootMs();
    const attached = this.#rules.map(({ shown, running }) => {
      return { rule: shown, probes: [...new Set(running.object.attached.map(({ point }) => point))] };
    });
    output.started(attached, clock.unixMs());
    for (const { running } of this.#rules) this.#host.watchRecords(running);
  }

  /** Runs one tick of all rules. Resolves to true if it worked; never rejects. */
  async tick(): Promise<boolean> {
    try {
      const moment = await this.#evaluate();
      for (const { running } of this.#rules) if (running.hasWaitingRecords) this.#host.forwardRecords(running);
      this.#options.output.samples(this.#samples(), this.#totals(), moment.unixMs);
      return true;
    } catch (error) {
      this.#trouble("reading the counts of the rules failed", error);
      return false;
    }
  }

  /**
   * Lets the rules follow what they are attached to. Resolves to true if that worked; never
   * rejects.
   */
  async follow(): Promise<boolean> {
    return this.#host.follow(() => this.#rules.map(({ running }) => running));
  }

  /** Removes the rules from the kernel with their last counts and records, and shows the result. */
  async end(): Promise<void> {
    await Promise.all(this.#rules.map(({ running }) => running.object.detach()));
    await this.#namesSettled();
    for (const { running } of this.#rules) this.#host.drainRecords(running);
    // What was counted last waits for names once more.
    let { unixMs } = await this.#evaluate();
    if (await this.#namesSettled()) ({ unixMs } = await this.#evaluate());
    this.#options.output.ended(this.#samples(), this.#totals(), unixMs);
  }

  /**
   * Waits a while for the names of stacks. Resolves to true if there are rules that show stacks.
   */
  async #namesSettled(): Promise<boolean> {
    const named = this.#rules.filter(({ running }) => running.showsStacks);
    const late = setTimeout(NAMES_MS, undefined, { ref: false });
    if (named.length > 0) await Promise.race([late, Promise.all(named.map(({ running }) => running.namesSettled()))]);
    return named.length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.stopReading();
    await Promise.all(this.#rules.map(({ running }) => running[Symbol.asyncDispose]()));
    this.#host[Symbol.dispose]();
  }

  async #evaluate(): Promise<Moment> {
    const { output } = this.#options;
    const { idle, moment } = await this.#host.flip();
    const events = this.#rules.flatMap(({ running }) => running.tick(idle, moment));
    this.#fired += events.filter(
      ({ status, startsAtUnixMs }) => status === "firing" && startsAtUnixMs === moment.unixMs,
    ).length;
    this.#resolved += events.filter(({ status }) => status === "resolved").length;
    if (events.length > 0) output.alerts(events, moment.unixMs);
    return moment;
  }

  #samples(): ReturnType<TrialHistory["take"]>[] {
    return this.#rules.map(({ running, shown, history, records }) => {
      const { fault, confidence } = running;
      return history.take({
        rule: shown,
        // A rule that only records has one key without values, which is not shown.
        views: shown.values.length === 0 ? [] : running.views(),
        confidence,
        ...(fault !== undefined && { degraded: fault }),
        records,
      });
    });
  }

  #totals(): TrialTotals {
    const { clock, forMs } = this.#options;
    return {
      elapsedMs: clock.bootMs() - this.#startedAtMs,
      ...(forMs !== undefined && { forMs }),
      records: this.#rules.reduce((sum, { records }) => sum + records, 0),
      fired: this.#fired,
      resolved: this.#resolved,
    };
  }

  #takeRecords(running: RunningRule, { records, errors }: ReadRecords): void {
    const { output } = this.#options;
    for (const error of errors) output.trouble(`${running.name}: a record could not be read: ${error}`);
    const tried = this.#rules.find((rule) => rule.running === running);
    if (tried !== undefined) tried.records += records.length;
    if (records.length > 0) output.records(records);
  }

  #trouble(what: string, error: unknown): void {
    this.#options.output.trouble(`${what}: ${errorText(error)}`);
  }
}
