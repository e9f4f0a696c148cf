import type { Scalar, ScalarOperator } from "../../../check/typed-expression.ts";
import { constantOf } from "../../fold.ts";
import { goTo, immediate, jump } from "../../instruction.ts";
import type { JumpOperator, Label } from "../../instruction.ts";
import { branchUnequal } from "../strings/bytes-equal.ts";
import { branch } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { branchFalse, lowerOperand, lowerScalar } from "../values.ts";

type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

const COMPARISONS: Readonly<
  Record<Comparison, { unsigned: JumpOperator; signed: JumpOperator; opposite: Comparison }>
> = {
  "==": { unsigned: "==", signed: "==", opposite: "!=" },
  "!=": { unsigned: "!=", signed: "!=", opposite: "==" },
  "<": { unsigned: "<", signed: "s<", opposite: ">=" },
  "<=": { unsigned: "<=", signed: "s<=", opposite: ">" },
  ">": { unsigned: ">", signed: "s>", opposite: "<=" },
  ">=": { unsigned: ">=", signed: "s>=", opposite: "<" },
};

const isComparison = (operator: ScalarOperator): operator is Comparison => operator in COMPARISONS;

/** True if a binary operation gives 0 or 1. */
export const isTruthValue = (scalar: Extract<Scalar, { readonly op: "binary" }>): boolean =>
  isComparison(scalar.operator);

/** Branches on any kind of condition; called by `branchFalse`. */
export function branchWhereFalse(lowering: Lowering, test: Scalar, target: Label): void {
  const constant = constantOf(test);
  if (constant !== undefined) {
    if (constant === 0n) lowering.emitter.emit(goTo(target));
  } else if (test.op === "not") branchTrue(lowering, test.operand, target);
  else if (test.op === "and") {
    branchFalse(lowering, test.left, target);
    branchFalse(lowering, test.right, target);
  } else if (test.op === "or") {
    unless(lowering, "true", (pass) => {
      computeAhead(lowering, test.left);
      branch(lowering, () => {
        branchTrue(lowering, test.left, pass);
        branchFalse(lowering, test.right, target);
      });
    });
  } else if (test.op === "bytes-equal") branchUnequal(lowering, test, target);
  else branchCompared(lowering, test, target, false);
}

/** Jumps to `target` if `test` is not 0. */
function branchTrue(lowering: Lowering, test: Scalar, target: Label): void {
  const constant = constantOf(test);
  if (constant !== undefined) {
    if (constant !== 0n) lowering.emitter.emit(goTo(target));
  } else if (test.op === "not") branchFalse(lowering, test.operand, target);
  else if (test.op === "or") {
    branchTrue(lowering, test.left, target);
    branchTrue(lowering, test.right, target);
  } else if (test.op === "and") {
    unless(lowering, "false", (pass) => {
      computeAhead(lowering, test.left);
      branch(lowering, () => {
        branchFalse(lowering, test.left, pass);
        branchTrue(lowering, test.right, target);
      });
    });
  } else if (test.op === "bytes-equal") {
    unless(lowering, "unequal", (pass) => {
      branch(lowering, () => {
        branchUnequal(lowering, test, pass);
      });
      lowering.emitter.emit(goTo(target));
    });
  } else branchCompared(lowering, test, target, true);
}

/**
 * Computes helper results and loads that `test` needs on both ways, so that they stay known after
 * it.
 */
function computeAhead(lowering: Lowering, test: Scalar): void {
  switch (test.op) {
    case "helper":
    case "load":
      lowerScalar(lowering, test);
      return;
    case "not":
    case "negate":
    case "complement":
    case "extend":
    case "swap":
    case "number":
      computeAhead(lowering, test.operand);
      return;
    case "and":
    case "or":
      computeAhead(lowering, test.left);
      return;
    case "binary":
      computeAhead(lowering, test.left);
      computeAhead(lowering, test.right);
      return;
    case "conditional":
      computeAhead(lowering, test.test);
      return;
    default:
  }
}

/** Emits code that can jump to its own end. */
function unless({ emitter }: Lowering, hint: string, body: (pass: Label) => void): void {
  const pass = emitter.label(hint);
  body(pass);
  emitter.place(pass);
}

function branchCompared(lowering: Lowering, test: Scalar, target: Label, sense: boolean): void {
  const { emitter } = lowering;
  if (test.op !== "binary" || !isComparison(test.operator)) {
    emitter.emit(jump(lowerScalar(lowering, test), sense ? "!=" : "==", immediate(0), target));
    return;
  }
  const { operator, signed } = test;
  const left = lowerScalar(lowering, test.left);
  const right = lowerOperand(lowering, test.right);
  const comparison = COMPARISONS[sense ? operator : COMPARISONS[operator].opposite];
  emitter.emit(jump(left, signed ? comparison.signed : comparison.unsigned, right, target));
}
