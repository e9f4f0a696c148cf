import type { AggregateFunction } from "../../bpf/check/aggregate-functions.ts";
import { HEALTH_COUNTERS, type HealthCounter, type ObjectLayout } from "../../bpf/compile/object-spec.ts";
import type { Drained } from "../../bpf/load/loaded-object.ts";
import type { MergedSlots } from "../../bpf/load/merged-slots.ts";
import { decodeKey } from "./decode-key.ts";
import { deviationNumbers, meanNumbers } from "./wide-numbers.ts";
import type { Names } from "./names.ts";
import type { Sample, SampleRow } from "./sample.ts";

/** The labels of counts beyond the limit of keys. */
export const OTHER_LABELS: Readonly<Record<string, string>> = { other: "true" };

/** The time when a generation was closed, and its duration, by CLOCK_BOOTTIME. */
export interface Generation {
  readonly rule: string;
  readonly atMs: number;
  readonly intervalMs: number;
}

/** The number of rows between two pauses of `sampleInPieces`. */
const ROWS_AT_ONCE = 1000;

/**
 * Returns the counts of one rule in one generation, with keys as labels. Two keys with the same
 * labels (two ids of one user name) are two rows, which are added when rows are joined by labels.
 * The key `other` has a row only if something was counted for it.
 */
export function toSample(layout: ObjectLayout, drained: Drained, generation: Generation, names: Names): Sample {
  const pieces = sampleInPieces(layout, drained, generation, names);
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}

/** Does the same in pieces, because there may be a hundred thousand rows. */
export function* sampleInPieces(
  layout: ObjectLayout,
  drained: Drained,
  generation: Generation,
  names: Names,
): Generator<undefined, Sample> {
  const { key } = layout;
  const unkeyed = sampleRow(layout, {}, drained.unkeyed);
  const rows = key === undefined ? [unkeyed] : [];
  if (key !== undefined) {
    for (const { key: bytes, values } of drained.rows) {
      rows.push(sampleRow(layout, decodeKey(key, bytes, names), values));
      if (rows.length % ROWS_AT_ONCE === 0) yield undefined;
    }
    if (drained.unkeyed.some(isCounted)) rows.push({ ...unkeyed, labels: OTHER_LABELS });
  }
  return { ...generation, rows, health: health(drained) };
}

/** Returns the sample of a generation that could not be read. */
export function emptySample(generation: Generation): Sample {
  const zeros = HEALTH_COUNTERS.map((name) => [name, 0] as const);
  return { ...generation, rows: [], health: Object.fromEntries(zeros) as Record<HealthCounter, number> };
}

/** Returns the counts of one key as numbers. */
export function sampleRow(
  layout: ObjectLayout,
  labels: Readonly<Record<string, string>>,
  values: readonly MergedSlots[],
): SampleRow {
  return { labels, values: layout.aggregates.map((_, index) => numbers(layout, index, values[index])) };
}

/**
 * Converts slots to numbers. Slots have 64 bits without sign; the value in the first slot has the
 * sign of its aggregate.
 */
function numbers(layout: ObjectLayout, index: number, slots: MergedSlots): readonly number[] | undefined {
  const aggregate = layout.aggregates[index]?.aggregate;
  if (aggregate === undefined || slots === undefined) return undefined;
  const wide = WIDE[aggregate.function];
  if (wide !== undefined) return wide(slots);
  return slots.map((slot, at) =>
    Number(aggregate.signed && at === 0 ? BigInt.asIntN(64, slot) : BigInt.asUintN(64, slot)),
  );
}

/** Conversions for aggregates whose numbers exceed 64 bits. */
const WIDE: Partial<Readonly<Record<AggregateFunction, (slots: readonly bigint[]) => readonly number[]>>> = {
  avg: meanNumbers,
  stddev: deviationNumbers,
};

function isCounted(slots: MergedSlots): boolean {
  return slots?.some((slot) => slot !== 0n) === true;
}

function health(drained: Drained): Readonly<Record<HealthCounter, number>> {
  const counts = HEALTH_COUNTERS.map((name) => [name, Number(drained.health[name])] as const);
  return Object.fromEntries(counts) as Record<HealthCounter, number>;
}
