import { aggregateRecord } from "../check/aggregate-functions.ts";
import type { Aggregate, CheckedProgram, ProbeProgram, Step } from "../check/checked-program.ts";

/** The parts of a program: what ends one leaves the others alone. */
export function partsOf({ steps }: ProbeProgram): readonly (readonly Step[])[] {
  const parts: Step[][] = [[]];
  for (const step of steps) {
    if (step.do === "next-part") parts.push([]);
    else parts.at(-1)?.push(step);
  }
  return parts;
}

/**
 * The `count()` that a part of a program updates once a matched run, where it has one: then the number of matched runs is in it already, and the
 * program need not count them a second time. That saves an atomic add without `by`, and with `by` the lookup of the health block too.
 */
export function countOfMatched(part: readonly Step[], aggregates: readonly Aggregate[]): number | undefined {
  const updates = part.flatMap((step) => (step.do === "aggregate" ? step.updates : []));
  return updates.find(({ aggregate }) => countsRuns(aggregates[aggregate]))?.aggregate;
}

const countsRuns = (aggregate: Aggregate | undefined): boolean =>
  aggregate !== undefined && aggregateRecord(aggregate.function).takes === "nothing";

/** Indexes of the aggregates that stand in for `matched`, each once. */
export function countsOfMatched({ programs, aggregates }: CheckedProgram): readonly number[] {
  return [...new Set(programs.flatMap(partsOf).flatMap((part) => countOfMatched(part, aggregates) ?? []))];
}
