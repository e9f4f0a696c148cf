import type { ProbeProgram, Step } from "../../check/checked-program.ts";
import { countOfMatched, partsOf } from "../matched-count.ts";
import { lowerAggregate } from "./aggregate.ts";
import { lowerEmit } from "./emit.ts";
import { branch } from "./lowering.ts";
import type { Lowering } from "./lowering.ts";
import { lowerInside, lowerSpanAbandon, lowerSpanClose, lowerSpanOpen } from "./span.ts";
import { count, finish } from "./state.ts";
import { branchFalse, lowerScalar } from "./values.ts";

/** Lowers the steps of a program, in order, into the emitter. */
export function lowerProgram(lowering: Lowering, program: ProbeProgram): void {
  const parts = partsOf(program);
  const last = parts.at(-1) ?? [];
  for (const part of parts.slice(0, -1)) {
    const next = lowering.emitter.label("next_part");
    lowering.frame.scoped(() => {
      branch(lowering, () => {
        lowerPart({ ...lowering, end: next, variables: new Map(), kept: new Map() }, part, program);
      });
    });
    lowering.emitter.place(next);
  }
  lowerPart(lowering, last, program);
  lowering.emitter.at(program.span, () => {
    finish(lowering);
  });
}

function lowerPart(lowering: Lowering, part: readonly Step[], program: ProbeProgram): void {
  const countsItself = countOfMatched(part, lowering.program.aggregates) !== undefined;
  for (const step of part) {
    lowering.emitter.at("span" in step ? step.span : program.span, () => {
      lowerStep(lowering, step, countsItself);
    });
  }
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
    case "span-abandon":
      lowerSpanAbandon(lowering, step);
      return;
    case "inside":
      lowerInside(lowering, step);
      return;
    case "next-part":
      throw new Error("a part within a part");
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
