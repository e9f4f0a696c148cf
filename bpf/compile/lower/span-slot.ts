import type { SpanState } from "../../check/checked-program.ts";
import type { Value } from "../../check/typed-expression.ts";
import { alu, immediate, load, store } from "../instruction.ts";
import type { Operand, Register } from "../instruction.ts";
import { layOutSlot, typeBytes } from "../layout.ts";
import type { PlacedColumn } from "../object-spec.ts";
import { COPIED_INLINE } from "./bytes.ts";
import { writeColumn } from "./columns.ts";
import { helperResult } from "./helper-result.ts";
import { addressOf, onStack } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { copyMemory } from "./memory.ts";
import { lowerOperand } from "./values.ts";

/*
 * A slot, of a thread or of a match: u64 time of the start (CLOCK_BOOTTIME ns, 0: none is open), then the kept values, as
 * `layOutSlot` places them.
 */

/** The numbers among kept values, computed: what they call must not come between finding a slot and filling it. */
export const keptNumbers = (lowering: Lowering, keeps: readonly Value[]): readonly (Operand | undefined)[] =>
  keeps.map((keep) => ("scalar" in keep ? lowerOperand(lowering, keep.scalar) : undefined));

/** Writes every byte of a slot but the time. */
export function writeKeeps(
  lowering: Lowering,
  state: SpanState,
  slot: Place,
  keeps: readonly Value[],
  numbers: readonly (Operand | undefined)[],
): void {
  layOutSlot(state).keeps.forEach((column, index) => {
    const [keep, number] = [keeps[index], numbers[index]];
    if (keep === undefined) throw new Error("fewer values than a span keeps");
    if (number === undefined) writeColumn(lowering, keep, column, slot);
    else lowering.emitter.emit(store(8, slot.base, slot.offset + column.offset, number));
  });
}

/** Binds what was kept, where it lies: good for as long as nobody else can open a span in this slot. */
export function bindKeeps(lowering: Lowering, state: SpanState, slot: Register, keeps: readonly number[]): void {
  layOutSlot(state).keeps.forEach((column, index) => {
    const variable = keeps[index];
    if (variable === undefined) return;
    if (isNumber(column)) bindNumber(lowering, { base: slot, offset: column.offset }, variable);
    else bindBytes(lowering, { base: slot, offset: column.offset }, variable, column);
  });
}

/** Binds copies of what was kept: the slot may be another span's at any time. */
export function bindCopies(lowering: Lowering, state: SpanState, slot: Register, keeps: readonly number[]): void {
  layOutSlot(state).keeps.forEach((column, index) => {
    const variable = keeps[index];
    if (variable === undefined) return;
    const from = { base: slot, offset: column.offset };
    if (isNumber(column)) bindNumber(lowering, from, variable);
    else {
      const place = onStack(lowering.frame.allocate(column.bytes));
      copyBytes(lowering, place, from, column.bytes);
      bindBytes(lowering, place, variable, column);
    }
  });
}

/** What is carried in a register; everything else is bytes. */
const isNumber = ({ column: { type } }: PlacedColumn): boolean =>
  ["integer", "boolean", "pointer", "stack"].includes(type.kind);

function bindNumber({ emitter, variables }: Lowering, from: Place, variable: number): void {
  const value = emitter.register();
  emitter.emit(load(8, value, from.base, from.offset));
  variables.set(variable, value);
}

/** Of bytes the variable is the address. */
function bindBytes(
  { emitter, kept, variables }: Lowering,
  place: Place,
  variable: number,
  { column }: PlacedColumn,
): void {
  const address = emitter.copy(place.base);
  emitter.emit(alu(address, "+", immediate(place.offset)));
  variables.set(variable, address);
  kept.set(variable, { place, bytes: typeBytes(column.type) });
}

function copyBytes(lowering: Lowering, to: Place, from: Place, bytes: number): void {
  if (bytes <= COPIED_INLINE) copyMemory(lowering, to, from, bytes);
  else lowering.emitter.call("probe_read_kernel", addressOf(lowering, to), immediate(bytes), addressOf(lowering, from));
}

/** How long ago the span in a slot began. */
export function age(lowering: Lowering, slot: Register): Register {
  const { emitter } = lowering;
  const elapsed = emitter.copy(helperResult(lowering, "boot_ns"));
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), alu(elapsed, "-", openedAt));
  return elapsed;
}

export const timeout = (lowering: Lowering, state: SpanState): Operand =>
  lowerOperand(lowering, { op: "constant", value: state.timeoutNs });
