import type { Level } from "../../rules/rule-syntax.ts";
import type { AlertState } from "./alert.ts";

/**
 * The memory of one alert from tick to tick. Times are CLOCK_BOOTTIME milliseconds, except
 * `startsAtUnixMs`.
 */
export interface AlertRecord {
  readonly state: AlertState;
  /** by index of the rule's levels: since when it has held without a break */
  readonly heldSinceMs: readonly (number | undefined)[];
  /** while firing: the index of its level, and when it began */
  readonly firing?: FiringRecord;
  /** the reason for the state, in words; empty if it is only that the threshold does not hold */
  readonly reason: string;
  /** since when there has been nothing to judge by, without a break */
  readonly missingSinceMs?: number;
  /**
   * when it last fired, the oldest first, at most as many times as make flapping; absent if it has
   * not fired lately
   */
  readonly firedAtMs?: readonly number[];
}

export interface FiringRecord {
  readonly level: number;
  readonly startsAtUnixMs: number;
  /** since when no level has held and `clear` has: `keep_firing` counts from here */
  readonly stoppedSinceMs?: number;
  /**
   * true if it has fired over and over: it ends once it has been quiet for as long as `FlapPolicy`
   * says
   */
  readonly flaps?: true;
}

/** A change of an alert that receivers are notified of. */
export type Transition =
  | { readonly kind: "fired" | "level"; readonly level: Level; readonly reason: string }
  | { readonly kind: "resolved"; readonly level: Level; readonly reason: string };

export interface Step {
  readonly record: AlertRecord;
  readonly transition?: Transition;
}

/** A new alert with `levels` levels; nothing is known of it yet. */
export function newAlert(levels: number): AlertRecord {
  return { state: "ok", heldSinceMs: new Array<undefined>(levels).fill(undefined), reason: "" };
}

/** True if two records are the same except for their reasons, which change each tick. */
export function isSameAlert(one: AlertRecord, other: AlertRecord): boolean {
  return (
    one.state === other.state &&
    one.missingSinceMs === other.missingSinceMs &&
    isSameFiring(one.firing, other.firing) &&
    isSameList(one.heldSinceMs, other.heldSinceMs) &&
    isSameList(one.firedAtMs ?? [], other.firedAtMs ?? [])
  );
}

function isSameFiring(one: FiringRecord | undefined, other: FiringRecord | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.level === other.level &&
    one.startsAtUnixMs === other.startsAtUnixMs &&
    one.stoppedSinceMs === other.stoppedSinceMs &&
    one.flaps === other.flaps
  );
}

function isSameList(one: readonly (number | undefined)[], other: readonly (number | undefined)[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
