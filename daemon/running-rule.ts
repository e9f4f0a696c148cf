import { isDeepStrictEqual as isEqual } from "node:util";
import type { Surroundings } from "../bpf/kernel/processes/surroundings.ts";
import type { Generation } from "../bpf/load/generations.ts";
import type { LoadedObject } from "../bpf/load/loaded-object.ts";
import type { RuleStanding } from "./api/rule-standing.ts";
import type { BuiltRule } from "./build-rule.ts";
import { drillEvent } from "./evaluate/drill-event.ts";
import type { AlertEvent, Confidence } from "./evaluate/alert.ts";
import {
  alertViews,
  closeRule,
  fires,
  firingEvents,
  refreshEvent,
  relabel,
  type AlertView,
} from "./evaluate/alert-view.ts";
import { currentConfidence, evaluateRule } from "./evaluate/evaluate-rule.ts";
import type { RuleState } from "./evaluate/rule-state.ts";
import { Evidence } from "./evidence.ts";
import type { RuleIdentity } from "./reload-plan.ts";
import type { Level, RuleSyntax } from "./rules/rule-syntax.ts";
import { decodeRecord } from "./sample/decode-record.ts";
import type { EventRecord, Sample } from "./sample/sample.ts";
import { emptySample, toSample } from "./sample/to-sample.ts";
import { ruleNames, type HostNames, type Names } from "./sample/names.ts";
import type { Moment } from "./service/clock.ts";
import type { Settings } from "./settings/settings.ts";

export interface RunningRuleOptions {
  readonly built: BuiltRule;
  readonly object: LoadedObject;
  readonly identity: RuleIdentity;
  readonly tickMs: number;
  readonly startedAtMs: number;
  /** what is remembered of it: nothing yet, or what an earlier process remembered */
  readonly state: RuleState;
  readonly names: HostNames;
}

/** What came out of a ring at once. */
export interface ReadRecords {
  readonly records: readonly EventRecord[];
  /** why others of them could not be read */
  readonly errors: readonly string[];
}

interface ReadCounts {
  readonly sample: Sample;
  readonly skippedRuns?: number;
  readonly fault?: string;
}

/** A rule in the kernel together with what user space remembers of it. */
export class RunningRule implements AsyncDisposable {
  readonly object: LoadedObject;
  readonly #names: Names;
  #built: BuiltRule;
  #state: RuleState;
  #identity: RuleIdentity;
  readonly #evidence: Evidence;
  #tickMs: number;
  #drainedAtMs: number;
  #fault: string | undefined;
  #newFault: string | undefined;
  #skipped = 0n;
  #lostRecords = 0;
  /** as the last tick was told */
  #suspendedMs: number | undefined;
  #gaps: readonly string[] = [];

  constructor({ built, object, identity, tickMs, startedAtMs, state, names }: RunningRuleOptions) {
    this.#built = built;
    this.object = object;
    this.#identity = identity;
    this.#tickMs = tickMs;
    this.#names = ruleNames(names, (id) => object.stack(id));
    this.#drainedAtMs = startedAtMs;
    this.#state = state;
    this.#evidence = new Evidence(built.rule);
  }

  get built(): BuiltRule {
    return this.#built;
  }

  get state(): RuleState {
    return this.#state;
  }

  get name(): string {
    return this.built.rule.name.text;
  }

  get identity(): RuleIdentity {
    return this.#identity;
  }

  /** The same rule is in this file now. */
  foundIn(path: string): void {
    this.#identity = { ...this.#identity, path };
  }

