import type { AttachPoint, Step } from "../../check/checked-program.ts";
import { numberAt } from "../../check/records/from-system-call.ts";
import type { Scalar } from "../../check/typed-expression.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { ProgramUnit } from "../compile-unit.ts";
import type { PartCalls } from "./routes.ts";

/**
 * Returns the system calls at which a program can do something, or undefined if it is not attached
 * to the tracepoint of all system calls. At other calls it would end before it has counted
 * anything.
 */
export function callsOf({ attach: [point], program }: ProgramUnit, kernel: Kernel): PartCalls | undefined {
  const returns = point && isReturn(point);
  const number = returns === undefined ? undefined : numberAt(returns, kernel);
  if (number === undefined) return undefined;
  const numbers = numbersOf(program.steps, number);
  return {
    ...(numbers !== undefined && { numbers }),
    ...(number.op === "load" && { registerOffset: number.offset }),
  };
}

/** True for the returns of system calls, false for their entries. */
function isReturn(point: AttachPoint): boolean | undefined {
  if (point.kind === "syscall") return point.returns;
  if (point.kind !== "rawtracepoint") return undefined;
  return { sys_enter: false, sys_exit: true }[point.name];
}

/**
 * Returns the numbers of the calls for which any of the parts of a program runs, or undefined for
 * all.
 */
function numbersOf(steps: readonly Step[], number: Scalar): readonly number[] | undefined {
  const parts: Step[][] = [[]];
  for (const step of steps) {
    if (step.do === "next-part") parts.push([]);
    else parts.at(-1)?.push(step);
  }
  const each = parts.map((part) => numbersOfPart(part, number));
  return each.includes(undefined) ? undefined : each.flatMap((numbers) => numbers ?? []);
}

function numbersOfPart(steps: readonly Step[], number: Scalar): readonly number[] | undefined {
  const bound = new Map<number, Scalar>();
  for (const step of steps) {
    if (step.do === "only-at") return step.points.map((point) => point.number);
    if (step.do === "filter") {
      const numbers = numbersWhere(step.condition, number, bound);
      if (numbers !== undefined) return numbers;
      if (!isQuiet(step.condition)) return undefined;
    } else if (step.do === "bind" && isQuiet(step.value)) bound.set(step.variable, step.value);
    else return undefined;
  }
  return undefined;
}

/** Returns the numbers for which a condition can be true, or undefined for all. */
function numbersWhere(
  condition: Scalar,
  number: Scalar,
  bound: ReadonlyMap<number, Scalar>,
): readonly number[] | undefined {
  if (condition.op === "or") {
    const both = [condition.left, condition.right].map((each) => numbersWhere(each, number, bound));
    return both.includes(undefined) ? undefined : both.flatMap((numbers) => numbers ?? []);
  }
  if (condition.op === "and") {
    if (!isQuiet(condition)) return undefined;
    return numbersWhere(condition.left, number, bound) ?? numbersWhere(condition.right, number, bound);
  }
  if (condition.op !== "binary" || condition.operator !== "==" || condition.right.op !== "constant") return undefined;
  return isNumber(condition.left, number, bound) ? [Number(BigInt.asIntN(32, condition.right.value))] : undefined;
}

/** True for the number of the call, or its lower half, which is what a route is chosen by. */
function isNumber(value: Scalar, number: Scalar, bound: ReadonlyMap<number, Scalar>): boolean {
  if (value.op === "variable") {
    const known = bound.get(value.variable);
    return known !== undefined && isNumber(known, number, bound);
  }
  if (value.op === "extend") return value.bits === 32 && isNumber(value.operand, number, bound);
  if (value.op === "context") return number.op === "context" && value.offset === number.offset;
  if (value.op !== "load" || number.op !== "load") return false;
  return value.offset === number.offset && value.bitfield === undefined && isFirstWord(value.base);
}

const isFirstWord = (value: Scalar): boolean => value.op === "context" && value.offset === 0 && value.bytes === 8;

/** Operations that count nothing, whatever they find. */
const QUIET: ReadonlySet<string> = new Set(
  "constant context helper load variable binary and or not negate complement number extend swap conditional".split(" "),
);

/** True if it does not show whether a value was computed. Reads that can fail are counted. */
function isQuiet(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if ("op" in value && !QUIET.has(String(value.op))) return false;
  if ("how" in value && value.how !== "direct") return false;
  return Object.values(value).every(isQuiet);
}
