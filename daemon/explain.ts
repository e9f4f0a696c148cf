import { didYouMean } from "../bpf/source/did-you-mean.ts";
import { ApiError } from "./api/api-error.ts";
import { matchersOf } from "./api/find-silence.ts";
import { explainEnded, explainFiring, explainView } from "./api/explain/explain-alert.ts";
import type { ExplainedAlert, ExplainReport } from "./api/explain/explain-report.ts";
import type { AlertView } from "./evaluate/alerts/alert-lifecycle.ts";
import { type Matcher, matchesAll } from "./matchers/matcher.ts";
import type { Alerting } from "./notify/alerting.ts";
import { entryId } from "./notify/history-recorder.ts";
import { DAEMON_NOTICES } from "./notify/notices/daemon-notice-names.ts";
import { alertId, alertLabels, type Labels } from "./notify/stages/alert-labels.ts";
import type { RunningRule } from "./run/running-rule.ts";
import type { Clock } from "./service/clock.ts";
import type { HistoryEntry, HistoryReport } from "./store/history-answers.ts";
import type { StoreHistory } from "./store/history-lane.ts";

export interface ExplainOptions {
  readonly clock: Clock;
  readonly rules: () => readonly RunningRule[];
  readonly alerting: Alerting;
  readonly history: StoreHistory;
}

/** The most alerts that are explained at once. */
const MOST = 5;
/** The latest entries of the history that are looked at. */
const LOOKED_AT = 1000;

/**
 * Explains the alerts of a name that match: those that fire; if there are none, those that are
 * pending; or else the last one that ended, and a key as it is now. Rejects with ApiError if there
 * is no such alert.
 */
export async function explain(
  options: ExplainOptions,
  name: string,
  filters: readonly string[],
): Promise<ExplainReport> {
  const faults: string[] = [];
  const matchers = matchersOf(filters, faults);
  if (faults.length > 0) throw new ApiError(400, "expected matchers, found other texts", faults);
  const entries = await entriesOf(options, name);
  const rule = options.rules().find((each) => each.name === name);
  const all = firingOf(options, name, matchers, entries);
  const pending = viewsOf(options, rule, matchers, ({ state }) => state === "pending");
  const calm = viewsOf(options, rule, matchers, ({ state }) => state !== "firing" && state !== "pending");
  const others = [...endedOf(options, matchers, entries).slice(0, 1), ...calm.slice(0, 1)];
  const found = [all, pending, others, keyless(options, rule, matchers)].find(({ length }) => length > 0);
  if (found === undefined) throw unknown(options, name, entries);
  return { alerts: found.slice(0, MOST), omitted: Math.max(0, found.length - MOST) };
}

/** Returns the alerts of this name in the history; none if it cannot be read. */
async function entriesOf({ history, clock }: ExplainOptions, name: string): Promise<readonly HistoryEntry[]> {
  const question = { kind: "entries", sinceUnixMs: 0, untilUnixMs: clock.unixMs(), rule: name } as const;
  try {
    const text = await history.ask({ ...question, drills: false, limit: LOOKED_AT });
    return (JSON.parse(text) as HistoryReport).alerts.filter(({ alertname }) => alertname === name);
  } catch {
    return [];
  }
}

function firingOf(
  { alerting, rules, clock }: ExplainOptions,
  name: string,
  matchers: readonly Matcher[],
  entries: readonly HistoryEntry[],
): readonly ExplainedAlert[] {
  const rule = rules().find((each) => each.name === name);
  const firing = alerting.firing().filter(({ event, labels }) => event.rule === name && matchesAll(matchers, labels));
  const decisions = rule === undefined ? [] : alerting.decisions(name);
  return firing.map((alert, index) => {
    // The texts of those that are left out are not made.
    if (index >= MOST) return { alertname: name, labels: alert.labels, state: "firing", parts: [] };
    const id = alertId(alert.event);
    return explainFiring(alert, {
      status: rule?.status,
      entry: entries.find((entry) => entry.id === entryId({ id, event: alert.event })),
      decisions: decisions.find((each) => each.id === id)?.decisions ?? [],
      nowUnixMs: clock.unixMs(),
    });
  });
}

/** Explains the keys of a rule in one of these states; of many, only the first in full. */
function viewsOf(
  { alerting }: ExplainOptions,
  rule: RunningRule | undefined,
  matchers: readonly Matcher[],
  isWanted: (view: AlertView) => boolean,
): readonly ExplainedAlert[] {
  if (rule === undefined) return [];
  const { status } = rule;
  const actions = alerting.actionNames(rule.ruleActions);
  const wanted = rule.views().flatMap((view) => {
    const labels = isWanted(view) ? labelsOf(view, alerting.settings.labels) : undefined;
    return labels !== undefined && matchesAll(matchers, labels) ? [{ view, labels }] : [];
  });
  return wanted.map(({ view, labels }, index) =>
    index < MOST
      ? explainView(view, labels, status, actions)
      : { alertname: view.rule, labels, state: view.state, parts: [] },
  );
}

/** Explains a rule that has counted nothing within its window, so that it has no keys. */
function keyless(
  { alerting }: ExplainOptions,
  rule: RunningRule | undefined,
  matchers: readonly Matcher[],
): readonly ExplainedAlert[] {
  if (rule === undefined || matchers.length > 0 || rule.state.keys.size > 0) return [];
  const { status, name } = rule;
  const view = { rule: name, state: "ok", reason: "nothing was counted in the window" } as const;
  return [explainView(view, status.rule.labels, status, alerting.actionNames(rule.ruleActions))];
}

/** Returns the labels of an alert that does not fire: it has no severity yet. */
function labelsOf({ rule, labels }: AlertView, settingsLabels: Labels): Labels {
  const { severity: _, ...all } = alertLabels({ rule, labels, level: "warning" }, settingsLabels);
  return all;
}

/** Returns the alerts that are over, the latest first. */
function endedOf(
  { rules, alerting }: ExplainOptions,
  matchers: readonly Matcher[],
  entries: readonly HistoryEntry[],
): readonly ExplainedAlert[] {
  return entries.toReversed().flatMap((entry) => {
    const { alertname, labels, peak } = entry;
    const all = { ...alerting.settings.labels, ...labels, alertname, severity: peak };
    if (!matchesAll(matchers, all)) return [];
    return [explainEnded(entry, rules().find(({ name }) => name === alertname)?.status)];
  });
}

function unknown({ rules, alerting }: ExplainOptions, name: string, entries: readonly HistoryEntry[]): ApiError {
  const names = rules().map((rule) => rule.name);
  if (names.includes(name) || entries.length > 0)
    return new ApiError(404, `no alert of "${name}" matches, now or in the history`);
  const known = new Set([...names, ...alerting.firing().map(({ event }) => event.rule), ...DAEMON_NOTICES]);
  const help = didYouMean(name, [...known]) ?? "bpfwarden alerts and bpfwarden history list the alerts";
  return new ApiError(404, `no alert has the name "${name}"`, [help]);
}
