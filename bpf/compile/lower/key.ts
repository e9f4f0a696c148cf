import type { Value } from "../../check/typed-expression.ts";
import { store } from "../instruction.ts";
import type { AccessBytes } from "../instruction.ts";
import { gaps } from "../layout.ts";
import type { KeyLayout, PlacedColumn } from "../object-spec.ts";
import { writeBytes } from "./bytes.ts";
import { onStack, placeAfter } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { writeZeros } from "./memory.ts";
import { lowerOperand } from "./scalar.ts";

/**
 * Builds a key in the stack frame. Every byte is written: kernels let a privileged program pass on stack that it never wrote, and one
 * key would become many. The place stays taken for the rest of the run, for a comm in it is copied from later.
 */
export function keyInStack(lowering: Lowering, values: readonly Value[], layout: KeyLayout): Place {
  const place = onStack(lowering.frame.allocate(layout.bytes));
  lowering.emitter.comment("key");
  for (const gap of gaps(layout.columns, 0, layout.bytes))
    writeZeros(lowering, placeAfter(place, gap.offset), gap.bytes);
  values.forEach((value, index) => {
    const column = layout.columns[index];
    if (column === undefined) throw new Error("more values than columns");
    writeColumn(lowering, value, column, place);
  });
  return place;
}

/** Writes a value of fixed size into its column of the key or record at `start`. */
export function writeColumn(lowering: Lowering, value: Value, column: PlacedColumn, start: Place): void {
  const place = placeAfter(start, column.offset);
  lowering.emitter.at(value.span, () => {
    if ("bytes" in value) writeBytes(lowering, value.bytes, place, column.bytes, true);
    else
      lowering.emitter.emit(
        store(accessBytes(column.bytes), place.base, place.offset, lowerOperand(lowering, value.scalar)),
      );
  });
}

function accessBytes(bytes: number): AccessBytes {
  if (bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8) return bytes;
  throw new Error(`a number can not take ${String(bytes)} bytes`);
}
