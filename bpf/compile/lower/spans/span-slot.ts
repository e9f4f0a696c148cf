import type { SpanState } from "../../../check/checked-program.ts";
import { MARK_BYTES } from "../../../check/marked-text.ts";
import type { Value } from "../../../check/typed-expression.ts";
import { alu, goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Operand, Register } from "../../instruction.ts";
import { layOutSlot, typeBytes } from "../../layout.ts";
import type { PlacedColumn } from "../../object-spec.ts";
import { COPIED_INLINE } from "../strings/bytes.ts";
import { writeColumn } from "../records/columns.ts";
import { helperResult } from "../values/helper-result.ts";
import { addressOf, onStack, placeAfter } from "../lowering.ts";
import { markedUnreadable } from "../strings/text-mark.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { addFailure, takeFailure, unknownFilter } from "../failures.ts";
import { clearFailed, readsUser, takeFailed } from "../unreadable.ts";
import { copyMemory } from "../values/memory.ts";
import { lowerOperand } from "../values.ts";

/*
 * A slot, of a thread or of a match: u64 time of the start (CLOCK_BOOTTIME ns, 0: no span is open),
 * then the kept values, as `layOutSlot` places them.
 */

/** A number to keep, and the register that says whether it could not be read. */
export interface KeptNumber {
  readonly number: Operand;
  readonly failed: Register | undefined;
}

/**
 * Computes the numbers among kept values. The helpers that they call must not come between finding
 * a slot and filling it.
 */
export const keptNumbers = (lowering: Lowering, keeps: readonly Value[]): readonly (KeptNumber | undefined)[] =>
  keeps.map((keep) => {
    if (!("scalar" in keep)) return undefined;
    clearFailed(lowering);
    const number = lowerOperand(lowering, keep.scalar);
    return { number, failed: readsUser(lowering, keep.scalar) ? takeFailed(lowering) : undefined };
  });

/** Writes every byte of a slot except the time. */
export function writeKeeps(
  lowering: Lowering,
  state: SpanState,
  slot: MemoryPlace,
  keeps: readonly Value[],
  numbers: readonly (KeptNumber | undefined)[],
): void {
  const layout = layOutSlot(state);
  const failures = layout.unreadableAt === undefined ? undefined : unknownFilter(lowering);
  const add = (failed: Register | undefined, index: number): void => {
    if (failures !== undefined && failed !== undefined) addFailure(lowering, failures, failed, index);
  };
  layout.keeps.forEach((column, index) => {
    const [keep, known] = [keeps[index], numbers[index]];
    if (keep === undefined) throw new Error("fewer values than a span keeps");
    if (known === undefined) {
      clearFailed(lowering);
      writeColumn(lowering, keep, column, slot);
      if (!("bytes" in keep) || !readsUser(lowering, keep.bytes)) return;
      add(takeFailed(lowering), index);
      if (isMarkedColumn(column))
        add(markedUnreadable(lowering, placeAfter(slot, column.offset + column.bytes - MARK_BYTES)), index);
    } else {
      lowering.emitter.emit(store(8, slot.base, slot.offset + column.offset, known.number));
      add(known.failed, index);
    }
  });
  if (layout.unreadableAt !== undefined && failures !== undefined)
    lowering.emitter.emit(store(8, slot.base, slot.offset + layout.unreadableAt, failures));
}

const isMarkedColumn = ({ column: { type } }: PlacedColumn): boolean =>
  type.kind === "string" && type.marked !== undefined;

/** Binds which kept values the start could not read. */
function bindFailures(lowering: Lowering, state: SpanState, slot: Register, keeps: readonly number[]): void {
  const { emitter, unreadable } = lowering;
  const { unreadableAt } = layOutSlot(state);
  if (unreadable === undefined || unreadableAt === undefined) return;
  const failures = emitter.register();
  emitter.emit(load(8, failures, slot, unreadableAt));
  keeps.forEach((variable, index) => {
    unreadable.variables.set(variable, takeFailure(lowering, failures, index));
  });
  emitter.emit(alu(failures, ">>", immediate(63)), alu(unreadable.unknown, "|", failures));
}

/** Binds kept values in their place: valid as long as nothing else can open a span in this slot. */
export function bindKeeps(lowering: Lowering, state: SpanState, slot: Register, keeps: readonly number[]): void {
  bindFailures(lowering, state, slot, keeps);
  layOutSlot(state).keeps.forEach((column, index) => {
    const variable = keeps[index];
    if (variable === undefined) return;
    if (isNumber(column)) bindNumber(lowering, { base: slot, offset: column.offset }, variable);
    else bindBytes(lowering, { base: slot, offset: column.offset }, variable, column);
  });
}

/** Binds copies of kept values, for a slot that another span may take at any time. */
export function bindCopies(lowering: Lowering, state: SpanState, slot: Register, keeps: readonly number[]): void {
  bindFailures(lowering, state, slot, keeps);
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

/** True if the value is held in a register; everything else is bytes. */
const isNumber = ({ column: { type } }: PlacedColumn): boolean =>
  ["integer", "boolean", "pointer", "stack"].includes(type.kind);

function bindNumber({ emitter, variables }: Lowering, from: MemoryPlace, variable: number): void {
  const value = emitter.register();
  emitter.emit(load(8, value, from.base, from.offset));
  variables.set(variable, value);
}

/** Binds bytes: their variable is their address. */
function bindBytes(
  { emitter, kept, variables }: Lowering,
  place: MemoryPlace,
  variable: number,
  { column }: PlacedColumn,
): void {
  const address = emitter.copy(place.base);
  emitter.emit(alu(address, "+", immediate(place.offset)));
  variables.set(variable, address);
  kept.set(variable, { place, bytes: typeBytes(column.type) });
}

function copyBytes(lowering: Lowering, to: MemoryPlace, from: MemoryPlace, bytes: number): void {
  if (bytes <= COPIED_INLINE) copyMemory(lowering, to, from, bytes);
  else lowering.emitter.call("probe_read_kernel", addressOf(lowering, to), immediate(bytes), addressOf(lowering, from));
}

/** Returns how long ago the span in a slot began. */
export function age(lowering: Lowering, slot: Register): Register {
  const openedAt = lowering.emitter.register();
  lowering.emitter.emit(load(8, openedAt, slot, 0));
  return timeSince(lowering, openedAt);
}

/**
 * Returns the time since a span began. A run asks for the time once, and the parts of a fused
 * program share it: if another CPU has begun the span since then, the time is asked for again.
 */
export function timeSince(lowering: Lowering, openedAt: Register): Register {
  const { emitter } = lowering;
  const elapsed = emitter.copy(helperResult(lowering, "boot_ns"));
  const positive = emitter.label("began_before");
  const again = emitter.cold("began_since", () => {
    emitter.emit(move(elapsed, emitter.callFor("ktime_get_boot_ns")), alu(elapsed, "-", openedAt), goTo(positive));
  });
  emitter.emit(alu(elapsed, "-", openedAt), jump(elapsed, "s<", immediate(0), again));
  emitter.place(positive);
  return elapsed;
}

export const timeout = (lowering: Lowering, state: SpanState): Operand =>
  lowerOperand(lowering, { op: "constant", value: state.timeoutNs });
