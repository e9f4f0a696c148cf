import type { Value } from "../../check/typed-expression.ts";
import { store } from "../instruction.ts";
import type { AccessBytes, Label } from "../instruction.ts";
import { gaps } from "../layout.ts";
import { KEY_BYTES_ON_STACK, SCRATCH_RECORD } from "../maps.ts";
import type { KeyLayout, PlacedColumn } from "../object-spec.ts";
import { writeBytes } from "./bytes.ts";
import { onStack, placeAfter } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { writeZeros } from "./memory.ts";
import { lowerOperand } from "./scalar.ts";
import { acquireScratch, releaseScratch } from "./scratch.ts";
import { stateBase } from "./state.ts";

/** Where a key is built, and what is to be done when it is no longer needed. */
export interface BuiltKey {
  readonly place: Place;
  readonly release: () => void;
}

/**
 * Builds a key in the stack frame, or a long one in `scratch`; goes to `done` where there is no room. Every byte is written: kernels let a
 * privileged program pass on memory that it never wrote, and one key would become many.
 */
export function buildKey(lowering: Lowering, values: readonly Value[], layout: KeyLayout, done: Label): BuiltKey {
  const key = layout.bytes > KEY_BYTES_ON_STACK ? keyInScratch(lowering, done) : keyOnStack(lowering, layout);
  lowering.emitter.comment("key");
  for (const gap of gaps(layout.columns, 0, layout.bytes)) {
    writeZeros(lowering, placeAfter(key.place, gap.offset), gap.bytes);
  }
  values.forEach((value, index) => {
    const column = layout.columns[index];
    if (column === undefined) throw new Error("more values than columns");
    writeColumn(lowering, value, column, key.place);
  });
  return key;
}

/** The place stays taken for the rest of the run, for a comm in it is copied from later. */
const keyOnStack = (lowering: Lowering, layout: KeyLayout): BuiltKey => ({
  place: onStack(lowering.frame.allocate(layout.bytes)),
  release: () => {},
});

function keyInScratch(lowering: Lowering, done: Label): BuiltKey {
  // what can end the run comes before the entry is taken
  stateBase(lowering);
  const base = acquireScratch(lowering, done);
  return {
    place: { base, offset: SCRATCH_RECORD },
    release: () => {
      releaseScratch(lowering, base);
    },
  };
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
