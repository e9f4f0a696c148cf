import type { LinearSteps } from "../../bpf/check/checked-program.ts";
import type { DistributionValue } from "../evaluate/alerts/alert.ts";

type Bucket = DistributionValue["buckets"][number];

/** A bar of a histogram: `from` <= value < `to`; null for an open end. */
export type Bin = Bucket;

/** The mapping from buckets to bars, which are numbered in the order of values. */
interface Scale {
  binOf(bucket: Bucket): number;
  boundsOf(bin: number): Pick<Bin, "from" | "to">;
}

/** Powers of two as in bpftrace: 0, 1, 2 to 3, 4 to 7, …; the same below 0. */
const POWERS: Scale = {
  binOf({ from, to }) {
    if (from === null || to === null) return 0;
    if (from >= 1) return Math.floor(Math.log2(from)) + 1;
    return to - 1 >= 0 ? 0 : -Math.floor(Math.log2(1 - to)) - 1;
  },
  boundsOf(bin) {
    if (bin === 0) return { from: 0, to: 1 };
    const power = 2 ** (Math.abs(bin) - 1);
    return bin > 0 ? { from: power, to: 2 * power } : { from: 1 - 2 * power, to: 1 - power };
  },
};

/**
 * Steps as in the rule, with one bar for all values below the first and one for all above the last.
 */
function linear({ low, high, step }: LinearSteps): Scale {
  const [first, last, width] = [Number(low), Number(high), Number(step)];
  const count = Math.ceil((last - first) / width);
  return {
    binOf: ({ from, to }) => (from === null ? -1 : to === null ? count : Math.floor((from - first) / width)),
    boundsOf: (bin) => ({
      from: bin < 0 ? null : Math.min(last, first + bin * width),
      to: bin >= count ? null : Math.min(last, first + (bin + 1) * width),
    }),
  };
}

/**
 * Returns the bars of a histogram from its least value to its greatest, including empty ones. Joins
 * neighbors if there are more than `most`.
 */
export function binsOf({ buckets }: DistributionValue, steps: LinearSteps | undefined, most: number): readonly Bin[] {
  const scale = steps === undefined ? POWERS : linear(steps);
  const counts = new Map<number, number>();
  for (const bucket of buckets) {
    const bin = scale.binOf(bucket);
    counts.set(bin, (counts.get(bin) ?? 0) + bucket.count);
  }
  if (counts.size === 0 || most < 1) return [];
  const least = Math.min(...counts.keys());
  const all = Math.max(...counts.keys()) - least + 1;
  const together = Math.ceil(all / most);
  return Array.from({ length: Math.ceil(all / together) }, (_, index): Bin => {
    const bins = range(least + index * together, Math.min(least + (index + 1) * together, least + all));
    const { from } = scale.boundsOf(bins[0] ?? 0);
    const { to } = scale.boundsOf(bins.at(-1) ?? 0);
    return { from, to, count: bins.reduce((sum, bin) => sum + (counts.get(bin) ?? 0), 0) };
  });
}

/** Returns the whole numbers from `from` to just before `to`. */
function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
