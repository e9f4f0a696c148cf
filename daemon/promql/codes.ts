/** The errors of a rule that Prometheus cannot judge. */
export const PROMQL_CODES = {
  "not-in-promql": "A rule for Prometheus would not mean the same, because PromQL cannot say a part of it.",
} as const;

export type PromqlCode = keyof typeof PROMQL_CODES;
