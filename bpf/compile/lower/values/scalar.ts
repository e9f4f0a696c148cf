import type { Scalar } from "../../../check/typed-expression.ts";
import { constantOf } from "../../fold.ts";
import { alu, goTo, immediate, load, mapValue, move, negate, swap } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import { CONTROL_MAP, CONTROL_READER } from "../../maps.ts";
import { lowerCallNumber } from "./call-number.ts";
import { lowerBinary } from "./binary.ts";
import { choose } from "./choose.ts";
import { isTruthValue } from "./condition.ts";
import { forget } from "./forget.ts";
import { helperResult } from "./helper-result.ts";
import { extendInPlace, lowerContextLoad, lowerLoad } from "./load.ts";
import { branch } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { asNumber } from "../own-function.ts";
import { scalarName } from "./scalar-name.ts";
import { clearFailed, failAs, readsUser, takeFailed } from "../unreadable.ts";
import { lowerStack } from "./stack.ts";
import { lowerMemoryEqual, lowerTextEqual, lowerTextLength, lowerTextMatches } from "../strings/text-operations.ts";
import { branchFalse, lowerOperand, lowerScalar } from "../values.ts";

/** Lowers any kind of scalar; called by `lowerScalar`. */
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
    case "reader-tgid":
      return lowering.cache.get("reader-tgid", () => lowerReaderTgid(lowering));
    case "load":
      return loaded(lowering, scalar);
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
    case "call-number":
      return lowerCallNumber(lowering, scalar);
    case "socket-cookie":
      return lowering.emitter.callFor("get_socket_cookie", lowerScalar(lowering, scalar.operand));
    case "conditional":
      return lowerConditional(lowering, scalar);
    case "stack":
      return lowerStack(lowering, scalar);
    case "variable":
      return variable(lowering, scalar.variable);
  }
}

/** Loads a value once, and remembers with it whether that failed. */
function loaded(lowering: Lowering, scalar: Extract<Scalar, { readonly op: "load" }>): Register {
  const { cache, emitter, unreadable } = lowering;
  const name = scalarName(scalar);
  if (unreadable === undefined || !readsUser(lowering, scalar))
    return cache.get(name, () => lowerLoad(lowering, scalar));
  const known = cache.find(name);
  if (known !== undefined) {
    failAs(lowering, cache.find(`failed ${name}`));
    return known;
  }
  const before = emitter.copy(unreadable.failed);
  clearFailed(lowering);
  const value = cache.get(name, () => lowerLoad(lowering, scalar));
  const failed = takeFailed(lowering);
  if (failed !== undefined) cache.get(`failed ${name}`, () => failed);
  failAs(lowering, failed);
  failAs(lowering, before);
  return value;
}

function variable(lowering: Lowering, index: number): Register {
  const register = lowering.variables.get(index);
  failAs(lowering, lowering.unreadable?.variables.get(index));
  if (register === undefined) throw new Error(`variable ${String(index)} is used before it is bound`);
  return register;
}

function lowerReaderTgid({ emitter }: Lowering): Register {
  const value = emitter.register();
  emitter.comment("process that reads the counters");
  emitter.emit(mapValue(value, CONTROL_MAP, CONTROL_READER), load(4, value, value, 0));
  return value;
}

function plus({ emitter }: Lowering, base: Register, offset: number): Register {
  const sum = emitter.copy(base);
  if (offset !== 0) emitter.emit(alu(sum, "+", immediate(offset)));
  return sum;
}

/**
 * Returns the address of a `__data_loc` field: a u32 of length << 16 | offset from the start of the
 * record.
 */
function lowerLocatedAddress({ emitter, context }: Lowering, locatedAt: number): Register {
  const address = emitter.register();
  emitter.emit(load(4, address, context, locatedAt), alu(address, "&", immediate(0xffff)), alu(address, "+", context));
  return address;
}

function lowerUnary(
  lowering: Lowering,
  scalar: Exclude<
    Extract<Scalar, { readonly operand: Scalar }>,
    { readonly op: "number" | "call-number" | "socket-cookie" }
  >,
): Register {
  const { emitter } = lowering;
  const value = emitter.copy(lowerScalar(lowering, scalar.operand));
  if (scalar.op === "negate") emitter.emit(negate(value));
  else if (scalar.op === "complement") emitter.emit(alu(value, "^", immediate(-1)));
  else if (scalar.op === "swap") emitter.emit(swap(value, scalar.bits));
  else if (scalar.op === "extend") extendInPlace(lowering, value, scalar.bits, scalar.signed, true);
  else throw new Error('"not" must be lowered as a condition, not as a value');
  return value;
}

/** Returns a pointer as a number that the verifier no longer treats as a pointer. */
function lowerNumber(lowering: Lowering, operand: Scalar): Register {
  const value = lowerScalar(lowering, operand);
  return operand.op === "context" && !lowering.hasTypedContext ? value : asNumber(lowering, value);
}

/** Returns 1 or 0, by jumps. */
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
