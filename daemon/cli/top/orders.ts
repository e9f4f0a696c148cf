import type { AlertState } from "../../evaluate/alerts/alert.ts";
import type { RuleSummary } from "../../api/status-report.ts";

/** An order of rules in `top`, and the key that chooses it. */
export interface Order {
  readonly name: string;
  readonly key: string;
  readonly compare: (a: RuleSummary, b: RuleSummary) => number;
}

/** States from the worst to the best. */
const STATES: readonly AlertState[] = ["firing", "degraded", "pending", "no_data", "ok"];

const highestFirst =
  (of: (rule: RuleSummary) => number): Order["compare"] =>
  (a, b) =>
    of(b) - of(a);

export const ORDERS: readonly Order[] = [
  { name: "cpu", key: "c", compare: highestFirst(({ cost }) => cost.cpu ?? 0) },
  { name: "state", key: "s", compare: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) },
  { name: "keys", key: "k", compare: highestFirst(({ keys }) => keys.all) },
  { name: "memory", key: "m", compare: highestFirst(({ cost }) => cost.kernelBytes) },
  { name: "name", key: "n", compare: (a, b) => a.rule.localeCompare(b.rule) },
];
