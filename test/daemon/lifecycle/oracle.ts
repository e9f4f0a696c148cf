import assert from "node:assert/strict";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import type { FlapPolicy } from "../../../daemon/evaluate/alerts/alert-state.ts";
import type { Setting } from "./step.ts";

/**
 * The thresholds of the rule of these tests: a level is more than so many; less than CLEAR ends it,
 * and WHEN or less is no data.
 */
export const LEAST = { info: 10, warning: 20, critical: 30 } as const;
export const CLEAR = 8;
export const WHEN = 2;

type Level = keyof typeof LEAST;

/** One tick as the one who watches both the kernel and the daemon sees it. */
export interface Seen {
  /** true time: it never jumps, and runs on while nothing else does */
  readonly atMs: number;
  readonly counted: number;
  readonly degraded: boolean;
  readonly events: readonly AlertEvent[];
  readonly firing: boolean;
}

/**
 * Knows of each level since when every tick was above it, and holds what the daemon says against
 * that.
 */
export class Oracle {
  readonly #rule: Setting["rule"];
  readonly #flap: FlapPolicy;
  /** when it fired */
  readonly #firedAtMs: number[] = [];
  readonly #sinceMs = new Map<Level, number>();
  #open: AlertEvent | undefined;

  constructor(rule: Setting["rule"], flap: FlapPolicy) {
    this.#rule = rule;
    this.#flap = flap;
  }

  /** Nobody counted for so long that nothing can be said of that time. */
  lostSight(): void {
    this.#sinceMs.clear();
  }

  check({ atMs, counted, degraded, events, firing }: Seen): void {
    for (const level of ["info", "warning", "critical"] as const) {
      if (counted <= LEAST[level] || degraded) this.#sinceMs.delete(level);
      else if (!this.#sinceMs.has(level)) this.#sinceMs.set(level, atMs);
    }
    assert.ok(events.length <= 1, "one event a tick at most");
    const [event] = events;
    if (degraded) assert.equal(event, undefined, "degraded changes nothing");
    if (event?.status === "resolved") this.#checkResolved(event, counted);
    else if (event !== undefined) this.#checkFiring(event, atMs);
    assert.equal(firing, this.#open !== undefined, "each firing is open until it is resolved");
  }

  #checkResolved(event: AlertEvent, counted: number): void {
    assert.ok(this.#open !== undefined, "what is resolved fired before");
    assert.equal(event.startsAtUnixMs, this.#open.startsAtUnixMs);
    const hasData = counted > WHEN || this.#rule.noData === "ok";
    assert.ok(counted < CLEAR && hasData, "resolved by clear, or by no data where allowed");
    this.#open = undefined;
  }

  #checkFiring(event: AlertEvent, atMs: number): void {
    const hasRisen = this.#open === undefined || LEAST[this.#open.level] < LEAST[event.level];
    if (hasRisen) {
      const sinceMs = this.#sinceMs.get(event.level) ?? Infinity;
      assert.ok(atMs - sinceMs >= 1000 * this.#rule.for, `${event.level} is reached after its whole for`);
    }
    if (this.#open !== undefined) assert.equal(event.startsAtUnixMs, this.#open.startsAtUnixMs);
    else this.#checkFlapping(atMs);
    this.#open = event;
  }

  #checkFlapping(atMs: number): void {
    const { fires, withinMs } = this.#flap;
    this.#firedAtMs.push(atMs);
    const first = this.#firedAtMs.at(-1 - fires) ?? -Infinity;
    assert.ok(atMs - first >= withinMs, "what has fired so often does not fire again until it has settled");
  }
}
