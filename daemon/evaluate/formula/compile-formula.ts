import type { BinaryOperator, Expression } from "../../../bpf/language/expression.ts";
import { comparison, isComparison } from "./comparison.ts";
import { compileMembership } from "./compile-membership.ts";
import {
  arithmetic,
  condition,
  conjunction,
  type ConditionFormula,
  disjunction,
  firstWithData,
  type Formula,
  MINUS,
  negation,
  number,
  type NumberFormula,
  type Operation,
  type Scope,
  type Unit,
} from "./formula.ts";
import { fail, type FormulaContext } from "./formula-context.ts";
import { compileCall } from "./formula-functions.ts";
import { compileName } from "./formula-name.ts";
import {
  FIXED,
  growthOfEither,
  growthOfProduct,
  growthOfQuotient,
  growthOfSum,
  isTakenAsSeen,
  OPEN,
  SEEN,
} from "./growth.ts";
import { checkPercentage } from "./percentage-of.ts";
import { checkReach } from "./reach.ts";

type Node<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

/**
 * Types and compiles one user-space expression. Returns undefined if it has an error, which is
 * noted then.
 */
export function compileFormula(context: FormulaContext, expression: Expression): Formula | undefined {
  const formula = compileKind(context, expression);
  if (formula !== undefined) context.compiled.set(expression, formula);
  return formula;
}

function compileKind(context: FormulaContext, expression: Expression): Formula | undefined {
  switch (expression.kind) {
    case "integer":
      return constant("plain", Number(expression.value));
    case "decimal":
    case "percentage":
      return constant("plain", expression.value);
    case "size":
      return constant("plain", Number(expression.bytes));
    case "duration":
      return constant("duration", Number(expression.nanoseconds));
    case "name":
      return compileName(context, expression);
    case "call":
      return compileCall(context, expression, (argument) => compileNumber(context, argument));
    case "unary":
      return compileUnary(context, expression);
    case "binary":
      return compileBinary(context, expression);
    case "membership":
      return compileMembership(context, expression, (item) => compileNumber(context, item));
    case "conditional":
      return compileConditional(context, expression);
    case "coalesce":
      return compileCoalesce(context, expression);
    default:
      return fail(
        context,
        "formula-unsupported",
        expression.span,
        `expected a number or a condition, ${FOUND[expression.kind]}`,
        HELP[expression.kind],
      );
  }
}

const FOUND = {
  string: "found a string: strings exist in the kernel only",
  network: "found an address: addresses exist in the kernel only",
  list: 'found a list: lists stand after "in"',
  range: 'found a range: ranges stand after "in"',
  member: "found a field: fields exist in the kernel only",
  index: "found an index: arrays exist in the kernel only",
} as const;

const HELP: Readonly<Partial<Record<Expression["kind"], string>>> = {
  string: 'compare strings in "filter"',
  network: 'compare addresses in "filter"',
  member: 'write it in "filter", or aggregate it, as in "aggregate: sum(args.x)"',
  index: 'write it in "filter", or aggregate it',
};

/** Compiles an expression that must be a number. */
export function compileNumber(context: FormulaContext, expression: Expression): NumberFormula | undefined {
  const formula = compileFormula(context, expression);
  if (formula === undefined || formula.kind === "number") return formula;
  return fail(
    context,
    "formula-type",
    expression.span,
    "expected a number, found a condition",
    'write "condition ? 1 : 0"',
  );
}

/** Compiles an expression that must be true or false. */
export function compileCondition(context: FormulaContext, expression: Expression): ConditionFormula | undefined {
  const formula = compileFormula(context, expression);
  if (formula === undefined || formula.kind === "boolean") return formula;
  const found = formula.unit === "duration" ? "a duration" : "a number";
  const help = "compare it with something, as in value > 100";
  return fail(context, "formula-type", expression.span, `expected a condition, found ${found}`, help);
}

function constant(unit: Unit, value: number): NumberFormula {
  return number(
    unit,
    () => FIXED,
    () => value,
  );
}

function compileUnary(context: FormulaContext, { operator, operand, span }: Node<"unary">): Formula | undefined {
  if (operator === "not") {
    const compiled = compileCondition(context, operand);
    return compiled && negation(compiled);
  }
  if (operator === "~") return noBits(context, "~", span);
  const compiled = compileNumber(context, operand);
  return compiled && arithmetic(compiled.unit, constant(compiled.unit, 0), compiled, MINUS);
}

function noBits(context: FormulaContext, operator: string, span: Expression["span"]): undefined {
  const message = `operator "${operator}" works on bits, which the doubles of let and threshold do not have`;
  return fail(context, "formula-unsupported", span, message, "compute it in the kernel, in aggregate: or with:");
}

interface ArithmeticOperator extends Operation {
  /** the unit of the result; undefined if the units do not go together */
  readonly unit: (left: Unit, right: Unit) => Unit | undefined;
}

const same = (left: Unit, right: Unit): Unit | undefined => (left === right ? left : undefined);

