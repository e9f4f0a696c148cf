import type { ObjectLayout } from "../../bpf/compile/object-spec.ts";
import { rankOf } from "../../bpf/compile/rank.ts";
import { SLACK_KEYS } from "../../bpf/compile/wake-layout.ts";
import type { Generation } from "../../bpf/load/generations.ts";
import type { DrainedRow } from "../../bpf/load/loaded-object.ts";
import type { Peeked, WakeReader } from "../../bpf/load/wake-reader.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import { type AheadMoment, judgeAhead } from "../evaluate/ahead/judge-ahead.ts";
import { slackOf } from "../evaluate/ahead/slack.ts";
import { type KeyState, knownKey, type RuleState } from "../evaluate/rule-state.ts";
import type { Step } from "../evaluate/window/window-step.ts";
import { decodeKey } from "../sample/decode-key.ts";
import type { Names } from "../sample/names.ts";
import { sampleRow } from "../sample/to-sample.ts";
import { keyName, type TrackedKey, TrackedKeys } from "./tracked-keys.ts";

/** The keys that are looked at again and again before a tick; more of them wait for the tick. */
const MOST_WATCHED = 16;
/** The number of keys after which other work may use the thread: each takes three system calls. */
const KEYS_AT_ONCE = 50;
/** Attempts to give a slack while CPUs take grants. */
const ATTEMPTS = 3;

export interface AheadLooksOptions {
  readonly wakes: WakeReader;
  readonly layout: ObjectLayout;
  readonly names: Names;
  /** `AheadPlan.limits` */
  readonly limits: readonly (bigint | undefined)[];
}

/** The tick that has just been judged. */
export interface ArmingTick {
  /** the rows of the tick, with `by` */
  readonly rows: readonly DrainedRow[];
  /** true if nothing was counted in this tick and the one before */
  readonly isQuiet: boolean;
  /** the generation in use */
  readonly generation: Generation;
  /** the steps that the next tick lets go */
  readonly leaving: readonly Step[];
}

/**
 * Looks at a rule between its ticks. After each tick it gives the programs their slack. When they
 * have used it up, it judges the keys that did, by the same state as the tick.
 */
export class AheadLooks {
  readonly #options: AheadLooksOptions;
  readonly #tracked = new TrackedKeys();
  /** the keys to look at before the next tick, by name; without `by` the rule itself */
  readonly #watched = new Map<string, Uint8Array | undefined>();
  #givenToRule: bigint | undefined;
  #hasGiven = false;
  /** true if there are too many keys: all are judged at the tick */
  #isOff = false;

  constructor(options: AheadLooksOptions) {
    this.#options = options;
  }

  /** true if keys must be looked at again before the next tick */
  get isWatching(): boolean {
    return this.#watched.size > 0;
  }

  /** why no key is judged ahead of the tick now */
  get trouble(): string | undefined {
    return this.#isOff ? `it counts more than ${SLACK_KEYS} keys in a tick` : undefined;
  }

  /** Takes the keys that have woken the daemon. Returns true if there are any. */
  take(): boolean {
    const { wakes, layout } = this.#options;
    const woken = wakes.woken();
    for (const bytes of woken) this.#watch(layout.key === undefined ? undefined : bytes);
    return woken.length > 0;
  }

