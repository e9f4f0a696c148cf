import { HEALTH_COUNTERS, type HealthCounter, type ObjectLayout } from "../../bpf/compile/object-spec.ts";
import type { Drained, MergedSlots } from "../../bpf/load/loaded-object.ts";
import { decodeKey } from "./decode-key.ts";
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

/**
 * What one rule counted in one generation, with keys as labels. Two keys that read the same (two ids of one user name) become one
 * row each and are added up by whoever joins rows by labels. The key `other` has a row only where something was counted under it.
 */
export function toSample(layout: ObjectLayout, drained: Drained, generation: Generation, names: Names): Sample {
  const { key } = layout;
  const unkeyed = row(layout, {}, drained.unkeyed);
  const rows =
    key === undefined ? [unkeyed] : drained.rows.map((r) => row(layout, decodeKey(key, r.key, names), r.values));
  if (key !== undefined && drained.unkeyed.some(isCounted)) rows.push({ ...unkeyed, labels: OTHER_LABELS });
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
  const signed = layout.aggregates[index]?.aggregate.signed === true;
  return slots?.map((slot, at) => Number(signed && at === 0 ? BigInt.asIntN(64, slot) : BigInt.asUintN(64, slot)));
}

function isCounted(slots: MergedSlots): boolean {
  return slots?.some((slot) => slot !== 0n) === true;
}

function health(drained: Drained): Readonly<Record<HealthCounter, number>> {
  const counts = HEALTH_COUNTERS.map((name) => [name, Number(drained.health[name])] as const);
  return Object.fromEntries(counts) as Record<HealthCounter, number>;
}
