/**
 * Labels that nobody may give: those that alerts have of themselves, `other`, under which keys beyond the limit are counted, and what
 * stands beside the labels in an audit record.
 */
export const RESERVED_LABELS: readonly string[] = [
  "alertname",
  "severity",
  "rule",
  "other",
  "time",
  "truncated",
  "escaped",
];
