import type { RuleState } from "../evaluate/rule-state.ts";
import type { RuleTotals } from "./totals/rule-totals.ts";

/** The parts of a running rule that metrics show. */
export interface MeasuredRule {
  readonly name: string;
  readonly state: RuleState;
  /** absent until the settings with HTTP were given to it */
  readonly totals: RuleTotals | undefined;
  /** why its counts cannot be trusted */
  readonly fault: string | undefined;
  readonly isDegraded: boolean;
  /** the share of one CPU that its programs took when they were measured last */
  readonly cpu: number | undefined;
  readonly object: { readonly spec: { readonly memoryBytes: number } };
}
