import type { AggregateFunction } from "../check/aggregate-functions.ts";
import type { AggregateLayout } from "../compile/object-spec.ts";
import { valueOfRank } from "../compile/rank.ts";
import { packRegister, REGISTERS } from "../compile/registers.ts";
import type { MergedSlots } from "./merged-slots.ts";

/**
 * The place of one element's values: each CPU's copy starts `strideBytes` after the one before it.
 */
export interface PerCpuValue {
  readonly view: DataView;
  readonly start: number;
  readonly strideBytes: number;
  readonly cpus: number;
}

type Merge = (value: PerCpuValue, offset: number, layout: AggregateLayout) => MergedSlots;

/**
 * Merges the slots of all CPUs into one, for each aggregate function. Counters are added. The
 * greatest rank, the latest time and the greatest register win.
 */
const MERGES: Readonly<Record<AggregateFunction, Merge>> = {
  count: (value, offset) => [addSlot(value, offset, false)],
  sum: (value, offset, { aggregate }) => [addSlot(value, offset, aggregate.signed)],
  avg: totalAndCount,
  stddev: (value, offset, layout) => {
    const mean = totalAndCount(value, offset, layout);
    const squares = [32, 40, 48, 56].map((at) => addSlot(value, offset + at, false));
    return mean && [...mean, ofDigits(squares)];
  },
  min: best,
  max: best,
  last: latest,
  histogram: addBuckets,
  linear_histogram: addBuckets,
  distinct: greatestRegisters,
};

function totalAndCount(value: PerCpuValue, offset: number, { aggregate }: AggregateLayout): MergedSlots {
  const count = addSlot(value, offset + 8, false);
  if (count === 0n) return undefined;
  const [middle = 0n, high = 0n] = [16, 24].map((at) => addSlot(value, offset + at, aggregate.signed));
  return [ofDigits([addSlot(value, offset, false), middle, high]), count];
}

/**
 * Returns the number of these digits to the base of 2^32, the lowest first. A digit may have more
 * than 32 bits.
 */
const ofDigits = (digits: readonly bigint[]): bigint => digits.reduceRight((sum, digit) => (sum << 32n) + digit, 0n);

/**
 * Merges the values of all aggregates.
 *
 * @param slotsStart start of the first aggregate's slots within one CPU's copy
 */
export function mergeSlots(layouts: readonly AggregateLayout[], value: PerCpuValue, slotsStart: number): MergedSlots[] {
  return layouts.map((layout) => MERGES[layout.aggregate.function](value, slotsStart + layout.slotOffset, layout));
}

/** Adds a counter up over the CPUs. It wraps at 64 bits as in the kernel. */
export function addSlot(value: PerCpuValue, offset: number, signed: boolean): bigint {
  let sum = 0n;
  for (let cpu = 0; cpu < value.cpus; cpu++) sum += readSlot(value, cpu, offset, signed);
  return signed ? BigInt.asIntN(64, sum) : BigInt.asUintN(64, sum);
}

/** Returns the greatest rank of the CPUs whose second slot says that there is one. */
function best(value: PerCpuValue, offset: number, { aggregate }: AggregateLayout): MergedSlots {
  let greatest: bigint | undefined;
  for (let cpu = 0; cpu < value.cpus; cpu++) {
    if (readSlot(value, cpu, offset + 8, false) === 0n) continue;
    const rank = readSlot(value, cpu, offset, false);
    if (greatest === undefined || rank > greatest) greatest = rank;
  }
  return greatest === undefined ? undefined : [valueOfRank(aggregate, greatest), 1n];
}

/**
 * Returns the value of the CPU whose time, the second slot, is the latest. A time of 0 means that
 * there is no value.
 */
function latest(value: PerCpuValue, offset: number, { aggregate }: AggregateLayout): MergedSlots {
  let last: readonly [value: bigint, time: bigint] | undefined;
  for (let cpu = 0; cpu < value.cpus; cpu++) {
    const time = readSlot(value, cpu, offset + 8, false);
    if (time > (last?.[1] ?? 0n)) last = [readSlot(value, cpu, offset, aggregate.signed), time];
  }
  return last;
}

function addBuckets(value: PerCpuValue, offset: number, { slots }: AggregateLayout): MergedSlots {
  const found: bigint[] = [];
  for (let bucket = 0; bucket < slots; bucket++) {
    const at = offset + 8 * bucket;
    if (isCounted(value, at)) found.push(BigInt(bucket), addSlot(value, at, false));
  }
  return found.length === 0 ? undefined : found;
}

/** True if a bucket was counted on any CPU: most of the hundreds of buckets were not. */
function isCounted({ view, start, strideBytes, cpus }: PerCpuValue, offset: number): boolean {
  for (let cpu = 0; cpu < cpus; cpu++) {
    const at = start + cpu * strideBytes + offset;
    if (view.getUint32(at, true) !== 0 || view.getUint32(at + 4, true) !== 0) return true;
  }
  return false;
}

function greatestRegisters({ view, start, strideBytes, cpus }: PerCpuValue, offset: number): MergedSlots {
  const found: bigint[] = [];
  for (let register = 0; register < REGISTERS; register++) {
    let rank = 0;
    for (let cpu = 0; cpu < cpus; cpu++) {
      rank = Math.max(rank, view.getUint8(start + cpu * strideBytes + offset + register));
    }
    if (rank > 0) found.push(BigInt(packRegister(register, rank)));
  }
  return found.length === 0 ? undefined : found;
}

function readSlot({ view, start, strideBytes }: PerCpuValue, cpu: number, offset: number, signed: boolean): bigint {
  const at = start + cpu * strideBytes + offset;
  return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
}
