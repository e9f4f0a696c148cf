import type { ProbeProgram, Step } from "../../check/checked-program.ts";
import { countOfMatched } from "../matched-count.ts";
import { lowerAggregate } from "./aggregate.ts";
import { lowerEmit } from "./emit.ts";
import type { Lowering } from "./lowering.ts";

import { lowerInside, lowerSpanClose, lowerSpanOpen } from "./span.ts";
import { count, finish } from "./state.ts";
import { branchFalse, lowerScalar } from "./values.ts";

/** Lowers the steps of a program, in order, into the emitter. */
export function lowerProgram(lowering: Lowering, program: ProbeProgram): void {
  const countsItself = countOfMatched(program, lowering.program.aggregates) !== undefined;
  for (const step of program.steps) {
    lowering.emitter.at("span" in step ? step.span : program.span, () => {
      lowerStep(lowering, step, countsItself);
    });
  }
  lowering.emitter.at(program.span, () => {
    finish(lowering);
  });
}

function lowerStep(lowering: Lowering, step: Step, countsItself: boolean): void {
  switch (step.do) {
    case "filter":
      branchFalse(lowering, step.condition, lowering.end);
      return;
    case "bind":
      lowering.variables.set(step.variable, lowerScalar(lowering, step.value));
      return;
    case "span-open":
      lowerSpanOpen(lowering, step);
      return;
    case "span-close":
      lowerSpanClose(lowering, step);
      return;
    case "inside":
      lowerInside(lowering, step);
      return;
    case "matched":
      if (!countsItself) count(lowering, "matched");
      return;
    case "aggregate":
      lowerAggregate(lowering, step);
      return;
    case "emit":
      lowerEmit(lowering, step);
  }
}
