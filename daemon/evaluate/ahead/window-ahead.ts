import type { SampleRow } from "../../sample/sample.ts";
import { addTo, copyOf, emptyWindow, removeFrom, valueOf } from "../window/aggregate-window.ts";
import type { KeyWindow } from "../window/key-window.ts";
import type { Step } from "../window/window-step.ts";
import type { Window } from "../window/window.ts";

/** The rows of each key in a step; built once for a step that is about to leave. */
const ROWS = new WeakMap<Step, ReadonlyMap<KeyWindow, number>>();

function rowOf(step: Step, key: KeyWindow): number | undefined {
  const rows = ROWS.getOrInsertComputed(step, ({ keys }) => new Map(keys.map((each, row) => [each, row])));
  return rows.get(key);
}

/**
 * Returns the value of a key's only aggregate as the next tick will see it if nothing more is
 * counted: without the steps that leave by then, with what the tick has counted so far. Nothing is
 * changed.
 *
 * @param leaving the steps that the next tick lets go
 * @param counted what was counted since the last tick; undefined for nothing
 */
export function valueAhead(
  { aggregates, offsets, stride, nextSequence }: Window,
  key: KeyWindow | undefined,
  leaving: readonly Step[],
  counted?: SampleRow["values"][number],
): number | undefined {
  const [aggregate] = aggregates;
  const [before] = key?.aggregates ?? [];
  if (aggregate === undefined) return undefined;
  const rows = leaving.flatMap((step) => {
    const row = key && rowOf(step, key);
    return row === undefined ? [] : [{ step, row }];
  });
  const isGone = before === undefined || rows.length === key?.rows;
  const window = isGone ? emptyWindow(aggregate) : copyOf(before);
  for (const { step, row } of isGone ? [] : rows) {
    const at = row * stride + (offsets[0] ?? 0);
    removeFrom(window, { sequence: step.sequence, amounts: step.amounts, at, buckets: undefined });
  }
  const amounts = new Float64Array(stride);
  addTo(window, counted, { sequence: nextSequence, amounts, at: 0, buckets: undefined });
  return valueOf(window);
}
