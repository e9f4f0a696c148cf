import { errorText } from "../../../bpf/source/error-text.ts";
import { passed, type FilterStage, type StageName } from "./decision.ts";

/** What an alert goes through between its rule and a message. */
export type StepName = StageName | "take" | "labels" | "values" | "order" | "render" | "message" | "records";

/** A step that failed, which is a fault of ours. */
export interface StepFault {
  /** whose alert it was */
  readonly rule: string;
  readonly step: StepName;
  readonly error: unknown;
}

/**
 * Does one step for one alert or message of a rule. If that throws, the fault is reported, and what
 * the second function gives holds: an alert rather passes than that it, or one of another rule, is
 * held for a fault of ours.
 */
export type Guard = <Result>(
  rule: string,
  step: StepName,
  run: () => Result,
  otherwise: (error: unknown) => Result,
) => Result;

export function guardBy(onFault: (fault: StepFault) => void): Guard {
  return (rule, step, run, otherwise) => {
    try {
      return run();
    } catch (error) {
      onFault({ rule, step, error });
      return otherwise(error);
    }
  };
}

/** The same for a step in pieces, between which somebody else may have the thread. */
export function* guardedPieces<Piece, Result>(
  guard: Guard,
  { rule, step }: Pick<StepFault, "rule" | "step">,
  pieces: Iterator<Piece, Result>,
  otherwise: Result,
): Generator<Piece, Result> {
  for (;;) {
    const next = guard<IteratorResult<Piece, Result>>(
      rule,
      step,
      () => pieces.next(),
      () => ({ done: true, value: otherwise }),
    );
    if (next.done === true) return next.value;
    yield next.value;
  }
}

/** A stage that lets an alert pass where it fails. */
export function guarded({ name, judge }: FilterStage, guard: Guard): FilterStage {
  return {
    name,
    judge: (alert, nowUnixMs) =>
      guard(
        alert.rule,
        name,
        () => judge(alert, nowUnixMs),
        (error) => passed(`the stage failed, and lets the alert pass: ${errorText(error)}`),
      ),
  };
}

/** For steps that give nothing. */
export function noResult(): void {}
