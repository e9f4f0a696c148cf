import { isDeepStrictEqual as isEqual } from "node:util";
import { tracepointAttaches } from "../../bpf/compile/attach-kinds.ts";
import type { Surroundings } from "../../bpf/foreign/surroundings.ts";
import type { Generation } from "../../bpf/load/generations.ts";
import type { Drained, LoadedObject } from "../../bpf/load/loaded-object.ts";
import type { RuleStanding } from "../api/rule-standing.ts";
import type { BuiltRule } from "./build-rule.ts";
import { alertCounts } from "../evaluate/alerts/alert-counts.ts";
import { drillEvent } from "../evaluate/alerts/drill-event.ts";
import type { AlertEvent, Confidence } from "../evaluate/alerts/alert.ts";
import {
  alertViews,
  closeRule,
  fires,
  firingEvents,
  refreshEvent,
  relabel,
  type AlertView,
} from "../evaluate/alerts/alert-lifecycle.ts";
import { currentConfidence, evaluateInPieces, type TickMoment } from "../evaluate/evaluate-rule.ts";
import { judgedMeasures } from "../evaluate/formula/judged-quantity.ts";
import type { RuleState } from "../evaluate/rule-state.ts";
import { Evidence } from "./evidence.ts";
import type { FlipMoment } from "./flip.ts";
import { NO_LOST_RECORDS, type LostRecords } from "./lost-records.ts";
import type { RuleIdentity } from "./reload-plan.ts";
import type { Level, RuleSyntax } from "../rules/rule-syntax.ts";
import { AwaitedNames } from "../sample/awaited-names.ts";
import { decodeRecord } from "../sample/decode-record.ts";
import type { EventRecord, Sample } from "../sample/sample.ts";
import { emptySample, type Generation as SampledGeneration, sampleInPieces } from "../sample/to-sample.ts";
import { ruleNames, type HostNames, type Names } from "../sample/names.ts";
import type { Moment } from "../service/clock.ts";
import type { Settings } from "../settings/settings.ts";
import { errorText } from "../../bpf/source/error-text.ts";

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

/** What a generation held, not decoded yet. */
interface ReadCounts {
  readonly drained?: Drained;
  readonly skippedRuns?: number;
  readonly lostRuns?: number;
  readonly fault?: string;
}

/** A rule in the kernel together with what user space remembers of it. */
export class RunningRule implements AsyncDisposable {
  readonly object: LoadedObject;
  readonly #names: Names;
  readonly #awaited: AwaitedNames;
  #built: BuiltRule;
  #state: RuleState;
  #identity: RuleIdentity;
  readonly #evidence: Evidence;
  #tickMs: number;
  #drainedAtMs: number;
  #fault: string | undefined;
  #newFault: string | undefined;
  #skipped = 0n;
  #lost = 0n;
  #lostRecords = NO_LOST_RECORDS;
  /** as the last tick was told */
  #suspendedMs: number | undefined;
  #gaps: readonly string[] = [];
  #notes: readonly string[] = [];

  constructor({ built, object, identity, tickMs, startedAtMs, state, names }: RunningRuleOptions) {
    this.#built = built;
    this.object = object;
    this.#identity = identity;
    this.#tickMs = tickMs;
    this.#names = ruleNames(names, (id) => object.stack(id));
    const { key, record } = built.object.layout;
    this.#awaited = new AwaitedNames(this.#names.stack, key, record);
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
    return this.#evidence.attach(refreshEvent(this.#state, event));
  }

  use(settings: Settings): void {
    this.#tickMs = settings.tickMs;
  }

