import type { PipelineMoment, Subjects } from "./subjects.ts";

/** The verdict of one stage on one alert. */
export interface Verdict {
  readonly outcome: "passed" | "held";
  /** in words, such as `silenced until 2026-11-26T08:00:00.000Z by ops: maintenance` */
  readonly reason: string;
}

export type StageName = "route" | "inhibit" | "silence" | "mute" | "group" | "dedupe" | "budget";

/** A stage's last verdict, for all actions or for one of them. */
export interface Decision extends Verdict {
  readonly stage: StageName;
  readonly action?: string;
  readonly atUnixMs: number;
}

/**
 * A stage of the pipeline: it lets its subject pass, or holds it. It is pure; time is an argument.
 *
 * A held alert stays due: it is judged again each time that its group's interval has passed. An end
 * that could not be sent is sent when nothing holds it any more.
 */
export interface Stage<On extends keyof Subjects> {
  readonly name: StageName;
  /** the kind of its subjects */
  readonly on: On;
  readonly judge: (subject: Subjects[On], now: PipelineMoment) => Verdict;
  /** false for subjects that the stage does not judge; if not given, it judges all of them */
  readonly concerns?: (subject: Subjects[On]) => boolean;
  /** true if changes that it holds are counted as suppressed, and are sent when it lets them pass */
  readonly suppresses?: boolean;
}

export type AnyStage = { readonly [On in keyof Subjects]: Stage<On> }[keyof Subjects];

/** Returns the stages of a pipeline that judge one kind of subject, in their order. */
export function stagesOn<On extends keyof Subjects>(stages: readonly AnyStage[], on: On): readonly Stage<On>[] {
  // `on` is the kind: the type system does not follow it through a variable.
  return stages.filter((stage) => stage.on === on) as unknown as readonly Stage<On>[];
}

export function passed(reason: string): Verdict {
  return { outcome: "passed", reason };
}

export function held(reason: string): Verdict {
  return { outcome: "held", reason };
}
