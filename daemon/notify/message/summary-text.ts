import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { labelsText } from "../../text/labels-text.ts";

/**
 * Returns an alert's summary for a place that names the rule already: the default summary begins
 * with the name too.
 */
export function summaryText({ rule, summary }: Pick<AlertEvent, "rule" | "summary">): string {
  const name = `${rule}: `;
  return summary.startsWith(name) ? summary.slice(name.length) : summary;
}

/**
 * Does the same for a place that shows the status and the labels as well: the default summary
 * begins and ends with them.
 */
export function bareSummary({ rule, summary, key = {} }: Pick<AlertEvent, "rule" | "summary" | "key">): string {
  const text = withoutStatus(summaryText({ rule, summary }));
  const end = ` ${labelsText(key)}`;
  return end !== " " && text.endsWith(end) ? text.slice(0, -end.length) : text;
}

/** Returns a text for a place that says that the alert is resolved. */
export function withoutStatus(text: string): string {
  return text.replace(/^resolved: /, "");
}

/** True if the rule has no template, so that the summary says what the reason says. */
export function isDefaultSummary(alert: Pick<AlertEvent, "rule" | "summary" | "reason" | "key">): boolean {
  return bareSummary(alert).endsWith(alert.reason);
}