  /** how many of its keys' alerts fire */
  get firing(): number {
    return alertCounts(this.#state).firing;
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

  /** which records were lost between the last tick and the one before */
  get lostRecords(): LostRecords {
    return this.#lostRecords;
  }

  /**
   * Reads what was counted in the generation that has just become idle, and judges it. What cannot be read makes the rule degraded.
   *
   * @param lost what its records lost after they were read, in words
   */
  tick(idle: Generation, now: Moment & Partial<FlipMoment>, lost?: string): readonly AlertEvent[] {
    return this.tickInPieces(idle, now, lost).toArray().flat();
  }

  /** The same, read at once and judged in pieces: all must have been taken before the next tick. */
  tickInPieces(
    idle: Generation,
    { bootMs, unixMs, suspendedMs, nextFromMs = bootMs }: Moment & Partial<FlipMoment>,
    lost?: string,
  ): IteratorObject<readonly AlertEvent[], void> {
    const generation = { rule: this.name, atMs: bootMs, intervalMs: bootMs - this.#drainedAtMs };
    this.#drainedAtMs = nextFromMs;
    const { drained, skippedRuns, lostRuns, fault = this.#missing() ?? lost } = this.#read(idle);
    this.#lostRecords = { inRing: Number(drained?.health.lost_ring ?? 0n), leftOut: drained?.leftOut ?? [] };
    this.#setFault(fault);
    const moment = {
      unixMs,
      tickMs: this.#tickMs,
      suspendedMs: this.#sinceLastTick(suspendedMs),
      ...(skippedRuns !== undefined && { skippedRuns }),
      ...(lostRuns !== undefined && { lostRuns }),
    };
    return this.#judge(drained, generation, moment);
  }

  *#judge(
    drained: Drained | undefined,
    generation: SampledGeneration,
    moment: Omit<TickMoment, "degraded">,
  ): Generator<readonly AlertEvent[], void> {
    const sample = yield* this.#decode(drained, generation);
    const degraded = this.#fault !== undefined && { degraded: this.#fault };
    for (const events of evaluateInPieces(this.#state, sample, { ...moment, ...degraded }))
      yield events.map((event) => this.#evidence.attach(event));
  }

  *#decode(drained: Drained | undefined, generation: SampledGeneration): Generator<readonly AlertEvent[], Sample> {
    if (drained === undefined) return emptySample(generation);
    try {
      const pieces = sampleInPieces(this.built.object.layout, drained, generation, this.#names);
      for (;;) {
        const { done, value } = pieces.next();
        if (done === true) return value;
        yield [];
      }
    } catch (error) {
      this.#setFault(unreadable(error));
      return emptySample(generation);
    }
  }

  #setFault(fault: string | undefined): void {
    this.#newFault = fault === this.#fault ? undefined : fault;
    this.#fault = fault;
  }

  /** How much of the time since the last tick the host was suspended; less than a millisecond is what reading two clocks takes. */
  #sinceLastTick(suspendedMs: number): number {
    const passedMs = suspendedMs - (this.#suspendedMs ?? suspendedMs);
    this.#suspendedMs = suspendedMs;
    return passedMs < 1 ? 0 : passedMs;
  }

  /** Follows what its probes are attached to. Gives what was attached anew or let go; while something is missing the rule is degraded. */
  async follow(around: Surroundings): Promise<readonly string[]> {
    const { changes, gaps, notes = [] } = await this.object.follow(around);
    this.#gaps = gaps;
    this.#notes = notes;
    return changes;
  }

  #missing(): string | undefined {
    return this.#gaps.length === 0 ? undefined : this.#gaps.join("; ");
  }

  #read(idle: Generation): ReadCounts {
    try {
      const drained = this.object.drain(idle);
      return { drained: { ...drained, rows: this.#awaited.rows(drained.rows) }, ...this.#takeSkipped() };
    } catch (error) {
      return { fault: unreadable(error) };
    }
  }

  /** Runs that the kernel skipped since the last call. */
  #takeSkipped(): Pick<ReadCounts, "skippedRuns" | "lostRuns"> {
    const { lost, skipped } = this.object.totals();
    const since = {
      ...(skipped !== undefined && { skippedRuns: Number(skipped - this.#skipped) }),
      ...(lost !== undefined && { lostRuns: Number(lost - this.#lost) }),
    };
    this.#skipped = skipped ?? this.#skipped;
    this.#lost = lost ?? this.#lost;
    return since;
  }

  /** whether its records travel with its alerts */
  get hasEvidence(): boolean {
    const { threshold, program, evidence } = this.#built.rule;
    return threshold !== undefined && program.event !== undefined && evidence > 0;
  }

  /** whether its keys or records have stacks */
  get showsStacks(): boolean {
    return this.#awaited.showsStacks;
  }

  /** whether records wait for the names of their stacks */
  get hasWaitingRecords(): boolean {
    return this.#awaited.waiting > 0;
  }

  /** Resolves when the functions of all stacks are known, or cannot be. */
  async namesSettled(): Promise<void> {
    await this.#awaited.settled();
  }

  /** Takes the records out of the rule's ring, at most `max`. Those whose stacks have no names yet wait, unless they are the last. */
  readRecords(bootOffsetNs: bigint, max: number, areLast = false): ReadRecords {
    const { record: layout } = this.built.object.layout;
    const records: EventRecord[] = [];
    const errors: string[] = [];
    if (layout === undefined) return { records, errors };
    const context = { rule: this.name, bootOffsetNs, names: this.#names };
    const decode = (bytes: Uint8Array): void => {
      const decoded = decodeRecord(layout, bytes, context);
      if (decoded.ok) records.push(this.#evidence.keep(decoded.record));
      else errors.push(decoded.error);
    };
    if (!this.#awaited.holdsRecords) this.object.drainRecords(decode, max);
    else {
      this.object.drainRecords((bytes) => this.#awaited.addRecord(bytes), max);
      for (const bytes of this.#awaited.takeRecords(max, areLast)) decode(bytes);
    }
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
    const probes = new Set(attached.map(({ point }) => point));
    return {
      ...{ name: this.name, path: this.#identity.path, rule, confidence: this.confidence },
      threshold: Object.fromEntries(words) as Readonly<Record<string, string>>,
      durations: formulas.values.flatMap(({ name, unit }) => (unit === "duration" ? [name] : [])),
      measures: judgedMeasures(formulas.judged),
      views: () => this.views(),
      degraded: degraded.firing === undefined ? this.#fault : degraded.reason,
      notFollowed: this.#notes,
      probes: [...probes],
      tracepoints: tracepointAttaches(spec.programs.flatMap(({ attach }) => attach)).filter(({ probe }) =>
        probes.has(probe),
      ),
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

function unreadable(error: unknown): string {
  return `its counts could not be read: ${errorText(error)}`;
}
