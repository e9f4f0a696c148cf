import { isDeepStrictEqual as isEqual } from "node:util";
import type { ProcessFiles } from "../../bpf/foreign/process-files.ts";
import type { Generation } from "../../bpf/load/generations.ts";
import type { Drained, LoadedObject } from "../../bpf/load/loaded-object.ts";
import type { RuleStatus } from "../api/rule-status.ts";
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
import { leavingSteps } from "../evaluate/window/window.ts";
import type { RuleState } from "../evaluate/rule-state.ts";
import { AheadLooks } from "./ahead-looks.ts";
import { CountsReader, unreadable } from "./counts-reader.ts";
import { Evidence } from "./evidence.ts";
import type { FlipMoment } from "./flip.ts";
import { decidedOf, statusOf } from "./status-of.ts";
import { SuspendedTime } from "./suspended-time.ts";
import { NO_LOST_RECORDS, type LostRecords } from "./lost-records.ts";
import { RecordsReader, type ReadRecords } from "./records-reader.ts";
import type { RuleIdentity } from "./reload-plan.ts";
import type { Level, RuleSyntax } from "../rules/rule-syntax.ts";
import type { RuleTotals } from "../metrics/totals/rule-totals.ts";
import { totalsFor } from "../metrics/totals/totals-for.ts";
import { AwaitedNames } from "../sample/awaited-names.ts";
import type { Sample } from "../sample/sample.ts";
import { emptySample, type Generation as SampledGeneration, sampleInPieces } from "../sample/to-sample.ts";
import { ruleNames, type HostNames, type Names } from "../sample/names.ts";
import type { Moment } from "../service/clock.ts";
import type { Settings } from "../settings/settings.ts";

export interface RunningRuleOptions {
  readonly built: BuiltRule;
  readonly object: LoadedObject;
  readonly identity: RuleIdentity;
  readonly tickMs: number;
  readonly startedAtMs: number;
  /** the state of its alerts and windows: empty, or saved by an earlier process */
  readonly state: RuleState;
  readonly names: HostNames;
}

/** A rule in the kernel with its state in user space. */
export class RunningRule implements AsyncDisposable {
  readonly object: LoadedObject;
  /** the looks at it between its ticks; absent if it is judged at ticks only */
  ahead: AheadLooks | undefined;
  /** the share of one CPU that its programs took when they were measured last */
  cpu: number | undefined;
  /** its counts since it runs, for metrics; absent if nobody can read them */
  totals: RuleTotals | undefined;
  readonly #names: Names;
  readonly #awaited: AwaitedNames;
  readonly #counts: CountsReader;
  readonly #records: RecordsReader;
  #built: BuiltRule;
  #state: RuleState;
  #identity: RuleIdentity;
  readonly #evidence: Evidence;
  #tickMs: number;
  #drainedAtMs: number;
  /** true if nothing was counted in the last tick */
  #isQuiet = false;
  #fault: string | undefined;
  #newFault: string | undefined;
  #lostRecords = NO_LOST_RECORDS;
  readonly #suspended = new SuspendedTime();
  #gaps: readonly string[] = [];
  #paused: string | undefined;
  #notes: readonly string[] = [];

