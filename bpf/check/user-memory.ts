import type { AggregateUpdate, CheckedProgram, ProbeProgram, Step } from "./checked-program.ts";
import type { Bytes, Scalar } from "./typed-expression.ts";

const NONE: ReadonlySet<number> = new Set();

/**
 * True if a value is read from the memory of the process. That memory may be absent from RAM when a
 * program reads it, and a program that cannot sleep cannot wait for it.
 * @param variables those whose values were read there
 */
export function readsUserMemory(value: Scalar | Bytes, variables: ReadonlySet<number> = NONE): boolean {
  if (value.op === "variable") return variables.has(value.variable);
  if (value.op === "arguments") return true;
  if (value.op === "load" && value.how === "user") return true;
  if ((value.op === "string" || value.op === "memory") && value.space === "user") return true;
  return operandsOf(value).some((operand) => readsUserMemory(operand, variables));
}

const OPERAND_NAMES = [
  "base",
  "operand",
  "left",
  "right",
  "test",
  "then",
  "otherwise",
  "address",
  "length",
  "text",
  "value",
  "frame",
];

/** Returns the values within a value: all members that have an operation. */
export function operandsOf(value: Scalar | Bytes): readonly (Scalar | Bytes)[] {
  const parts = value as Readonly<Record<string, unknown>>;
  return OPERAND_NAMES.flatMap((name) => (isValue(parts[name]) ? [parts[name]] : []));
}

function isValue(part: unknown): part is Scalar | Bytes {
  return typeof part === "object" && part !== null && "op" in part;
}

/** True if any step of a program reads memory of the process. */
export const stepsReadUserMemory = (steps: readonly Step[]): boolean =>
  steps.some((step) => valuesOf(step).some((value) => readsUserMemory(value)));

function valuesOf(step: Step): readonly (Scalar | Bytes)[] {
  const bare = (
    values: readonly ({ readonly scalar: Scalar } | { readonly bytes: Bytes })[],
  ): readonly (Scalar | Bytes)[] => values.map((value) => ("scalar" in value ? value.scalar : value.bytes));
  switch (step.do) {
    case "filter":
      return [step.condition];
    case "bind":
      return [step.value];
    case "span-open":
      return bare([...step.match, ...step.keeps]);
    case "span-close":
    case "inside":
      return bare(step.match);
    case "memo-read":
      return bare(step.key);
    case "memo-write":
      return step.values.map(({ value }) => value);
    case "aggregate":
      return [...bare(step.key), ...step.updates.flatMap(addedBy)];
    case "emit":
      return bare(step.fields);
    default:
      return [];
  }
}

const addedBy = ({ bytes, value, weight }: AggregateUpdate): readonly (Scalar | Bytes)[] =>
  [bytes, value, weight].filter((part) => part !== undefined);

/**
 * True if a program may meet a value that could not be read: by itself, at the start of a span that
 * it ends, or where the value that it uses was set.
 */
export function mayBeUnreadable({ steps }: ProbeProgram, { memos, spans }: Pick<CheckedProgram, "memos" | "spans">) {
  const idsOf = (states: readonly { readonly id: number; readonly unreadable?: true }[]): ReadonlySet<number> =>
    new Set(states.flatMap(({ id, unreadable }) => (unreadable ? [id] : [])));
  const [unreadableSpans, unreadableMemos] = [idsOf(spans), idsOf(memos)];
  const looksInto = steps.some((step) => {
    if (step.do === "memo-read") return unreadableMemos.has(step.memo);
    return (step.do === "span-close" || step.do === "inside") && unreadableSpans.has(step.state);
  });
  return looksInto || stepsReadUserMemory(steps);
}
