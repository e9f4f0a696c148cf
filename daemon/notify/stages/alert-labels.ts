import { hash } from "node:crypto";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";

export type Labels = Readonly<Record<string, string>>;

/**
 * Returns the labels that distinguish one alert from all others: `alertname`, the settings' labels
 * (`instance`), the rule's and the key's. Severity is not among them, since it changes within one
 * alert.
 */
export function identityLabels(
  alert: Pick<AlertEvent, "rule" | "labels" | "settingsLabels">,
  settingsLabels: Labels,
): Labels {
  return { ...settingsLabelsOf(alert, settingsLabels), ...alert.labels, alertname: alert.rule };
}

/**
 * Returns the settings' labels on an alert: the current ones, or the former ones if receivers know
 * the alert by them.
 */
export function settingsLabelsOf({ settingsLabels }: Pick<AlertEvent, "settingsLabels">, current: Labels): Labels {
  return settingsLabels ?? current;
}

/** Returns the labels that receivers see. */
export function alertLabels(
  alert: Pick<AlertEvent, "rule" | "labels" | "level" | "settingsLabels">,
  settingsLabels: Labels,
): Labels {
  return { ...identityLabels(alert, settingsLabels), severity: alert.level };
}

/**
 * Returns 16 hexadecimal digits, like Alertmanager's fingerprints; the same for the same labels in
 * any order.
 */
export function fingerprint(labels: Labels): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return hash("sha256", JSON.stringify(pairs), "hex").slice(0, 16);
}

/** Returns the labels that all have with the same value. */
export function commonLabels(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}

/**
 * Returns the id by which the pipeline knows an alert. The settings' labels are not in it: they are
 * the same for all alerts. An alert that was notified with former labels ends by itself: see
 * `formerOf`.
 */
export function alertId({ rule, labels }: Pick<AlertEvent, "rule" | "labels">): string {
  return fingerprint({ ...labels, alertname: rule });
}
