import { BpfError } from "libbpf-ts";

/** A point that the kernel refused. */
export interface Refused<Point> {
  readonly point: Point;
  readonly error: BpfError;
}

/** Errors that say nothing about a point: nothing more can be attached, or not by this process. */
const OF_THE_HOST: readonly string[] = ["EPERM", "EACCES", "ENOMEM", "EMFILE", "ENFILE"];

/**
 * Attaches to all points at once. If the kernel refuses, it tries each half, and so on down to the
 * refused points: one point that cannot be probed must not cost the others. Throws BpfError if the
 * reason is not a point.
 */
export function attachMost<Point, Made>(
  points: readonly [Point, ...Point[]],
  attachTo: (points: readonly [Point, ...Point[]]) => Made,
): { readonly made: readonly Made[]; readonly refused: readonly Refused<Point>[] } {
  try {
    return { made: [attachTo(points)], refused: [] };
  } catch (error) {
    if (!(error instanceof BpfError) || OF_THE_HOST.includes(error.code)) throw error;
    const [first] = points;
    if (points.length === 1) return { made: [], refused: [{ point: first, error }] };
    const middle = points.length >> 1;
    const halves = [points.slice(0, middle), points.slice(middle)];
    const results = halves.filter(isFilled).map((half) => attachMost(half, attachTo));
    return { made: results.flatMap(({ made }) => made), refused: results.flatMap(({ refused }) => refused) };
  }
}

function isFilled<Item>(items: Item[]): items is [Item, ...Item[]] {
  return items.length > 0;
}
