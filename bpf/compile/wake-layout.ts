import { aggregateRecord } from "../check/aggregate-functions.ts";
import type { CheckedProgram } from "../check/checked-program.ts";
import type { AggregateLayout, ObjectLayout, WakeLayout } from "./object-spec.ts";

/*
 * Programs can wake the reader before its tick.
 *
 * The reader writes the slack of a rule, or of each key: how much may still be counted before the
 * threshold can hold. A CPU takes a part of the slack, its grant, and counts up to the grant
 * without a look at anything that is shared. The program that uses up the slack wakes the reader.
 * Parts become smaller with the slack that is left, so at the end each event takes its own. For
 * `min` and `max` the slack is a rank: the program that reaches it wakes the reader.
 *
 * All grants together are never more than the slack, so a threshold cannot hold unnoticed. A grant
 * that its CPU does not use makes a wake-up come too early: the reader finds that out.
 */

/** u64 slack, u64 that is not 0 if a wake-up is wanted, u64 time of the last one (boot ns). */
export const SLACK_MAP = "slack";
export const SLACK_WANTED = 8;
export const SLACK_WOKEN = 16;
export const SLACK_BYTES = 24;
/** The same for each key, without the time. With `by`, the entry of `slack` is that of a new key. */
export const KEY_SLACKS_MAP = "slacks";
export const KEY_SLACK_BYTES = 16;
/** The ring by which programs wake the reader: the key that used up its slack. */
export const WAKES_MAP = "wakes";
/** Keys with a slack of their own, in a rule with many: the others are judged at the tick. */
export const SLACK_KEYS = 4096;
/**
 * The shortest time between two wake-ups of the reader for one rule. A key that is sent earlier
 * stays in the ring until the next wake-up.
 */
export const WAKE_PAUSE_NS = 10_000_000;
/** A slack that no rank reaches. */
export const NO_RANK = (1n << 64n) - 1n;

/** Returns undefined if the program does not wake its reader. */
export function wakeLayout({ wakes }: CheckedProgram, aggregates: readonly AggregateLayout[]): WakeLayout | undefined {
  const [only, ...others] = aggregates;
  if (wakes !== true || only === undefined) return undefined;
  const by = aggregateRecord(only.aggregate.function).wakesBy;
  if (by === undefined || others.length > 0) throw new Error(`${only.aggregate.function} cannot wake its reader`);
  return { by, grantOffset: 8 * only.slots };
}

/** Returns the bytes of the word that follows the slots of a rule or key that wakes its reader. */
export const grantBytes = ({ wake }: { readonly wake?: ObjectLayout["wake"] | undefined }): number =>
  wake === undefined ? 0 : 8;