  constructor({ built, object, identity, tickMs, startedAtMs, state, names }: RunningRuleOptions) {
    this.#built = built;
    this.object = object;
    this.#identity = identity;
    this.#tickMs = tickMs;
    this.#names = ruleNames(names, (id) => object.stack(id));
    const { key, record } = built.object.layout;
    this.#awaited = new AwaitedNames(this.#names.stack, key, record);
    this.#counts = new CountsReader(object, this.#awaited);
    this.#drainedAtMs = startedAtMs;
    this.#state = state;
    this.#evidence = new Evidence(built.rule);
    const parts = { object, layout: record, awaited: this.#awaited, evidence: this.#evidence, names: this.#names };
    this.#records = new RecordsReader({ ...parts, rule: this.name });
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

  /** Sets the file in which the same rule was found. */
  foundIn(path: string): void {
    this.#identity = { ...this.#identity, path };
  }

  /**
   * Gives the rule new texts, receivers or labels, with an unchanged condition. Returns the changes
   * of its alerts: with other labels they are other alerts.
   */
  update(rule: RuleSyntax, identity: RuleIdentity, unixMs: number): readonly AlertEvent[] {
    this.#built = { ...this.#built, rule };
    this.#identity = identity;
    const before = this.#state;
    this.#state = { ...before, plan: { ...before.plan, rule } };
    return isEqual(before.plan.rule.labels, rule.labels) ? [] : relabel(before, this.#state, unixMs);
  }

  /** the actions that the rule names; empty if routes decide */
  get ruleActions(): readonly string[] {
    return this.built.rule.actions.map(({ text }) => text);
  }

  /** Returns the firing alerts, which the pipeline knows unless their labels changed. */
  firingEvents(): readonly AlertEvent[] {
    return firingEvents(this.#state);
  }

  /** Returns true if the alert of an event fires, under these labels. */
  fires(event: AlertEvent): boolean {
    return fires(this.#state, event);
  }

  /** Returns an event of one of its alerts with current values. */
  refresh(event: AlertEvent): AlertEvent {
    return this.#evidence.attach(refreshEvent(this.#state, event));
  }

  /** Sets when it began to count, which is later than when it was loaded. */
  beganAt(bootMs: number): void {
    this.#drainedAtMs = bootMs;
  }

  use(settings: Settings): void {
    this.#tickMs = settings.tickMs;
    this.#records.use(settings);
    const { formulas, rule } = this.#built;
    this.totals = totalsFor(this.totals, formulas, rule.program.by.length > 0, settings);
  }

  /** the number of keys whose alerts fire */
  get firing(): number {
    return alertCounts(this.#state).firing;
  }

  /** true if its counts cannot be trusted now */
  get isDegraded(): boolean {
    return this.#state.notices.degraded.firing !== undefined;
  }

  /** why the counts of the last tick cannot be trusted */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** the trust in the values of the last tick */
  get confidence(): Confidence {
    return currentConfidence(this.#state);
  }

  /** why the counts of the last tick cannot be trusted, if that differs from the tick before */
  get newFault(): string | undefined {
    return this.#newFault;
  }

  /** the records that were lost between the last two ticks */
  get lostRecords(): LostRecords {
    return this.#lostRecords;
  }

  /**
   * Reads the counts of the generation that has just become idle, and judges them. If they cannot
   * be read, the rule is degraded.
   *
   * @param lost describes records that were lost after they were read
   */
  tick(idle: Generation, now: Moment & Partial<FlipMoment>, lost?: string): readonly AlertEvent[] {
    return this.tickInPieces(idle, now, lost).toArray().flat();
  }

  /** Reads at once and judges in pieces. All pieces must be taken before the next tick. */
  tickInPieces(
    idle: Generation,
    { bootMs, unixMs, suspendedMs, nextFromMs = bootMs }: Moment & Partial<FlipMoment>,
    lost?: string,
  ): IteratorObject<readonly AlertEvent[], void> {
    const generation = { rule: this.name, atMs: bootMs, intervalMs: bootMs - this.#drainedAtMs };
    this.#drainedAtMs = nextFromMs;
    const { drained, skippedRuns, lostRuns, fault = this.#missing() ?? lost } = this.#counts.read(idle);
    this.#lostRecords = { inRing: Number(drained?.health.lost_ring ?? 0n), leftOut: drained?.leftOut ?? [] };
    this.#setFault(fault);
    const moment = {
      unixMs,
      tickMs: this.#tickMs,
      suspendedMs: this.#suspended.since(suspendedMs),
      ...(skippedRuns !== undefined && { skippedRuns }),
      ...(lostRuns !== undefined && { lostRuns }),
    };
    const wasQuiet = this.#isQuiet;
    this.#isQuiet = drained?.unkeyed[0]?.[0] === 0n;
    const inUse: Generation = idle === 0 ? 1 : 0;
    const arm = (): Iterable<undefined> =>
      this.ahead?.arm(this.#state, {
        ...{ rows: drained?.rows ?? [], isQuiet: wasQuiet && this.#isQuiet, generation: inUse },
        leaving: this.#leaving(),
      }) ?? [];
    return this.#judge(drained, generation, moment, arm);
  }

  /**
   * Calls `onWake` when the rule must be looked at before its tick: its programs have counted so
   * much that its threshold may hold. Does nothing for rules that are judged at ticks only.
   */
  watchWakes(onWake: () => void): void {
    const { wakes } = this.object;
    const { ahead, object } = this.#built;
    if (wakes === undefined || ahead?.kind !== "at once") return;
    this.ahead = new AheadLooks({ wakes, layout: object.layout, names: this.#names, limits: ahead.limits });
    wakes.watch(onWake);
  }

  /**
   * Judges the keys that have woken the daemon, by what the tick has counted so far. Leaves them to
   * the tick if the counts cannot be trusted, or if the tick is late.
   *
   * @param inUse the generation that programs count in
   * @param lost describes records that were lost after they were read
   */
  lookAhead(inUse: Generation, { bootMs, unixMs }: Moment, lost?: string): readonly AlertEvent[] {
    const { wakes } = this.object;
    const isLate = bootMs > this.#drainedAtMs + 1.5 * this.#tickMs;
    const fault = this.#fault ?? this.#missing() ?? lost;
    if (wakes === undefined || isLate || fault !== undefined) return [];
    if (wakes.losses(inUse) > 0n || this.#counts.losesRuns) return [];
    const moment = { atMs: bootMs, unixMs, leaving: this.#leaving() };
    const events = this.ahead?.look(this.#state, inUse, moment) ?? [];
    return events.map((event) => this.#evidence.attach(event));
  }

  /** Returns the parts of the window that leave with the next tick. */
  #leaving(): ReturnType<typeof leavingSteps> {
    return leavingSteps(this.#state.window, this.#drainedAtMs + this.#tickMs, this.#tickMs);
  }

  *#judge(
    drained: Drained | undefined,
    generation: SampledGeneration,
    moment: Omit<TickMoment, "degraded">,
    arm: () => Iterable<undefined>,
  ): Generator<readonly AlertEvent[], void> {
    const sample = yield* this.#decode(drained, generation);
    this.totals?.add(sample, moment.skippedRuns);
    const degraded = this.#fault !== undefined && { degraded: this.#fault };
    for (const events of evaluateInPieces(this.#state, sample, { ...moment, ...degraded }))
      yield events.map((event) => this.#evidence.attach(event));
    for (const _ of arm()) yield [];
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

  /**
   * Detaches its programs, and leaves it degraded with this reason until a successor takes its
   * state: its alerts neither fire nor end.
   */
  async pause(reason: string): Promise<void> {
    this.#paused = reason;
    await this.object.detach();
  }

  /** see `PausableRule` */
  get mayPause(): boolean {
    return this.built.rule.threshold !== undefined;
  }

  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  /** Updates its attachments and returns the changes. It is degraded while one is missing. */
  async follow(around: ProcessFiles): Promise<readonly string[]> {
    if (this.#paused !== undefined) return [];
    const { changes, gaps, notes = [] } = await this.object.follow(around);
    this.#gaps = gaps;
    this.#notes = notes;
    return changes;
  }

  #missing(): string | undefined {
    return this.#paused ?? (this.#gaps.length === 0 ? undefined : this.#gaps.join("; "));
  }

  /** true if its records are sent with its alerts */
  get hasEvidence(): boolean {
    const { threshold, program, evidence } = this.#built.rule;
    return threshold !== undefined && program.event !== undefined && evidence > 0;
  }

  /** true if its keys or records have stacks */
  get showsStacks(): boolean {
    return this.#awaited.showsStacks;
  }

  /** true if records wait for the names of their stacks */
  get hasWaitingRecords(): boolean {
    return this.#awaited.waiting > 0;
  }

  /** Resolves when the functions of all stacks are known, or cannot be found. */
  async namesSettled(): Promise<void> {
    await this.#awaited.settled();
  }

  /**
   * Takes at most `max` records from the rule's ring. Records whose stacks have no names yet wait,
   * unless they are the last.
   */
  readRecords(bootOffsetNs: bigint, max: number, areLast = false): ReadRecords {
    return this.#records.read(bootOffsetNs, max, areLast);
  }

  /** The rule's status for reports. */
  get status(): RuleStatus {
    const { degraded } = this.#state.notices;
    const decided = decidedOf(this.#built, this.ahead?.trouble);
    return statusOf(this.#built, this.object, {
      ...{ path: this.#identity.path, confidence: this.confidence, notFollowed: this.#notes, cpu: this.cpu },
      ...(decided && { decided }),
      seriesLeftOut: this.totals?.leftOut ?? 0,
      views: () => this.views(),
      degraded: degraded.firing === undefined ? this.#fault : degraded.reason,
    });
  }

  /**
   * Creates an alert of this rule as if it fired now, marked with a label.
   *
   * @param key labels of `by`; missing ones are `drill`
   * @returns the event, or a text that says what is wrong with the key or the level
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

  /** Resolves all firing alerts, for the end of the rule. It must not tick after that. */
  end(unixMs: number, reason: string): readonly AlertEvent[] {
    return closeRule(this.#state, unixMs, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.object[Symbol.asyncDispose]();
  }
}
