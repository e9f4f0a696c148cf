import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Labels } from "./alert-labels.ts";

/** The verdict of one stage on one alert. */
export interface Verdict {
  readonly outcome: "passed" | "held";
  /** in words, such as `silenced until 2026-11-26T08:00:00.000Z by ops: maintenance` */
  readonly reason: string;
}

/** The stages in the order in which an alert goes through them. */
export const STAGES = ["route", "inhibit", "silence", "mute", "group", "dedupe", "budget"] as const;

export type StageName = (typeof STAGES)[number];

/** A stage's last verdict, for all actions or for one of them. */
export interface Decision extends Verdict {
  readonly stage: StageName;
  readonly action?: string;
  readonly atUnixMs: number;
}

/** An alert as stages look at it. */
export interface StageAlert {
  /** the rule of the alert; for a notice such as `BpfwardenNoData` the rule that it is about */
  readonly rule: string;
  readonly event: AlertEvent;
  /** the labels for matchers: the labels that receivers see, severity among them, and `rule` */
  readonly labels: Labels;
}

/**
 * A stage that lets an alert pass or holds it. A held alert stays due: it is judged again each time
 * that its group's interval has passed. An end that could not be sent is sent when nothing holds it
 * any more. It is pure; time is an argument.
 */
export interface FilterStage {
  readonly name: StageName;
  readonly judge: (alert: StageAlert, nowUnixMs: number) => Verdict;
}

export function passed(reason: string): Verdict {
  return { outcome: "passed", reason };
}

export function held(reason: string): Verdict {
  return { outcome: "held", reason };
}
