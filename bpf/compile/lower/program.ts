import type { ProbeProgram, Step } from "../../check/checked-program.ts";
import type { Scalar } from "../../check/typed-expression.ts";
import { mayBeUnreadable } from "../../check/user-memory.ts";
import { countsRuns } from "../attach-kinds.ts";
import { goTo, type Label } from "../instruction.ts";
import { countOfMatched, partsOf } from "../matched-count.ts";
import { lowerAggregate } from "./aggregates/aggregate.ts";
import { lowerDeferred, lowerUnmark } from "./deferred.ts";
import { lowerEmit } from "./records/emit.ts";
import { lowerFilter } from "./filter.ts";
import { branch } from "./lowering.ts";
import { lowerOnlyAt } from "./only-at.ts";
import type { Lowering } from "./lowering.ts";
import { lowerAroundMemos } from "./spans/zero-memos.ts";
import { lowerMemoRead, lowerMemoWrite } from "./spans/memo.ts";
import { lowerInside, lowerSpanAbandon, lowerSpanClose, lowerSpanOpen } from "./spans/span.ts";
import { count, finish } from "./state.ts";
import { clearFailed, readsUser, startUnreadable, takeFailed } from "./unreadable.ts";
import { lowerScalar } from "./values.ts";

/** Lowers the steps of a program, in order, into the emitter. */
export function lowerProgram(lowering: Lowering, program: ProbeProgram): void {
  const parts = partsOf(program);
  const last = parts.at(-1) ?? [];
  if (countsRuns(lowering.attach)) lowering.emitter.at(program.span, () => count(lowering, "runs"));
  for (const part of parts.slice(0, -1)) {
    const next = lowering.emitter.label("next_part");
    lowering.frame.scoped(() => {
      branch(lowering, () => {
        const own = { ...lowering, end: next, variables: new Map(), kept: new Map(), memos: new Map() };
        lowerPart(withUnreadable(own, program), part, program, lowering.end);
      });
    });
    lowering.emitter.place(next);
  }
  lowerPart(withUnreadable(lowering, program), last, program);
  lowering.emitter.at(program.span, () => {
    finish(lowering);
  });
}

const withUnreadable = (lowering: Lowering, program: ProbeProgram): Lowering =>
  mayBeUnreadable(program, lowering.program) ? { ...lowering, unreadable: startUnreadable(lowering) } : lowering;

function bind(lowering: Lowering, variable: number, value: Scalar): void {
  clearFailed(lowering);
  const reads = readsUser(lowering, value);
  lowering.variables.set(variable, lowerScalar(lowering, value));
  const failed = reads ? takeFailed(lowering) : undefined;
  if (failed !== undefined) lowering.unreadable?.variables.set(variable, failed);
}

/**
 * Lowers a part of a program.
 *
 * @param programEnd where the program ends; the part's own end if absent
 */
function lowerPart(lowering: Lowering, part: readonly Step[], program: ProbeProgram, programEnd?: Label): void {
  const matched = matchedAt(lowering, part);
  const lower = (within: Lowering, steps: readonly Step[]): void => {
    for (const step of steps) {
      lowering.emitter.at("span" in step ? step.span : program.span, () => {
        lowerStep(within, step, matched);
      });
    }
  };
  const lastFor = part.findIndex((step) => step.do === "only-at" && step.lastFor === true);
  const endsProgram = lastFor >= 0 && programEnd !== undefined;
  lower(lowering, part.slice(0, lastFor + 1));
  lowerAroundMemos(endsProgram ? { ...lowering, end: programEnd } : lowering, part.slice(lastFor + 1), lower);
  if (endsProgram) lowering.emitter.emit(goTo(programEnd));
}

/**
 * Returns the step at which a matched event is counted, or undefined if a `count()` counts it
 * already. If the key of an event may be unknown, it is the step that finds this out: an event is
 * either matched or unknown.
 */
function matchedAt({ program, unreadable }: Lowering, part: readonly Step[]): Step["do"] | undefined {
  if (countOfMatched(part, program.aggregates) !== undefined) return undefined;
  return unreadable !== undefined && part.some((step) => step.do === "aggregate") ? "aggregate" : "matched";
}

function lowerStep(lowering: Lowering, step: Step, matched: Step["do"] | undefined): void {
  const countMatched = (): void => {
    if (step.do === matched) count(lowering, "matched");
  };
  switch (step.do) {
    case "only-at":
      lowerOnlyAt(lowering, step);
      return;
    case "filter":
      lowerFilter(lowering, step.condition);
      return;
    case "bind":
      bind(lowering, step.variable, step.value);
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
    case "memo-read":
      lowerMemoRead(lowering, step);
      return;
    case "memo-write":
      lowerMemoWrite(lowering, step);
      return;
    case "next-part":
      throw new Error("a part within a part");
    case "matched":
      countMatched();
      return;
    case "return-missed":
      count(lowering, "missed_returns");
      return;
    case "aggregate":
      lowerAggregate(lowering, step, countMatched);
      return;
    case "emit":
      lowerEmit(lowering, step);
      return;
    case "deferred":
      lowerDeferred(lowering, step);
      return;
    case "unmark":
      lowerUnmark(lowering, step.mark);
  }
}
