import { BLOCK_RECORDS } from "./block-records.ts";
import { MEMORY_RECORDS } from "./memory-records.ts";
import type { FieldExpression, FieldExpressions } from "./field-expressions.ts";
import { NETWORK_RECORDS } from "./network-records.ts";
import { SCHEDULER_RECORDS } from "./scheduler-records.ts";
import { TIMER_RECORDS } from "./timer-records.ts";

const RECORDS: ReadonlyMap<string, FieldExpressions> = new Map(
  Object.entries({
    ...BLOCK_RECORDS,
    ...MEMORY_RECORDS,
    ...NETWORK_RECORDS,
    ...SCHEDULER_RECORDS,
    ...TIMER_RECORDS,
  }),
);

/** The tracepoints with fields that can be computed from arguments, as `CATEGORY:NAME`. */
export const KNOWN_RECORDS: readonly string[] = [...RECORDS.keys()];

/** Returns the expression of a field over a tracepoint's arguments, or undefined if there is none. */
export function expressionOf(tracepoint: string, field: string): FieldExpression | undefined {
  return RECORDS.get(tracepoint)?.[field];
}
