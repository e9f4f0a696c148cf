import type { Expression } from "../../bpf/language/expression.ts";
import type { ValueMetric } from "../metrics/metric-name.ts";
import type { Term } from "./term.ts";

/** The input of the translation of one rule. */
export interface PromqlContext {
  /** by the name that thresholds use; without `let` */
  readonly metrics: ReadonlyMap<string, ValueMetric>;
  readonly lets: ReadonlyMap<string, Expression>;
  readonly windowMs: number;
  readonly hasKeys: boolean;
  /** the labels of a rule's time series beside those of its keys: `rule, job, instance` */
  readonly shared: readonly string[];
  /** all labels of a key's time series */
  readonly labels: readonly string[];
  /** the labels that remain if hosts are summed up; undefined if each host is judged alone */
  readonly by: readonly string[] | undefined;
  /** translates a condition within a number; true for the opposite */
  readonly condition: (context: PromqlContext, expression: Expression, isNegated: boolean) => Term;
  /** how far back all is read: for `previous` */
  readonly offsetMs: number;
}

/** Returns the name of the recording rule with the value of a metric over the window. */
export function recordName({ name, type }: ValueMetric, part: "" | "_bucket" | "_count" = ""): string {
  const own = name.replace(/^bpfwarden_/, "");
  return `bpfwarden:${own}${type === "histogram" ? part : ""}:window`;
}
