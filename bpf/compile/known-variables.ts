import type { AggregateUpdate, Step } from "../check/checked-program.ts";
import { binary, conditional, constant, extend, logical, swap, unary } from "../check/constant-fold.ts";
import type { Scalar } from "../check/typed-expression.ts";

/** Variables whose values are known while compiling. */
export type Known = ReadonlyMap<number, bigint>;

/**
 * Returns the steps with known variables replaced by their values. Variables that are computed from
 * these alone become known in turn. A variable within bytes stays: the caller still binds it.
 */
export function withKnown(steps: readonly Step[], known: Known): readonly Step[] {
  const all = new Map(known);
  const replaced = steps.map((step): Step => {
    switch (step.do) {
      case "bind": {
        const value = replace(step.value, all);
        if (value.op === "constant") all.set(step.variable, value.value);
        return { ...step, value };
      }
      case "filter":
        return { ...step, condition: replace(step.condition, all) };
      case "memo-write":
        return { ...step, values: step.values.map((each) => ({ ...each, value: replace(each.value, all) })) };
      case "aggregate":
        return { ...step, updates: step.updates.map((update) => replaceIn(update, all)) };
      default:
        return step;
    }
  });
  return withoutUnused(replaced);
}

/** Leaves out variables that nothing uses any more. */
function withoutUnused(steps: readonly Step[]): readonly Step[] {
  const used = new Set<number>();
  const kept = steps.toReversed().filter((step) => {
    if (step.do === "bind" && !used.has(step.variable)) return false;
    addVariables(step, used);
    return true;
  });
  return kept.toReversed();
}

/** Adds the variables that a step or a value uses to `found`. */
export function addVariables(part: unknown, found: Set<number>): void {
  if (typeof part !== "object" || part === null) return;
  if ("op" in part && part.op === "variable" && "variable" in part) found.add(part.variable as number);
  for (const [name, each] of Object.entries(part)) if (name !== "span") addVariables(each, found);
}

function replaceIn(update: AggregateUpdate, known: Known): AggregateUpdate {
  const { value, weight } = update;
  return {
    ...update,
    ...(value && { value: replace(value, known) }),
    ...(weight && { weight: replace(weight, known) }),
  };
}

function replace(scalar: Scalar, known: Known): Scalar {
  const within = (operand: Scalar): Scalar => replace(operand, known);
  switch (scalar.op) {
    case "variable": {
      const value = known.get(scalar.variable);
      return value === undefined ? scalar : constant(value);
    }
    case "binary":
      return withoutZero(binary(scalar.operator, scalar.signed, within(scalar.left), within(scalar.right)));
    case "and":
    case "or":
      return logical(scalar.op, within(scalar.left), within(scalar.right));
    case "not":
    case "negate":
    case "complement":
      return unary(scalar.op, within(scalar.operand));
    case "conditional":
      return conditional(within(scalar.test), within(scalar.then), within(scalar.otherwise));
    case "extend":
      return extend(scalar.bits, scalar.signed, within(scalar.operand));
    case "swap":
      return swap(scalar.bits, within(scalar.operand));
    default:
      return scalar;
  }
}

/** Leaves out a 0 on the left of a sum. */
const withoutZero = (scalar: Scalar): Scalar =>
  scalar.op === "binary" && scalar.operator === "+" && scalar.left.op === "constant" && scalar.left.value === 0n
    ? scalar.right
    : scalar;
