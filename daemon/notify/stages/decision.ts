import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { Labels } from "./alert-labels.ts";

/** What one stage says of one alert. */
export interface Verdict {
  readonly outcome: "passed" | "held";
  /** in words, such as `silenced until 2026-11-26T08:00:00.000Z by ops: maintenance` */
  readonly reason: string;
}

/** The stages in the order in which an alert goes through them. */
export const STAGES = ["route", "inhibit", "silence", "mute", "group", "dedupe", "budget"] as const;

export type StageName = (typeof STAGES)[number];

/** A stage's last verdict; on what all actions have in common, or for one of them. */
export interface Decision extends Verdict {
  readonly stage: StageName;
  readonly action?: string;
  readonly atUnixMs: number;
}

/** An alert as stages look at it. */
export interface StageAlert {
  /** whose it is: for a notice such as `BpfwardenNoData` the rule that it speaks of */
  readonly rule: string;
  readonly event: AlertEvent;
  /** what matchers see: the labels that receivers see, severity among them, and `rule` */
  readonly labels: Labels;
}

/**
 * A stage that lets an alert pass or holds it. What is held stays due: it is looked at again each
 * time that its group's interval has passed, and an end that could not be sent is sent when nothing
 * holds it any more. Pure; time comes in.
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
