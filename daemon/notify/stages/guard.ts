import { errorText } from "../../../bpf/source/error-text.ts";
import { passed, type Stage, type StageName, type Verdict } from "./stage.ts";
import type { PipelineMoment, Subjects } from "./subjects.ts";

/** The steps of an alert from its rule to a message. */
export type StepName = StageName | "take" | "labels" | "values" | "order" | "render" | "message" | "records";

/** A step that failed because of a fault of ours. */
export interface StepFault {
  /** the rule of the alert */
  readonly rule: string;
  readonly step: StepName;
  readonly error: unknown;
}

/**
 * Runs one step for one alert or message of a rule. If it throws, the fault is reported, and the
 * result of the second function holds. So a fault of ours never holds an alert of this or of
 * another rule.
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

/** Does the same for a step in pieces, between which other work may use the thread. */
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

/** Returns the verdict of a stage. If the stage fails, its subject passes. */
export function judged<On extends keyof Subjects>(
  guard: Guard,
  rule: string,
  { name, judge }: Stage<On>,
  subject: Subjects[On],
  now: PipelineMoment,
): Verdict {
  const judging = (): Verdict => judge(subject, now);
  return guard(rule, name, judging, (error) =>
    passed(`the stage failed, and lets the alert pass: ${errorText(error)}`),
  );
}

/** Returns a stage that lets an alert pass if it fails. */
export function guarded(stage: Stage<"alert">, guard: Guard): Stage<"alert"> {
  return { ...stage, judge: (alert, now) => judged(guard, alert.rule, stage, alert, now) };
}

/** The result of steps without a result. */
export function noResult(): void {}
