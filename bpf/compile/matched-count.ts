import { aggregateRecord } from "../check/aggregate-functions.ts";
import type { Aggregate, CheckedProgram, ProbeProgram, Step } from "../check/checked-program.ts";

/** Returns the parts of a program. When one part ends the run, the others still run. */
export function partsOf({ steps }: ProbeProgram): readonly (readonly Step[])[] {
  const parts: Step[][] = [[]];
  for (const step of steps) {
    if (step.do === "next-part") parts.push([]);
    else parts.at(-1)?.push(step);
  }
  return parts;
}

/**
 * Returns the `count()` that a part of a program updates once for each matched run, if it has one.
 * Then it contains the number of matched runs, and the program need not count them again. That
 * saves an atomic add without `by`, and with `by` also the lookup of the health counters.
 */
export function countOfMatched(part: readonly Step[], aggregates: readonly Aggregate[]): number | undefined {
  const updates = part.flatMap((step) => (step.do === "aggregate" ? step.updates : []));
  return updates.find(({ aggregate }) => countsRuns(aggregates[aggregate]))?.aggregate;
}

const countsRuns = (aggregate: Aggregate | undefined): boolean =>
  aggregate !== undefined && aggregateRecord(aggregate.function).takes === "nothing";

/** Returns the indexes of the aggregates that replace `matched`, each once. */
export function countsOfMatched({ programs, aggregates }: CheckedProgram): readonly number[] {
  return [...new Set(programs.flatMap(partsOf).flatMap((part) => countOfMatched(part, aggregates) ?? []))];
}