  /**
   * Gives slack for the time up to the next tick, in pieces: thousands of keys take a while. Keys
   * that have used it up already are watched.
   */
  *arm(state: RuleState, tick: ArmingTick): Generator<undefined, void> {
    if (this.#options.layout.key === undefined) this.#armRule(state, tick);
    else yield* this.#armKeys(state, tick);
  }

  /** Judges the watched keys. */
  look(state: RuleState, generation: Generation, moment: AheadMoment): readonly AlertEvent[] {
    const { wakes, layout, names } = this.#options;
    const found = [...this.#watched].flatMap(([name, bytes]) => {
      const peeked = bytes === undefined ? wakes.peek(generation) : wakes.peekKey(generation, bytes);
      if (peeked === undefined) return [];
      const labels = layout.key === undefined || bytes === undefined ? {} : decodeKey(layout.key, bytes, names);
      const events = judgeAhead(state, sampleRow(layout, labels, peeked.values), moment);
      if (this.#limitOf(knownKey(state, labels)) === undefined) this.#watched.delete(name);
      return events;
    });
    for (const name of [...this.#watched.keys()].slice(MOST_WATCHED)) this.#watched.delete(name);
    return found;
  }

  #watch(bytes: Uint8Array | undefined): void {
    this.#watched.set(bytes === undefined ? "" : keyName(bytes), bytes);
  }

  #armRule(state: RuleState, { generation, leaving, isQuiet }: ArmingTick): void {
    const { wakes } = this.#options;
    const slack = this.#slackOf(state, knownKey(state, {}), leaving);
    // nobody has taken of it since it was given
    if (isQuiet && slack === this.#givenToRule) return;
    this.#givenToRule = slack;
    this.#watched.clear();
    const peek = (): Peeked => wakes.peek(generation);
    this.#give(undefined, slack, peek(), peek);
  }

  *#armKeys(state: RuleState, tick: ArmingTick): Generator<undefined, void> {
    if (tick.rows.length > SLACK_KEYS) return this.#turnOff();
    this.#turnOn();
    const counted = new Map<string, Peeked>();
    for (const { key, ...peeked } of this.#options.wakes.peekKeys(tick.generation)) counted.set(keyName(key), peeked);
    // a key that came since the tick had the slack of new keys, and has used it up
    for (const name of this.#watched.keys()) {
      if (this.#tracked.has(name) || !counted.has(name)) this.#watched.delete(name);
    }
    const touched = this.#tracked.add(tick.rows, (key) => this.#keyOf(state, key));
    yield undefined;
    let armed = 0;
    for (const tracked of this.#tracked.all()) {
      if (++armed % KEYS_AT_ONCE === 0) yield undefined;
      const peeked = counted.get(tracked.name);
      const key = state.keys.get(tracked.id);
      const isGone = peeked === undefined && (key === undefined || key.window.rows === 0);
      if (isGone) this.#forget(tracked);
      else this.#armKey(tracked, this.#slackOf(state, key, tick.leaving), peeked, touched, tick.generation);
    }
  }

  /** Gives a key its slack, unless it has the same and nobody can have taken of it. */
  #armKey(
    tracked: TrackedKey,
    slack: bigint | undefined,
    peeked: Peeked | undefined,
    touched: ReadonlySet<string>,
    generation: Generation,
  ): void {
    const { wakes } = this.#options;
    const { bytes, name, given } = tracked;
    if (peeked === undefined && slack === given && !touched.has(name)) return;
    tracked.given = slack;
    this.#give(bytes, slack, peeked ?? NOTHING, () => wakes.peekKey(generation, bytes) ?? NOTHING);
  }

  #forget({ name, bytes }: TrackedKey): void {
    this.#options.wakes.forget(bytes);
    this.#tracked.delete(name);
  }

  /**
   * Gives a key its slack, less what the CPUs were granted since the tick. If they take more
   * meanwhile, gives it again.
   */
  #give(bytes: Uint8Array | undefined, slack: bigint | undefined, before: Peeked, peek: () => Peeked): void {
    const { wakes } = this.#options;
    let peeked = before;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const left = slack !== undefined && wakes.by === "total" ? slack - peeked.granted : slack;
      if (!wakes.give(left !== undefined && left > 0n ? left : undefined, bytes)) return this.#turnOff();
      const after = peek();
      const isSame = wakes.by === "rank" || after.granted === peeked.granted;
      peeked = after;
      if (isSame) break;
    }
    // used up by what came since the tick, or so close to it that no grant is left to take
    if (slack !== undefined && this.#reachOf(peeked) >= slack) this.#watch(bytes);
  }

  /** Returns how far a key may have got: the granted total, or the rank of its value. */
  #reachOf({ granted, values: [slots] }: Peeked): bigint {
    const { wakes, layout } = this.#options;
    const [aggregate] = layout.aggregates;
    if (wakes.by === "total") return granted;
    return slots?.[0] === undefined || aggregate === undefined ? -1n : rankOf(aggregate.aggregate, slots[0]);
  }

  #slackOf(state: RuleState, key: KeyState | undefined, leaving: readonly Step[]): bigint | undefined {
    const limit = this.#limitOf(key);
    if (limit === undefined || this.#options.wakes.by === "rank") return limit;
    return slackOf(state, key, leaving, limit);
  }

  /** Returns the least limit of the levels above the one that fires; undefined if there is none. */
  #limitOf(key: KeyState | undefined): bigint | undefined {
    const above = this.#options.limits.slice((key?.alert.firing?.level ?? -1) + 1);
    return above.reduce(
      (least, limit) => (limit !== undefined && !(least !== undefined && least <= limit) ? limit : least),
      undefined,
    );
  }

  #keyOf(state: RuleState, bytes: Uint8Array): KeyState | undefined {
    const { layout, names } = this.#options;
    return layout.key && knownKey(state, decodeKey(layout.key, bytes, names));
  }

  #turnOff(): void {
    if (!this.#isOff) this.#options.wakes.give(undefined, undefined);
    this.#isOff = true;
    this.#hasGiven = false;
    this.#tracked.clear();
    this.#watched.clear();
  }

  /** Gives new keys their slack, at the first tick and after there were too many keys. */
  #turnOn(): void {
    if (this.#hasGiven) return;
    const { wakes } = this.#options;
    for (const key of wakes.keysWithSlack()) wakes.forget(key);
    wakes.give(this.#limitOf(undefined), undefined);
    this.#isOff = false;
    this.#hasGiven = true;
  }
}

const NOTHING: Peeked = { values: [], granted: 0n };
