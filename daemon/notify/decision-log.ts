import type { Labels } from "./alert-labels.ts";
import type { Decision, StageName, Verdict } from "./decision.ts";
import type { OpenAlert } from "./pipeline-state.ts";

/** Why an alert was told, or not. */
export interface AlertDecisions {
  readonly id: string;
  readonly rule: string;
  readonly alertname: string;
  readonly labels: Labels;
  readonly status: "firing" | "resolved";
  /** the actions that were told that it fires, and not yet that it ended */
  readonly heardBy: readonly string[];
  /** the last of each stage and action, in the order of stages */
  readonly decisions: readonly Decision[];
}

/** Alerts that are closed, of all rules, whose last decisions are still known. */
const CLOSED_KEPT = 100;

/** The last verdict of each stage on each alert. For people: nothing is decided by it, so it is not saved. */
export class DecisionLog {
  readonly #open = new Map<string, Map<string, Decision>>();
  readonly #closed: AlertDecisions[] = [];

  note(id: string, stage: StageName, verdict: Verdict, atUnixMs: number, action?: string): void {
    const byStage = this.#open.getOrInsertComputed(id, () => new Map<string, Decision>());
    const decision = { stage, ...verdict, ...(action !== undefined && { action }), atUnixMs };
    byStage.set(action === undefined ? stage : `${stage} ${action}`, decision);
  }

  /** The alert's decisions so far. */
  of(alert: OpenAlert): AlertDecisions {
    const { id, rule, event } = alert;
    const decisions = [...(this.#open.get(id)?.values() ?? [])].toSorted((a, b) => ORDER[a.stage] - ORDER[b.stage]);
    const { rule: alertname, labels, status } = event;
    return { id, rule, alertname, labels, status, heardBy: [...alert.heard.keys()], decisions };
  }

  /** The alert is forgotten; its decisions are kept for a while. */
  close(alert: OpenAlert): void {
    this.#closed.push(this.of(alert));
    if (this.#closed.length > CLOSED_KEPT) this.#closed.shift();
    this.#open.delete(alert.id);
  }

  /** Of alerts that are closed, the oldest first. */
  closed(rule: string): readonly AlertDecisions[] {
    return this.#closed.filter((each) => each.rule === rule);
  }
}

const ORDER: Readonly<Record<StageName, number>> = {
  route: 0,
  inhibit: 1,
  silence: 2,
  mute: 3,
  group: 4,
  dedupe: 5,
  budget: 6,
};
