import type { Expression } from "../../bpf/language/expression.ts";
import type { NamedExpression, ProgramSyntax, Spelled } from "../../bpf/language/program-syntax.ts";
import type { Source, Span } from "../../bpf/source/source.ts";
import type { MuteWindow } from "../settings/mute-window.ts";

export type Level = "info" | "warning" | "critical";

/** One rule of a file, validated for form. Names and types are not checked yet. */
export interface RuleSyntax {
  readonly name: Spelled;
  readonly source: Source;
  /** the whole document, for messages and for finding changes */
  readonly span: Span;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly program: ProgramSyntax;
  readonly windowMs: number;
  readonly let: readonly NamedExpression[];
  readonly threshold?: ThresholdSyntax;
  readonly forMs: number;
  readonly keepFiringMs: number;
  /**
   * absent if the rule does not set it: an alert with `by` then ends after a window without data;
   * without `by` it is kept
   */
  readonly noData?: "keep" | "ok" | "alert";
  /** names of actions in the settings; empty for the default action */
  readonly actions: readonly Spelled[];
  /** the number of last records that are sent with an alert */
  readonly evidence: number;
  /** times in which its alerts are not notified */
  readonly mute?: readonly MuteWindow[];
  /** a Liquid template */
  readonly summary?: Spelled;
  readonly runbook?: string;
}

/** The threshold of a rule. `threshold: EXPR` is the one level `warning`. */
export interface ThresholdSyntax {
  readonly levels: readonly { readonly level: Level; readonly condition: Expression }[];
  readonly clear?: Expression;
  readonly when?: Expression;
  readonly span: Span;
}
