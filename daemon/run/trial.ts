import { setImmediate, setTimeout } from "node:timers/promises";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import { ForeignReader } from "../../bpf/foreign/foreign-reader.ts";
import { SurroundingsWatcher } from "../../bpf/foreign/surroundings.ts";
import { type Generations, openGenerations } from "../../bpf/load/generations.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { flipAt } from "./flip.ts";
import { openHostNames } from "./host-names.ts";
import { loadRule } from "./load-rule.ts";
import { renderTemplate } from "../text/render.ts";
import { ruleFingerprint, ruleMeaning } from "../rules/rule-fingerprint.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { createRuleState } from "../evaluate/rule-state.ts";
import { RunningRule } from "./running-rule.ts";
import { bootOffset } from "../sample/boot-clock.ts";
import type { HostNames } from "../sample/names.ts";
import type { Clock, Moment } from "../service/clock.ts";
import { TrialHistory } from "../try/trial-history.ts";
import type { TrialOutput, TrialTotals } from "../try/trial-output.ts";
import { type TrialRule, trialRule } from "../try/trial-rule.ts";
import { errorText } from "../../bpf/source/error-text.ts";

/** As many records at once as the daemon reads. */
const RECORDS_AT_ONCE = 512;
/** How long the end waits for names of functions. */
const NAMES_MS = 3000;

export interface TrialOptions {
  readonly clock: Clock;
  readonly kernel: Kernel;
  readonly tickMs: number;
  readonly memoryBytesOf: (rule: RuleSyntax) => number;
  readonly output: TrialOutput;
  /** how long it is to take, to be shown; absent: until it is stopped */
  readonly forMs?: number;
}

interface TriedRule {
  readonly running: RunningRule;
  readonly shown: TrialRule;
  readonly history: TrialHistory;
  records: number;
}

/** Rules in the kernel whose values, alerts and records go to an output and nowhere else. Nothing is remembered of them after it. */
export class Trial implements AsyncDisposable {
  readonly #options: TrialOptions;
  readonly #generations: Generations;
  readonly #names: HostNames;
  readonly #rules: TriedRule[] = [];
  readonly #reader: ForeignReader;
  readonly #surroundings: SurroundingsWatcher;
  #startedAtMs: number;
  #fired = 0;
  #resolved = 0;

  /** Throws BpfError where the kernel refuses. */
  constructor(options: TrialOptions) {
    this.#options = options;
    this.#generations = openGenerations();
    const onFault = (fault: string): void => options.output.trouble(fault);
    this.#reader = new ForeignReader({ nowMs: () => options.clock.bootMs(), onFault });
    this.#surroundings = new SurroundingsWatcher(this.#reader);
    this.#names = openHostNames(options.clock, this.#reader, onFault);
    this.#startedAtMs = options.clock.bootMs();
  }

  /** Loads and attaches them all. Resolves with what was found on the way, of which errors mean that a rule does not run. */
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
    const host = { kernel, generations: this.#generations, memoryBytes: memoryBytesOf(rule) };
    const { result, diagnostics } = loadRule(rule, host);
    if (result === undefined) return diagnostics;
    const running = new RunningRule({
      ...result,
      identity: { path: rule.source.path, fingerprint: ruleFingerprint(rule), meaning: ruleMeaning(rule) },
      tickMs,
      startedAtMs: clock.bootMs(),
      names: this.#names,
      state: createRuleState({ rule: result.built.rule, formulas: result.built.formulas, render: renderTemplate }),
    });
    const shown = trialRule(rule, result.built.formulas);
    this.#rules.push({ running, shown, history: new TrialHistory(shown), records: 0 });
    return diagnostics;
  }

  /** Says where the rules are attached, and sends records on from here on. */
  start(): void {
    const { clock, output } = this.#options;
    this.#startedAtMs = clock.bootMs();
    const attached = this.#rules.map(({ shown, running }) => {
      return { rule: shown, probes: [...new Set(running.object.attached.map(({ point }) => point))] };
    });
    output.started(attached, clock.unixMs());
    for (const rule of this.#rules) rule.running.object.watchRecords(() => this.#forwardRecords(rule));
  }

  /** One tick of all rules. Gives whether it worked; never rejects. */
  async tick(): Promise<boolean> {
    try {
      const moment = await this.#evaluate();
      for (const rule of this.#rules) if (rule.running.hasWaitingRecords) this.#forwardRecords(rule);
      this.#options.output.samples(this.#samples(), this.#totals(), moment.unixMs);
      return true;
    } catch (error) {
      this.#trouble("reading what the rules counted failed", error);
      return false;
    }
  }

  /** Has the rules follow what they are attached to. Gives whether that worked; never rejects. */
  async follow(): Promise<boolean> {
    try {
      const objects = this.#rules.map(({ running }) => running.object);
      const asksForMapped = objects.some((object) => object.asksForMapped);
      await using around = await this.#surroundings.look(
        objects.flatMap(({ files }) => files),
        asksForMapped,
      );
      for (const { running } of this.#rules) {
        for (const change of await running.follow(around)) this.#options.output.trouble(`${running.name}: ${change}`);
      }
      return true;
    } catch (error) {
      this.#trouble("following what the rules are attached to failed", error);
      return false;
    }
  }

  /** Takes the rules out of the kernel with the last of what they counted and recorded, and shows how it ended. */
  async end(): Promise<void> {
    await Promise.all(this.#rules.map(({ running }) => running.object.detach()));
    await this.#namesSettled();
    for (const rule of this.#rules) while (this.#forwardRecords(rule, true) > 0);
    // What was counted last waits for names once more.
    let { unixMs } = await this.#evaluate();
    if (await this.#namesSettled()) ({ unixMs } = await this.#evaluate());
    this.#options.output.ended(this.#samples(), this.#totals(), unixMs);
  }

  /** Waits a while for the names of stacks. Gives whether there are rules that show any. */
  async #namesSettled(): Promise<boolean> {
    const named = this.#rules.filter(({ running }) => running.showsStacks);
    const late = setTimeout(NAMES_MS, undefined, { ref: false });
    if (named.length > 0) await Promise.race([late, Promise.all(named.map(({ running }) => running.namesSettled()))]);
    return named.length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reader[Symbol.dispose]();
    await Promise.all(this.#rules.map(({ running }) => running[Symbol.asyncDispose]()));
    this.#generations[Symbol.dispose]();
  }

  async #evaluate(): Promise<Moment> {
    const { clock, output } = this.#options;
    const { idle, moment } = await flipAt(this.#generations, clock);
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
        // of a rule that only records there is nothing to show of its one key
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

  /** A batch of them; the poller tells of those that are left. Gives how many there were. */
  #forwardRecords(rule: TriedRule, areLast = false): number {
    const { clock, output } = this.#options;
    const offsetNs = bootOffset(clock.unixNs(), clock.bootNs(), clock.unixNs());
    const { records, errors } = rule.running.readRecords(offsetNs, RECORDS_AT_ONCE, areLast);
    for (const error of errors) output.trouble(`${rule.running.name}: a record could not be read: ${error}`);
    rule.records += records.length;
    if (records.length > 0) output.records(records);
    return records.length + errors.length;
  }

  #trouble(what: string, error: unknown): void {
    this.#options.output.trouble(`${what}: ${errorText(error)}`);
  }
}
