import { lostText, valuesText } from "../api/values-text.ts";
import { type AlertView, viewsOf } from "../evaluate/alerts/alert-lifecycle.ts";
import type { AlertState, Confidence } from "../evaluate/alerts/alert.ts";
import { worstKeys } from "../evaluate/alerts/worst-keys.ts";
import { boundText } from "../evaluate/formula/bound-text.ts";
import { shownText } from "../evaluate/formula/shown-text.ts";
import { LEVELS } from "../rules/levels.ts";
import type { Level } from "../rules/rule-syntax.ts";
import { durationText } from "../text/duration-text.ts";
import { bytesText, percentText } from "../text/number-text.ts";
import type { PageRule } from "./page-report.ts";
import type { PageSubject } from "./page-source.ts";
import { shown, shownLabels } from "./shown.ts";

/** The rows of all rules, and the numbers of rules in each state. */
export interface PageRules {
  readonly rows: readonly PageRule[];
  readonly counts: Readonly<Record<AlertState, number>>;
  /** the highest level of a rule that fires */
  readonly level?: Level;
}

/** Returns a row for each rule, the worst first, then by name. */
export function pageRules(rules: readonly PageSubject[]): PageRules {
  const rows = rules.map(pageRule).toSorted(worstFirst);
  const counts: Record<AlertState, number> = { ok: 0, pending: 0, firing: 0, no_data: 0, degraded: 0 };
  for (const { state } of rows) counts[state]++;
  const level = rows[0]?.level;
  return { rows, counts, ...(level !== undefined && { level }) };
}

const RANKS: Readonly<Record<AlertState, number>> = { firing: 0, degraded: 1, pending: 2, no_data: 3, ok: 4 };

function worstFirst(one: PageRule, other: PageRule): number {
  const byState = RANKS[one.state] - RANKS[other.state];
  if (byState !== 0) return byState;
  const rank = ({ level }: PageRule): number => (level === undefined ? -1 : LEVELS.indexOf(level));
  const byLevel = rank(other) - rank(one);
  return byLevel === 0 ? (one.id < other.id ? -1 : 1) : byLevel;
}

function pageRule({ name, status, state }: PageSubject): PageRule {
  const { degraded, probes, cost, confidence } = status;
  const { keys, counts } = worstKeys(state, 1);
  const [worst] = viewsOf(state, keys);
  const isKeyed = state.plan.rule.program.by.length > 0;
  return {
    id: name,
    ...ruleState(worst, degraded),
    keys: keysText(state.keys.size, counts),
    value: shown(worst === undefined ? "" : valueText(worst, status)),
    labels: isKeyed && worst !== undefined ? shownLabels(keys[0]?.labels ?? {}) : "",
    probes: String(probes.length),
    kernel: bytesText(cost.kernelBytes),
    cpu: cost.cpu === undefined ? "" : percentText(cost.cpu),
    run: cost.runs === undefined ? "" : durationText((cost.runTimeNs ?? 0) / cost.runs),
    lost: shown(lostOf(degraded, confidence)),
  };
}

/** Returns the worst state of a rule's keys, or degraded if its values cannot be trusted. */
export function ruleState(
  worst: AlertView | undefined,
  degraded: string | undefined,
): Pick<PageRule, "state" | "level"> {
  const level = worst?.level;
  const state = worst?.state === "firing" || degraded === undefined ? (worst?.state ?? "ok") : "degraded";
  return { state, ...(level !== undefined && { level }) };
}

/** Returns the value that the threshold compares; without a threshold all values. */
export function valueText({ judged, values }: AlertView, status: PageSubject["status"]): string {
  if (judged === undefined) return valuesText(values, status);
  const { name, unit, value, beyond } = judged;
  return `${name} ${value === undefined ? "no data" : boundText(beyond, shownText(value, unit))}`;
}

function keysText(all: number, { firing, pending }: Readonly<Record<AlertState, number>>): string {
  const parts = [firing > 0 ? `${firing} firing` : "", pending > 0 ? `${pending} pending` : ""].filter(Boolean);
  return parts.length === 0 || all <= 1 ? String(all) : `${all}, ${parts.join(", ")}`;
}

function lostOf(degraded: string | undefined, confidence: Confidence): string {
  if (degraded !== undefined) return degraded;
  const lost = lostText(confidence);
  return lost === "nothing" ? "" : lost;
}