const ARITHMETIC: Partial<Readonly<Record<BinaryOperator, ArithmeticOperator>>> = {
  "+": { operate: (left, right) => left + right, growth: growthOfSum, unit: same },
  "-": { ...MINUS, unit: same },
  "%": {
    operate: (left, right) => left % right,
    growth: (left, right) => (isTakenAsSeen(left.growth) && isTakenAsSeen(right.growth) ? SEEN : OPEN),
    unit: same,
  },
  "*": {
    operate: (left, right) => left * right,
    growth: growthOfProduct,
    unit: (left, right) => (left === "plain" ? right : right === "plain" ? left : undefined),
  },
  "/": {
    operate: (left, right) => left / right,
    growth: growthOfQuotient,
    unit: (left, right) => (left === right ? "plain" : right === "plain" ? left : undefined),
  },
};

function compileBinary(context: FormulaContext, node: Node<"binary">): Formula | undefined {
  if (node.operator === "and" || node.operator === "or") return compileLogic(context, node);
  const operator = ARITHMETIC[node.operator];
  if (!isComparison(node.operator) && operator === undefined) return noBits(context, node.operator, node.span);
  const left = compileNumber(context, node.left);
  const right = compileNumber(context, node.right);
  if (left === undefined || right === undefined) return undefined;
  const unit = (operator?.unit ?? same)(left.unit, right.unit);
  if (unit === undefined) return mixedUnits(context, node, left, right);
  if (isComparison(node.operator) && !(checkReach(context, node) && checkPercentage(context, node))) return undefined;
  return isComparison(node.operator)
    ? comparison(left, right, node.operator)
    : operator && arithmetic(unit, left, right, operator);
}

function compileLogic(context: FormulaContext, node: Node<"binary">): ConditionFormula | undefined {
  const left = compileCondition(context, node.left);
  const right = compileCondition(context, node.right);
  if (left === undefined || right === undefined) return undefined;
  return node.operator === "and" ? conjunction(left, right) : disjunction(left, right);
}

const UNIT_NAME: Readonly<Record<Unit, string>> = { plain: "a plain number", duration: "a duration" };

function mixedUnits(
  context: FormulaContext,
  node: Node<"binary">,
  left: NumberFormula,
  right: NumberFormula,
): undefined {
  if (left.unit === right.unit) {
    const message = `expected a plain number on one side of "${node.operator}", found ${UNIT_NAME[left.unit]} on both`;
    return fail(context, "formula-unit", node.span, message, "divide one of them by 1s first");
  }
  const help = right.unit === "plain" ? "write a unit, as in 250ms" : "leave out the unit, or divide by 1s first";
  const message = `expected ${UNIT_NAME[left.unit]}, found ${UNIT_NAME[right.unit]}`;
  return fail(context, "formula-unit", node.right.span, `${message} after "${node.operator}"`, help);
}

function compileConditional(context: FormulaContext, node: Node<"conditional">): Formula | undefined {
  const test = compileCondition(context, node.test);
  const then = compileFormula(context, node.then);
  const otherwise = compileFormula(context, node.otherwise);
  if (test === undefined || then === undefined || otherwise === undefined) return undefined;
  if (then.kind === "boolean" && otherwise.kind === "boolean") {
    return condition(
      choose(test.evaluate, then.evaluate, otherwise.evaluate),
      choose(test.settled, then.settled, otherwise.settled),
    );
  }
  if (then.kind === "number" && otherwise.kind === "number" && then.unit === otherwise.unit) {
    const chosen = choose(test.settled, then.growth, otherwise.growth);
    return number(
      then.unit,
      (scope) =>
        chosen(scope) ?? (scope.isAhead === true ? OPEN : growthOfEither(then.growth(scope), otherwise.growth(scope))),
      choose(test.evaluate, then.evaluate, otherwise.evaluate),
    );
  }
  const message = `expected ${described(then)} on both sides of ":", found ${described(otherwise)}`;
  return fail(context, "formula-type", node.otherwise.span, message);
}

function described(formula: Formula): string {
  return formula.kind === "boolean" ? "a condition" : UNIT_NAME[formula.unit];
}

/** Chooses by a condition. If the condition has no data, neither has the result. */
function choose<Result>(
  test: (scope: Scope) => boolean | undefined,
  then: (scope: Scope) => Result,
  otherwise: (scope: Scope) => Result,
): (scope: Scope) => Result | undefined {
  return (scope) => {
    const decided = test(scope);
    return decided === undefined ? undefined : (decided ? then : otherwise)(scope);
  };
}

/** Compiles `a ?? b`: in user space the first alternative that has data. */
function compileCoalesce(context: FormulaContext, node: Node<"coalesce">): NumberFormula | undefined {
  const compiled = node.alternatives.map((alternative) => compileNumber(context, alternative));
  const numbers = compiled.filter((formula) => formula !== undefined);
  const [first] = numbers;
  if (first === undefined || numbers.length < compiled.length) return undefined;
  const odd = numbers.findIndex(({ unit }) => unit !== first.unit);
  if (odd < 0) return firstWithData(first.unit, numbers);
  const message = `expected ${UNIT_NAME[first.unit]} on both sides of "??", found ${described(numbers[odd] ?? first)}`;
  return fail(context, "formula-unit", node.alternatives[odd]?.span ?? node.span, message);
}
