/**
 * Labels that nobody may give: those that alerts have of themselves, `drill`, which tells a drill from an alert, `other`, under which keys
 * beyond the limit are counted, and what stands beside the labels in an audit record.
 */
export const RESERVED_LABELS: readonly string[] = [
  "alertname",
  "severity",
  "rule",
  "drill",
  "other",
  "time",
  "truncated",
  "escaped",
  "unreadable",
];
