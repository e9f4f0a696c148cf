import type { Bytes, Scalar } from "../../../check/typed-expression.ts";
import type { Lowering } from "../lowering.ts";
import { lowerScalar } from "../values.ts";

/**
 * Returns the same string with all numbers in it computed, except those of branches that are not
 * taken. Then its use needs no memory but its own, however deep strings nest in conditions.
 */
export function settle(lowering: Lowering, bytes: Bytes, guard?: Scalar): Bytes {
  switch (bytes.op) {
    case "string":
    case "path":
    case "arguments":
      return { ...bytes, address: settled(lowering, bytes.address, guard) };
    case "memory": {
      const address = settled(lowering, bytes.address, guard);
      return bytes.length === undefined
        ? { ...bytes, address }
        : { ...bytes, address, length: settled(lowering, bytes.length, guard) };
    }
    case "characters":
    case "mapped-v4":
      return { ...bytes, value: settled(lowering, bytes.value, guard) };
    case "choose": {
      const test = settled(lowering, bytes.test, guard);
      const then = settle(lowering, bytes.then, both(guard, test));
      const otherwise = settle(lowering, bytes.otherwise, both(guard, { op: "not", operand: test }));
      return { ...bytes, test, then, otherwise };
    }
    default:
      return bytes;
  }
}

const both = (left: Scalar | undefined, right: Scalar): Scalar =>
  left === undefined ? right : { op: "and", left, right };

function settled(lowering: Lowering, scalar: Scalar, guard: Scalar | undefined): Scalar {
  if (["constant", "variable", "context", "context-address"].includes(scalar.op)) return scalar;
  const { variables } = lowering;
  const otherwise: Scalar = { op: "constant", value: 0n };
  const value: Scalar = guard === undefined ? scalar : { op: "conditional", test: guard, then: scalar, otherwise };
  // variables of the rule count up from 0, these count down from -1
  const variable = -1 - variables.size;
  variables.set(variable, lowerScalar(lowering, value));
  return { op: "variable", variable };
}
