import type { Architecture, StaticProbeArgument } from "../../kernel/kernel.ts";
import { constant } from "../constant-fold.ts";
import { integerType, scalarTerm, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { bitsOf } from "../widths.ts";
import { registerOffset } from "./named-registers.ts";

/**
 * Returns an argument of a static probe as a term: an integer of its own width and sign, which a
 * rule may use as a pointer into user memory.
 */
export function staticProbeArgument(argument: StaticProbeArgument | string, architecture: Architecture): Term | string {
  if (typeof argument === "string") return argument;
  const type = integerType(bitsOf(argument.bytes), argument.signed);
  const value = valueOf(argument, architecture);
  return typeof value === "string" ? value : scalarTerm(type, value);
}

function valueOf({ at, bytes, signed }: StaticProbeArgument, architecture: Architecture): Scalar | string {
  switch (at.kind) {
    case "constant":
      return constant(signed ? BigInt.asIntN(8 * bytes, at.value) : BigInt.asUintN(8 * bytes, at.value));
    case "register": {
      const offset = registerOffset(at.register, architecture);
      return offset === undefined ? unknownRegister(at.register) : { op: "context", offset, bytes, signed };
    }
    case "memory": {
      const base = addressOf(at, architecture);
      return typeof base === "string" ? base : { op: "load", base, offset: at.offset, bytes, signed, how: "user" };
    }
  }
}

type Memory = Extract<StaticProbeArgument["at"], { readonly kind: "memory" }>;

function addressOf({ base, index, scale }: Memory, architecture: Architecture): Scalar | string {
  const start = wholeRegister(base, architecture);
  if (start === undefined) return unknownRegister(base);
  if (index === undefined) return start;
  const item = wholeRegister(index, architecture);
  if (item === undefined) return unknownRegister(index);
  return binary("+", start, binary("*", item, constant(BigInt(scale))));
}

function wholeRegister(name: string, architecture: Architecture): Scalar | undefined {
  const offset = registerOffset(name, architecture);
  return offset === undefined ? undefined : { op: "context", offset, bytes: 8, signed: false };
}

function binary(operator: "+" | "*", left: Scalar, right: Scalar): Scalar {
  return { op: "binary", operator, signed: false, left, right };
}

function unknownRegister(name: string): string {
  return `it is in the register "${name}"`;
}
