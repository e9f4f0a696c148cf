import type { Aggregate, AggregateFunction } from "../check/checked-program.ts";
import type { AggregateLayout } from "../compile/object-spec.ts";
import { valueOfRank } from "../compile/rank.ts";
import type { MergedSlots } from "./loaded-object.ts";

/** Where the values of one element lie: each CPU's copy starts `strideBytes` after the one before it. */
export interface PerCpuValue {
  readonly view: DataView;
  readonly start: number;
  readonly strideBytes: number;
  readonly cpus: number;
}

type Merge = (value: PerCpuValue, offset: number, aggregate: Aggregate) => MergedSlots;

/** One record an aggregate function: how the slots of all CPUs become one. */
const MERGES: Readonly<Record<AggregateFunction, Merge>> = {
  count: (value, offset) => [addSlot(value, offset, false)],
  sum: (value, offset, { signed }) => [addSlot(value, offset, signed)],
  avg: (value, offset, { signed }) => {
    const count = addSlot(value, offset + 8, false);
    return count === 0n ? undefined : [addSlot(value, offset, signed), count];
  },
  min: best,
  max: best,
};

/** @param slotsStart of the first aggregate's slots within one CPU's copy */
export function mergeSlots(layouts: readonly AggregateLayout[], value: PerCpuValue, slotsStart: number): MergedSlots[] {
  return layouts.map(({ aggregate, slotOffset }) =>
    MERGES[aggregate.function](value, slotsStart + slotOffset, aggregate),
  );
}

/** A counter added up over the CPUs; wraps at 64 bits as it does in the kernel. */
export function addSlot(value: PerCpuValue, offset: number, signed: boolean): bigint {
  let sum = 0n;
  for (let cpu = 0; cpu < value.cpus; cpu++) sum += readSlot(value, cpu, offset, signed);
  return signed ? BigInt.asIntN(64, sum) : BigInt.asUintN(64, sum);
}

/** The greatest rank of the CPUs whose second slot says that there is one. */
function best(value: PerCpuValue, offset: number, aggregate: Aggregate): MergedSlots {
  let greatest: bigint | undefined;
  for (let cpu = 0; cpu < value.cpus; cpu++) {
    if (readSlot(value, cpu, offset + 8, false) === 0n) continue;
    const rank = readSlot(value, cpu, offset, false);
    if (greatest === undefined || rank > greatest) greatest = rank;
  }
  return greatest === undefined ? undefined : [valueOfRank(aggregate, greatest), 1n];
}

function readSlot({ view, start, strideBytes }: PerCpuValue, cpu: number, offset: number, signed: boolean): bigint {
  const at = start + cpu * strideBytes + offset;
  return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
}
