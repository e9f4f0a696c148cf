import type { Expression } from "../../bpf/language/expression.ts";
import type { NamedExpression, ProgramSyntax, Spelled } from "../../bpf/language/program-syntax.ts";
import type { Source, Span } from "../../bpf/source/source.ts";
import type { MuteWindow } from "../settings/mute-window.ts";

export type Level = "info" | "warning" | "critical";

/** One rule of a file, read and validated for form; names and types are not looked at yet. */
export interface RuleSyntax {
  readonly name: Spelled;
  readonly source: Source;
  /** the whole document, for duplicate names and for telling whether a rule changed */
  readonly span: Span;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly program: ProgramSyntax;
  readonly windowMs: number;
  readonly let: readonly NamedExpression[];
  readonly threshold?: ThresholdSyntax;
  readonly forMs: number;
  readonly keepFiringMs: number;
  /** absent where the rule does not say: with `by`, an alert of a key without data for a whole window ends; without, it is kept */
  readonly noData?: "keep" | "ok" | "alert";
  /** names of actions in the settings; empty where the default action applies */
  readonly actions: readonly Spelled[];
  /** how many of the last records travel with an alert */
  readonly evidence: number;
  /** when its alerts notify nobody */
  readonly mute?: readonly MuteWindow[];
  /** a liquid template */
  readonly summary?: Spelled;
  readonly runbook?: string;
}

/** `threshold: EXPR` is one level, `warning`. */
export interface ThresholdSyntax {
  readonly levels: readonly { readonly level: Level; readonly condition: Expression }[];
  readonly clear?: Expression;
  readonly when?: Expression;
  readonly span: Span;
}