  /**
   * The same rule, as far as it judges, has other words, receivers or labels now. Gives what becomes of its alerts: with other labels they
   * are other alerts.
   */
  present(rule: RuleSyntax, identity: RuleIdentity, unixMs: number): readonly AlertEvent[] {
    this.#built = { ...this.#built, rule };
    this.#identity = identity;
    const before = this.#state;
    this.#state = { ...before, plan: { ...before.plan, rule } };
    return isEqual(before.plan.rule.labels, rule.labels) ? [] : relabel(before, this.#state, unixMs);
  }

  /** the actions that it names; none where routes decide */
  get named(): readonly string[] {
    return this.built.rule.actions.map(({ text }) => text);
  }

  /** What fires by what an earlier process remembered; the pipeline knows it already unless its labels are others now. */
  firingEvents(): readonly AlertEvent[] {
    return firingEvents(this.#state);
  }

  /** Whether the alert of an event fires, under these labels. */
  fires(event: AlertEvent): boolean {
    return fires(this.#state, event);
  }

  /** An event of one of its alerts with the values of now. */
  refresh(event: AlertEvent): AlertEvent {
    return refreshEvent(this.#state, event);
  }

  use(settings: Settings): void {
    this.#tickMs = settings.tickMs;
  }

  /** how many of its keys' alerts fire */
  get firing(): number {
    return this.#state.keys.values().reduce((sum, { alert }) => sum + (alert.firing === undefined ? 0 : 1), 0);
  }

  /** whether what it counts cannot be trusted now */
  get isDegraded(): boolean {
    return this.#state.notices.degraded.firing !== undefined;
  }

  /** why the last tick's counts cannot be trusted */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** How far the values of the last tick can be trusted. */
  get confidence(): Confidence {
    return currentConfidence(this.#state);
  }

  /** why the last tick's counts cannot be trusted, where the same was not said of the tick before */
  get newFault(): string | undefined {
    return this.#newFault;
  }

  /** how many records did not fit into the ring between the last tick and the one before */
  get lostRecords(): number {
    return this.#lostRecords;
  }

  /** Reads what was counted in the generation that has just become idle, and judges it. What cannot be read makes the rule degraded. */
  tick(idle: Generation, { bootMs, unixMs, suspendedMs }: Moment): readonly AlertEvent[] {
    const { sample, skippedRuns, fault = this.#missing() } = this.#read(idle, bootMs);
    this.#lostRecords = sample.health.lost_ring;
    this.#newFault = fault === this.#fault ? undefined : fault;
    this.#fault = fault;
    const moment = {
      unixMs,
      tickMs: this.#tickMs,
      suspendedMs: this.#sinceLastTick(suspendedMs),
      ...(skippedRuns !== undefined && { skippedRuns }),
      ...(fault !== undefined && { degraded: fault }),
    };
    return evaluateRule(this.#state, sample, moment).map((event) => this.#evidence.attach(event));
  }

  /** How much of the time since the last tick the host was suspended; less than a millisecond is what reading two clocks takes. */
  #sinceLastTick(suspendedMs: number): number {
    const passedMs = suspendedMs - (this.#suspendedMs ?? suspendedMs);
    this.#suspendedMs = suspendedMs;
    return passedMs < 1 ? 0 : passedMs;
  }

  /** Follows what its probes are attached to. Gives what was attached anew or let go; while something is missing the rule is degraded. */
  follow(around: Surroundings): readonly string[] {
    const { changes, gaps } = this.object.follow(around);
    this.#gaps = gaps;
    return changes;
  }

  #missing(): string | undefined {
    return this.#gaps.length === 0 ? undefined : this.#gaps.join("; ");
  }

  #read(idle: Generation, bootMs: number): ReadCounts {
    const generation = { rule: this.name, atMs: bootMs, intervalMs: bootMs - this.#drainedAtMs };
    this.#drainedAtMs = bootMs;
    try {
      const sample = toSample(this.built.object.layout, this.object.drain(idle), generation, this.#names);
      const skippedRuns = this.#takeSkipped();
      return { sample, ...(skippedRuns !== undefined && { skippedRuns }) };
    } catch (error) {
      const fault = `its counts could not be read: ${error instanceof Error ? error.message : String(error)}`;
      return { sample: emptySample(generation), fault };
    }
  }

  /** Runs that the kernel skipped since the last call. */
  #takeSkipped(): number | undefined {
    const { skipped } = this.object.totals();
    if (skipped === undefined) return undefined;
    const since = skipped - this.#skipped;
    this.#skipped = skipped;
    return Number(since);
  }

  /** whether its records travel with its alerts */
  get hasEvidence(): boolean {
    const { threshold, program, evidence } = this.#built.rule;
    return threshold !== undefined && program.event !== undefined && evidence > 0;
  }

  /** Takes the records out of the rule's ring, at most `max`. */
  readRecords(bootOffsetNs: bigint, max: number): ReadRecords {
    const { record: layout } = this.built.object.layout;
    const records: EventRecord[] = [];
    const errors: string[] = [];
    if (layout === undefined) return { records, errors };
    const context = { rule: this.name, bootOffsetNs, names: this.#names };
    this.object.drainRecords((bytes) => {
      const decoded = decodeRecord(layout, bytes, context);
      if (decoded.ok) records.push(this.#evidence.keep(decoded.record));
      else errors.push(decoded.error);
    }, max);
    return { records, errors };
  }

  /** What it can be asked by people. */
  get standing(): RuleStanding {
    const { spec, attached } = this.object;
    const { runCount, runTimeNs } = this.object.totals();
    const { formulas, rule } = this.#built;
    const parts = {
      ...Object.fromEntries(formulas.levels.map((each) => [each.level, each])),
      clear: formulas.clear,
      when: formulas.when,
    };
    const words = Object.entries(parts).flatMap(([name, part]) =>
      part === undefined ? [] : [[name, part.words.text]],
    );
    const { degraded } = this.#state.notices;
    return {
      ...{ name: this.name, path: this.#identity.path, rule, confidence: this.confidence },
      threshold: Object.fromEntries(words) as Readonly<Record<string, string>>,
      durations: formulas.values.flatMap(({ name, unit }) => (unit === "duration" ? [name] : [])),
      views: () => this.views(),
      degraded: degraded.firing === undefined ? this.#fault : degraded.reason,
      probes: [...new Set(attached.map(({ point }) => point))],
      cost: {
        kernelBytes: spec.memoryBytes,
        ...(runCount > 0n && { runs: Number(runCount), runTimeNs: Number(runTimeNs) }),
      },
    };
  }

  /**
   * An alert of this rule as it would be if it fired now, marked with a label.
   *
   * @param key labels of `by`; those that are not given are `drill`
   * @returns what is wrong with the key or the level, in words, where something is
   */
  drillEvent(
    key: Readonly<Record<string, string>>,
    level: Level | undefined,
    mark: string,
    unixMs: number,
  ): AlertEvent | string {
    return drillEvent(this.#state, { key, level, mark, unixMs });
  }

  views(): readonly AlertView[] {
    return alertViews(this.#state);
  }

  /** Resolves what fires, since nobody watches it any more. The rule must not tick after that. */
  end(unixMs: number, reason: string): readonly AlertEvent[] {
    return closeRule(this.#state, unixMs, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.object[Symbol.asyncDispose]();
  }
}
