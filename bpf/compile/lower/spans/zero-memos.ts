import type { Step } from "../../../check/checked-program.ts";
import { goTo } from "../../instruction.ts";
import { addVariables, withKnown } from "../../known-variables.ts";
import { branch } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { bindRemembered, branchIfRemembered, findMemo } from "./memo.ts";

/*
 * At most events, all values that are remembered for the key are 0, and little of what depends on
 * them is left. So the steps after the last memo is read are lowered twice: with zeros, and with
 * any values.
 */

type Bind = Extract<Step, { readonly do: "bind" }>;
type MemoRead = Extract<Step, { readonly do: "memo-read" }>;

type LowerSteps = (lowering: Lowering, steps: readonly Step[]) => void;

interface Parted {
  /** up to the last memo that is read */
  readonly first: readonly Step[];
  readonly rest: readonly Step[];
}

/**
 * Lowers steps by `lower`; those after the last memo is read twice. Values that may be unreadable
 * are rare, so a program with such values is lowered once.
 */
export function lowerAroundMemos(lowering: Lowering, steps: readonly Step[], lower: LowerSteps): void {
  const parted = lowering.unreadable === undefined ? partAtMemos(steps) : undefined;
  if (parted === undefined) {
    lower(lowering, steps);
    return;
  }
  const late = findAll(lowering, parted.first, lower);
  const some = lowering.emitter.label("some_remembered");
  for (const read of parted.first.filter(isMemoRead)) {
    branchIfRemembered(lowering, read.memo, wordsOf(read, parted.rest), some);
  }
  branch(lowering, () => {
    lowerZero(lowering, parted, lower);
  });
  lowering.emitter.emit(goTo(lowering.end));
  lowering.emitter.place(some);
  branch(lowering, () => {
    for (const read of late) lowering.emitter.at(read.span, () => bindRemembered(lowering, read));
    lower(lowering, parted.rest);
  });
}

/**
 * Lowers the steps up to the last memo. Returns the memos whose values none of these steps uses:
 * they are found, but their values are not loaded.
 */
function findAll(lowering: Lowering, first: readonly Step[], lower: LowerSteps): readonly MemoRead[] {
  const used = new Set<number>();
  addVariables(first, used);
  const isLate = (step: Step): step is MemoRead => isMemoRead(step) && !step.keeps.some((keep) => used.has(keep));
  for (const step of first) {
    if (isLate(step)) lowering.emitter.at(step.span, () => findMemo(lowering, step));
    else lower(lowering, [step]);
  }
  return first.filter(isLate);
}

/** Returns the indexes of the values of a memo that are used or set. */
function wordsOf({ keeps, memo }: MemoRead, rest: readonly Step[]): readonly number[] {
  const used = new Set<number>();
  addVariables(rest, used);
  const set = rest.flatMap((step) => (step.do === "memo-write" && step.memo === memo ? step.values : []));
  return keeps.flatMap((keep, at) => (used.has(keep) || set.some(({ index }) => index === at) ? at : []));
}

/** Lowers the rest for zeros. */
function lowerZero(lowering: Lowering, { first, rest }: Parted, lower: LowerSteps): void {
  const keeps = first.filter(isMemoRead).flatMap((read) => read.keeps);
  const memos = new Map([...lowering.memos].map(([id, place]) => [id, { ...place, isZero: true as const }]));
  const variables = new Map(lowering.variables);
  for (const variable of keeps) variables.set(variable, lowering.emitter.constant(0n));
  lower({ ...lowering, variables, memos }, withKnown(rest, new Map(keeps.map((variable) => [variable, 0n]))));
}

/**
 * Divides steps after the last memo is read, or returns undefined if none is read. Values that are
 * bound before, but which no key needs, are moved to the rest.
 */
function partAtMemos(steps: readonly Step[]): Parted | undefined {
  const end = steps.findLastIndex(isMemoRead) + 1;
  if (end === 0) return undefined;
  const start = steps.slice(0, end).findLastIndex((step) => !isBind(step) && !isMemoRead(step)) + 1;
  const between = steps.slice(start, end);
  const needed = neededByKeys(between);
  const isLater = (step: Step): boolean => isBind(step) && !needed.has(step.variable);
  return {
    first: [...steps.slice(0, start), ...between.filter((step) => !isLater(step))],
    rest: [...between.filter(isLater), ...steps.slice(end)],
  };
}

const isBind = (step: Step): step is Bind => step.do === "bind";
const isMemoRead = (step: Step): step is MemoRead => step.do === "memo-read";

/** Returns the variables that the keys are computed from. */
function neededByKeys(steps: readonly Step[]): ReadonlySet<number> {
  const needed = new Set<number>();
  for (const step of steps.toReversed()) {
    if (isMemoRead(step)) addVariables(step.key, needed);
    else if (isBind(step) && needed.has(step.variable)) addVariables(step.value, needed);
  }
  return needed;
}
