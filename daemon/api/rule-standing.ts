import type { Confidence } from "../evaluate/alert.ts";
import type { AlertView } from "../evaluate/alert-view.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { RuleCost } from "./status-report.ts";

/** What a running rule can be asked. */
export interface RuleStanding {
  readonly name: string;
  readonly path: string;
  readonly rule: RuleSyntax;
  /** conditions in words: by level, then `clear` and `when` */
  readonly threshold: Readonly<Record<string, string>>;
  /** names of values that are nanoseconds */
  readonly durations: readonly string[];
  readonly views: () => readonly AlertView[];
  /** why it is degraded */
  readonly degraded: string | undefined;
  readonly probes: readonly string[];
  readonly cost: RuleCost;
  readonly confidence: Confidence;
}
