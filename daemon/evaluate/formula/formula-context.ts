import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import { type Diagnostic, errorAt } from "../../../bpf/source/diagnostic.ts";
import type { Span } from "../../../bpf/source/source.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import type { FormulaCode } from "./codes.ts";
import { type Formula, type HistoryCall, number, type NumberFormula, type Scope } from "./formula.ts";
import { FIXED, type Growth, isTakenAsSeen, OPEN, SEEN } from "./growth.ts";

/**
 * A number that is evaluated once a tick for each key: a `let`, or the value that a history
 * recalls. `name` is absent for the latter.
 */
export interface Cell {
  readonly name?: string;
  readonly formula: NumberFormula;
}

/** The knowledge and the findings of checking one rule's formulas. */
export interface FormulaContext {
  readonly aggregates: readonly Aggregate[];
  readonly windowMs: number;
  /** names of all lets, also of those that are not reached yet */
  readonly letNames: readonly string[];
  /** lets that did not compile: an expression that uses one of them is not reported again */
  readonly brokenLets: Set<string>;
  /** lets that compiled, by name */
  readonly lets: Map<string, Expression>;
  /** the formula of each expression: compiling one again would keep its past twice */
  readonly compiled: Map<Expression, Formula>;
  readonly cells: Cell[];
  readonly histories: HistoryCall[];
  /**
   * true if a formula reads something of all keys or of the window itself: `keys`, `total`,
   * `filled`
   */
  looksBeyondKey: boolean;
  readonly diagnostics: Diagnostic[];
}

/** Notes an error. Returns undefined, the result of everything that cannot be compiled. */
export function fail(
  context: FormulaContext,
  code: FormulaCode,
  span: Span,
  message: string,
  help?: string,
): undefined {
  context.diagnostics.push(errorAt(code, message, span, help));
  return undefined;
}

/** Returns all names that a formula may use here, for "did you mean". */
export function knownNames(context: FormulaContext): readonly string[] {
  return [
    ...context.aggregates.map(({ name }) => name),
    ...context.cells.flatMap(({ name }) => name ?? []),
    ...context.brokenLets,
  ];
}

/** Adds a history of the values of `argument`. Returns the cell with the recalled value. */
export function addHistory(context: FormulaContext, call: HistoryCall): NumberFormula {
  const history = context.histories.push(call) - 1;
  const { argument, recall } = call;
  // The window just before is only known once both are whole; a baseline of many is not changed by
  // what comes.
  const growth = (scope: Scope): Growth =>
    recall.kind !== "previous" ? FIXED : isTakenAsSeen(argument.growth(scope)) ? SEEN : OPEN;
  const recalled = number(argument.unit, growth, (scope) => scope.recall(history, argument.evaluate(scope)));
  return addCell(context, { formula: recalled });
}

/** Adds a cell. Returns the formula that reads it. */
export function addCell(context: FormulaContext, cell: Cell): NumberFormula {
  return readCell(cell, context.cells.push(cell) - 1);
}

/** Returns the formula that reads the cell at this index. */
export function readCell({ formula: { unit, growth } }: Cell, index: number): NumberFormula {
  return number(unit, growth, (scope) => scope.cells[index]);
}
