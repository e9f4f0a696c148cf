import type { Labels } from "./alert-labels.ts";
import type { AnyStage, Decision, StageName, Verdict } from "./stage.ts";
import type { OpenAlert } from "./pipeline-state.ts";

/** The reasons why an alert was sent, or not. */
export interface AlertDecisions {
  readonly id: string;
  readonly rule: string;
  readonly alertname: string;
  readonly labels: Labels;
  readonly status: "firing" | "resolved";
  /** the actions that were notified that it fires, and not yet that it ended */
  readonly notified: readonly string[];
  /** the last decision of each stage and action, in the order of stages */
  readonly decisions: readonly Decision[];
}

/** The number of closed alerts, of all rules, whose last decisions are kept. */
const CLOSED_KEPT = 100;

/**
 * The last verdict of each stage on each alert. It is for people: nothing is decided by it, so it
 * is not saved.
 */
export class DecisionLog {
  /**
   * the decisions on each alert, by the number of stage and action; equal decisions are one object
   * for all alerts
   */
  readonly #open = new Map<string, (Decision | undefined)[]>();
  readonly #numbers = new Map<string | undefined, Map<StageName, number>>();
  #count = 0;
  /** the last decision of each stage and action, on any alert */
  readonly #latest: { readonly verdict: Verdict; readonly decision: Decision }[] = [];
  readonly #closed: AlertDecisions[] = [];
  readonly #order: readonly StageName[];

  readonly #onHeld: (id: string, decision: Decision) => void;

  /**
   * @param stages the pipeline: decisions are in its order
   * @param onHeld called if a stage holds an alert that it did not hold for this reason before
   */
  constructor(stages: readonly AnyStage[], onHeld: (id: string, decision: Decision) => void = () => undefined) {
    this.#onHeld = onHeld;
    this.#order = stages.map(({ name }) => name);
  }

  note(id: string, stage: StageName, verdict: Verdict, atUnixMs: number, action?: string): void {
    const number = this.#numbers.get(action)?.get(stage) ?? this.#newNumber(stage, action);
    let latest = this.#latest[number];
    if (latest?.verdict !== verdict || latest.decision.atUnixMs !== atUnixMs) {
      const decision = { stage, ...verdict, ...(action !== undefined && { action }), atUnixMs };
      this.#latest[number] = latest = { verdict, decision };
    }
    const known = this.#open.get(id);
    if (verdict.outcome === "held" && known?.[number]?.reason !== verdict.reason) this.#onHeld(id, latest.decision);
    if (known === undefined) this.#open.set(id, decisionsWith(number, latest.decision));
    else if (known[number] !== latest.decision) known[number] = latest.decision;
  }

  #newNumber(stage: StageName, action: string | undefined): number {
    this.#numbers.getOrInsertComputed(action, () => new Map()).set(stage, this.#count);
    return this.#count++;
  }

  /** Returns the alert's decisions so far. */
  of(alert: OpenAlert): AlertDecisions {
    const { id, rule, event } = alert;
    const known = this.#open.get(id)?.filter((decision) => decision !== undefined) ?? [];
    const decisions = known.toSorted((a, b) => this.#order.indexOf(a.stage) - this.#order.indexOf(b.stage));
    const { rule: alertname, labels, status } = event;
    return { id, rule, alertname, labels, status, notified: [...alert.notified.keys()], decisions };
  }

  /** Closes an alert that is forgotten; its decisions are kept for a while. */
  close(alert: OpenAlert): void {
    this.#closed.push(this.of(alert));
    if (this.#closed.length > CLOSED_KEPT) this.#closed.shift();
    this.#open.delete(alert.id);
  }

  /** Returns the decisions on a rule's closed alerts, the oldest first. */
  closed(rule: string): readonly AlertDecisions[] {
    return this.#closed.filter((each) => each.rule === rule);
  }
}

function decisionsWith(number: number, decision: Decision): (Decision | undefined)[] {
  const decisions: (Decision | undefined)[] = [];
  decisions[number] = decision;
  return decisions;
}
