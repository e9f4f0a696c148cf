import type { AggregateFunction } from "../../bpf/check/aggregate-functions.ts";
import { HEALTH_COUNTERS, type HealthCounter, type ObjectLayout } from "../../bpf/compile/object-spec.ts";
import type { Drained, MergedSlots } from "../../bpf/load/loaded-object.ts";
import { decodeKey } from "./decode-key.ts";
import { deviationNumbers, meanNumbers } from "./wide-numbers.ts";
import type { Names } from "./names.ts";
import type { Sample, SampleRow } from "./sample.ts";

/** The labels of what was counted beyond the limit of keys. */
export const OTHER_LABELS: Readonly<Record<string, string>> = { other: "true" };

/** When a generation was closed and how long it was open, by CLOCK_BOOTTIME. */
export interface Generation {
  readonly rule: string;
  readonly atMs: number;
  readonly intervalMs: number;
}

/** So many rows are decoded before whoever asked may do something else. */
const ROWS_AT_ONCE = 1000;

/**
 * What one rule counted in one generation, with keys as labels. Two keys that read the same (two ids of one user name) become one
 * row each and are added up by whoever joins rows by labels. The key `other` has a row only where something was counted under it.
 */
export function toSample(layout: ObjectLayout, drained: Drained, generation: Generation, names: Names): Sample {
  const pieces = sampleInPieces(layout, drained, generation, names);
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}

/** The same in pieces: there may be a hundred thousand rows. */
export function* sampleInPieces(
  layout: ObjectLayout,
  drained: Drained,
  generation: Generation,
  names: Names,
): Generator<undefined, Sample> {
  const { key } = layout;
  const unkeyed = row(layout, {}, drained.unkeyed);
  const rows = key === undefined ? [unkeyed] : [];
  if (key !== undefined) {
    for (const { key: bytes, values } of drained.rows) {
      rows.push(row(layout, decodeKey(key, bytes, names), values));
      if (rows.length % ROWS_AT_ONCE === 0) yield undefined;
    }
    if (drained.unkeyed.some(isCounted)) rows.push({ ...unkeyed, labels: OTHER_LABELS });
  }
  return { ...generation, rows, health: health(drained) };
}

/** The sample of a generation that could not be read. */
export function emptySample(generation: Generation): Sample {
  const zeros = HEALTH_COUNTERS.map((name) => [name, 0] as const);
  return { ...generation, rows: [], health: Object.fromEntries(zeros) as Record<HealthCounter, number> };
}

function row(
  layout: ObjectLayout,
  labels: Readonly<Record<string, string>>,
  values: readonly MergedSlots[],
): SampleRow {
  return { labels, values: layout.aggregates.map((_, index) => numbers(layout, index, values[index])) };
}

/** Slots hold 64 bits and no sign; the value in the first slot has the sign of its aggregate. */
function numbers(layout: ObjectLayout, index: number, slots: MergedSlots): readonly number[] | undefined {
  const aggregate = layout.aggregates[index]?.aggregate;
  if (aggregate === undefined || slots === undefined) return undefined;
  const wide = WIDE[aggregate.function];
  if (wide !== undefined) return wide(slots);
  return slots.map((slot, at) =>
    Number(aggregate.signed && at === 0 ? BigInt.asIntN(64, slot) : BigInt.asUintN(64, slot)),
  );
}

/** The aggregates whose numbers do not fit into 64 bits: how they are divided into numbers of doubles. */
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
