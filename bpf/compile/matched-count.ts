import type { Aggregate, CheckedProgram, ProbeProgram } from "../check/checked-program.ts";

/**
 * The `count()` that a program updates once a matched run, where it has one: then the number of matched runs is in it already, and the
 * program need not count them a second time. That saves an atomic add without `by`, and with `by` the lookup of the health block too.
 */
export function countOfMatched(program: ProbeProgram, aggregates: readonly Aggregate[]): number | undefined {
  const updates = program.steps.flatMap((step) => (step.do === "aggregate" ? step.updates : []));
  return updates.find(({ aggregate }) => aggregates[aggregate]?.function === "count")?.aggregate;
}

/** Indexes of the aggregates that stand in for `matched`, each once. */
export function countsOfMatched({ programs, aggregates }: CheckedProgram): readonly number[] {
  return [...new Set(programs.flatMap((program) => countOfMatched(program, aggregates) ?? []))];
}
