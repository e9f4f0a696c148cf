/**
 * Labels that users must not set: those that alerts set themselves, `drill` for drills, `other` for
 * keys beyond the limit, and the other keys of an audit record.
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
