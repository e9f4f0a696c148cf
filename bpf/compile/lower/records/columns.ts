import type { Value } from "../../../check/typed-expression.ts";
import { store } from "../../instruction.ts";
import type { AccessBytes } from "../../instruction.ts";
import { gaps } from "../../layout.ts";
import type { PlacedColumn } from "../../object-spec.ts";
import { writeBytes } from "../strings/bytes.ts";
import { placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { writeZeros } from "../values/memory.ts";
import { lowerOperand } from "../values.ts";

/** Writes a value of fixed size into its column of the key or record at `start`. */
export function writeColumn(lowering: Lowering, value: Value, column: PlacedColumn, start: MemoryPlace): void {
  const place = placeAfter(start, column.offset);
  lowering.emitter.at(value.span, () => {
    if ("bytes" in value && value.bytes.bytes > column.bytes) throw new Error("a value is longer than its column");
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

/** Writes zeros between and after columns, from `from` to `end`. */
export function writeGaps(
  lowering: Lowering,
  columns: readonly PlacedColumn[],
  start: MemoryPlace,
  from: number,
  end: number,
): void {
  for (const gap of gaps(columns, from, end)) writeZeros(lowering, placeAfter(start, gap.offset), gap.bytes);
}
