import type { Aggregate } from "../../bpf/check/checked-program.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Span } from "../../bpf/source/source.ts";
import type { FormulaCode } from "./codes.ts";
import type { HistoryCall, NumberFormula } from "./formula.ts";

/** A number that is worked out once a tick for each key: a `let`, or what a history recalls. `name` is absent for the latter. */
export interface Cell {
  readonly name?: string;
  readonly formula: NumberFormula;
}

/** What checking one rule's formulas knows and collects. */
export interface FormulaContext {
  readonly aggregates: readonly Aggregate[];
  readonly windowMs: number;
  /** names of all lets, those not yet reached included */
  readonly letNames: readonly string[];
  /** lets that did not compile: what uses them is not reported once more */
  readonly brokenLets: Set<string>;
  readonly cells: Cell[];
  readonly histories: HistoryCall[];
  readonly diagnostics: Diagnostic[];
}

/** Notes an error and gives undefined, the result of whatever cannot be compiled. */
export function fail(
  context: FormulaContext,
  code: FormulaCode,
  span: Span,
  message: string,
  help?: string,
): undefined {
  context.diagnostics.push({ code, severity: "error", message, span, ...(help !== undefined && { help }) });
  return undefined;
}

/** All names that a formula may use here, for "did you mean". */
export function knownNames(context: FormulaContext): readonly string[] {
  return [
    ...context.aggregates.map(({ name }) => name),
    ...context.cells.flatMap(({ name }) => name ?? []),
    ...context.brokenLets,
  ];
}

/** Keeps the values of `argument` for looking back, and gives the cell with what is recalled. */
export function addHistory(context: FormulaContext, call: HistoryCall): NumberFormula {
  const history = context.histories.push(call) - 1;
  const { unit, evaluate } = call.argument;
  return addCell(context, { formula: { kind: "number", unit, evaluate: (s) => s.recall(history, evaluate(s)) } });
}

/** Adds a cell, and gives the formula that reads it. */
export function addCell(context: FormulaContext, cell: Cell): NumberFormula {
  const index = context.cells.push(cell) - 1;
  return { kind: "number", unit: cell.formula.unit, evaluate: (scope) => scope.cells[index] };
}
