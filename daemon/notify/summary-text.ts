import type { AlertEvent } from "../evaluate/alert.ts";

/** An alert's summary for a place that names the rule already: the default summary begins with the name too. */
export function summaryText({ rule, summary }: Pick<AlertEvent, "rule" | "summary">): string {
  const name = `${rule}: `;
  return summary.startsWith(name) ? summary.slice(name.length) : summary;
}
