import { hash } from "node:crypto";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";

export type Labels = Readonly<Record<string, string>>;

/**
 * The labels that distinguish one alert from all others: `alertname`, the settings' labels
 * (`instance`), the rule's and the key's. Severity is not among them, since it changes within one
 * alert.
 */
export function identityLabels(
  alert: Pick<AlertEvent, "rule" | "labels" | "settingsLabels">,
  settingsLabels: Labels,
): Labels {
  return { ...settingsLabelsOf(alert, settingsLabels), ...alert.labels, alertname: alert.rule };
}

/** The settings' labels on an alert: those of now, but where receivers know it with former ones. */
export function settingsLabelsOf({ settingsLabels }: Pick<AlertEvent, "settingsLabels">, current: Labels): Labels {
  return settingsLabels ?? current;
}

/** The labels that receivers see. */
export function alertLabels(
  alert: Pick<AlertEvent, "rule" | "labels" | "level" | "settingsLabels">,
  settingsLabels: Labels,
): Labels {
  return { ...identityLabels(alert, settingsLabels), severity: alert.level };
}

/**
 * 16 hexadecimal digits, as Alertmanager's fingerprints have; the same for the same labels in any
 * order.
 */
export function fingerprint(labels: Labels): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return hash("sha256", JSON.stringify(pairs), "hex").slice(0, 16);
}

/** The labels that all have with the same value. */
export function commonLabels(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}

/**
 * What the pipeline knows an alert by. The settings' labels are not in it: they are the same for
 * all alerts. An alert that was notified with former labels ends by itself: see `formerOf`.
 */
export function alertId({ rule, labels }: Pick<AlertEvent, "rule" | "labels">): string {
  return fingerprint({ ...labels, alertname: rule });
}
