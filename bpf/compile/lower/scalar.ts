import type { Scalar } from "../../check/typed-expression.ts";
import { constantOf } from "../fold.ts";
import { alu, goTo, immediate, load, move, negate, swap } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { lowerBinary } from "./binary.ts";
import { choose } from "./choose.ts";
import { isTruthValue } from "./condition.ts";
import { forget } from "./forget.ts";
import { helperResult } from "./helper-result.ts";
import { extendInPlace, lowerContextLoad, lowerLoad } from "./load.ts";
import { branch } from "./lowering.ts";
import type { Lowering } from "./lowering.ts";
import { asNumber } from "./own-function.ts";
import { scalarName } from "./scalar-name.ts";
import { lowerStack } from "./stack.ts";
import { lowerMemoryEqual, lowerTextEqual, lowerTextLength, lowerTextMatches } from "./text-operations.ts";
import { branchFalse, lowerOperand, lowerScalar } from "./values.ts";

/** Every kind of scalar; reached by `lowerScalar`. */
export function lowerAnyScalar(lowering: Lowering, scalar: Scalar): Register {
  const constant = constantOf(scalar);
  if (constant !== undefined) return lowering.emitter.constant(constant);
  switch (scalar.op) {
    case "constant":
      return lowering.emitter.constant(scalar.value);
    case "context":
      return lowerContextLoad(lowering, scalar);
    case "context-address":
      return plus(lowering, lowering.context, scalar.offset);
    case "context-located-address":
      return lowerLocatedAddress(lowering, scalar.locatedAt);
    case "helper":
      return helperResult(lowering, scalar.helper);
    case "load":
      return lowering.cache.get(scalarName(scalar), () => lowerLoad(lowering, scalar));
    case "number":
      return lowerNumber(lowering, scalar.operand);
    case "negate":
    case "complement":
    case "extend":
    case "swap":
      return lowerUnary(lowering, scalar);
    case "binary":
      return isTruthValue(scalar) ? lowerTruth(lowering, scalar) : lowerBinary(lowering, scalar);
    case "not":
    case "and":
    case "or":
    case "bytes-equal":
      return lowerTruth(lowering, scalar);
    case "memory-equal":
      return lowerMemoryEqual(lowering, scalar);
    case "text-equal":
      return lowerTextEqual(lowering, scalar);
    case "text-matches":
      return lowerTextMatches(lowering, scalar);
    case "text-length":
      return lowerTextLength(lowering, scalar);
    case "conditional":
      return lowerConditional(lowering, scalar);
    case "stack":
      return lowerStack(lowering, scalar);
    case "variable":
      return variable(lowering, scalar.variable);
  }
}

function variable({ variables }: Lowering, index: number): Register {
  const register = variables.get(index);
  if (register === undefined) throw new Error(`variable ${String(index)} is used before it is bound`);
  return register;
}

function plus({ emitter }: Lowering, base: Register, offset: number): Register {
  const sum = emitter.copy(base);
  if (offset !== 0) emitter.emit(alu(sum, "+", immediate(offset)));
  return sum;
}

/** A `__data_loc` field is a u32 of length << 16 | offset from the start of the record. */
function lowerLocatedAddress({ emitter, context }: Lowering, locatedAt: number): Register {
  const address = emitter.register();
  emitter.emit(load(4, address, context, locatedAt), alu(address, "&", immediate(0xffff)), alu(address, "+", context));
  return address;
}

function lowerUnary(
  lowering: Lowering,
  scalar: Exclude<Extract<Scalar, { readonly operand: Scalar }>, { readonly op: "number" }>,
): Register {
  const { emitter } = lowering;
  const value = emitter.copy(lowerScalar(lowering, scalar.operand));
  if (scalar.op === "negate") emitter.emit(negate(value));
  else if (scalar.op === "complement") emitter.emit(alu(value, "^", immediate(-1)));
  else if (scalar.op === "swap") emitter.emit(swap(value, scalar.bits));
  else if (scalar.op === "extend") extendInPlace(lowering, value, scalar.bits, scalar.signed, true);
  else throw new Error("not is a condition");
  return value;
}

/** A pointer that the verifier no longer takes for one. */
function lowerNumber(lowering: Lowering, operand: Scalar): Register {
  const value = lowerScalar(lowering, operand);
  return operand.op === "context" && lowering.programType !== "tracing" ? value : asNumber(lowering, value);
}

/** 1 or 0, by jumps. */
function lowerTruth(lowering: Lowering, scalar: Scalar): Register {
  const { emitter } = lowering;
  const value = emitter.register();
  const done = emitter.label("done");
  const no = emitter.label("false");
  branch(lowering, () => {
    branchFalse(lowering, scalar, no);
  });
  emitter.emit(move(value, immediate(1)), goTo(done));
  emitter.place(no);
  emitter.emit(move(value, immediate(0)));
  emitter.place(done);
  forget(lowering, value, immediate(1));
  return value;
}

function lowerConditional(lowering: Lowering, scalar: Extract<Scalar, { readonly op: "conditional" }>): Register {
  const { emitter } = lowering;
  const value = emitter.register();
  choose(lowering, scalar.test, (chosen) => {
    emitter.emit(move(value, lowerOperand(lowering, chosen ? scalar.then : scalar.otherwise)));
  });
  return value;
}
