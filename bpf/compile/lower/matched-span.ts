import type { SpanState, Step } from "../../check/checked-program.ts";
import type { Value } from "../../check/typed-expression.ts";
import { R0, alu, atomic, goTo, immediate, jump, load, move, store } from "../instruction.ts";
import type { Label, Operand, Register } from "../instruction.ts";
import { layOutSlot, placeKey, spanMapName } from "../layout.ts";
import { writeColumn, writeGaps } from "./columns.ts";
import { helperResult } from "./helper-result.ts";
import { addressOf, branch, coldBranch, onStack } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { age, bindCopies, keptNumbers, timeout, writeKeeps } from "./span-slot.ts";
import { count, countAndGo, lookUpAt, toMap } from "./state.ts";

/*
 * Spans by value, in a hash of which the least recently used slots make room. Where the values recur, a slot stays for the next span of
 * its value: that takes 330 ns a pair of events where adding and deleting takes 540 (Linux 6.18, both with the statistics' clock). Values
 * that come once (a sector, a request) would leave closed slots behind that are used more recently than those of the spans that are open for
 * longest, which matter most; there a slot is deleted with its span, and the hash holds what is open and nothing else. Any CPU may open and
 * close any of them at any time.
 */

const BPF_NOEXIST = 1;

type Opening = Extract<Step, { readonly do: "span-open" }>;
type Closing = Extract<Step, { readonly do: "span-close" }>;

/** A start under way. */
interface Start {
  readonly state: SpanState;
  readonly key: Place;
  readonly keeps: readonly Value[];
  readonly numbers: readonly (Operand | undefined)[];
  readonly done: Label;
}

export function openMatched(lowering: Lowering, state: SpanState, { keeps, match }: Opening): void {
  const { emitter } = lowering;
  const numbers = keptNumbers(lowering, keeps);
  const key = matchKey(lowering, state, match);
  helperResult(lowering, "boot_ns");
  const start = { state, key, keeps, numbers, done: emitter.label("opened") };
  if (state.match?.recurs === true) openAgain(lowering, start);
  else addSpan(lowering, start);
  emitter.place(start.done);
}

/** Looks for the slot of the last span of this value, and adds one where there is none. */
function openAgain(lowering: Lowering, start: Start): void {
  const { emitter } = lowering;
  const slot = lookUpAt(lowering, spanMapName(start.state), start.key);
  const absent = coldBranch(lowering, "new_match", () => {
    addSpan(lowering, start);
    emitter.emit(goTo(start.done));
  });
  emitter.emit(jump(slot, "==", immediate(0), absent));
  openIn(lowering, start, slot);
}

/** Opens in a slot that is there, unless a span is open in it. */
function openIn(lowering: Lowering, { done, keeps, numbers, state }: Start, slot: Register): void {
  const { emitter } = lowering;
  const open = emitter.label("open");
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), jump(openedAt, "==", immediate(0), open));
  branch(lowering, () => {
    if (!state.restart) emitter.emit(jump(age(lowering, slot), "<=", timeout(lowering, state), done));
    count(lowering, "orphaned", open);
  });
  emitter.place(open);
  writeKeeps(lowering, state, { base: slot, offset: 0 }, keeps, numbers);
  emitter.emit(store(8, slot, 0, helperResult(lowering, "boot_ns")));
}

/** Adds a slot with its span in it, by one call. */
function addSpan(lowering: Lowering, start: Start): void {
  const { emitter, frame } = lowering;
  const { done, keeps, key, numbers, state } = start;
  const map = spanMapName(state);
  const slot = onStack(frame.allocate(layOutSlot(state).bytes));
  writeKeeps(lowering, state, slot, keeps, numbers);
  emitter.emit(store(8, slot.base, slot.offset, helperResult(lowering, "boot_ns")));
  const [toKey, toSlot] = [addressOf(lowering, key), addressOf(lowering, slot)];
  emitter.call("map_update_elem", toMap(lowering, map), toKey, toSlot, immediate(BPF_NOEXIST));
  const present = coldBranch(lowering, "present", () => {
    const found = lookUpAt(lowering, map, key);
    emitter.emit(jump(found, "==", immediate(0), countAndGo(lowering, "lost_keys", done)));
    openIn(lowering, start, found);
    emitter.emit(goTo(done));
  });
  emitter.emit(jump(R0, "!=", immediate(0), present));
}

/** Ends the run where no span of this match is open, else closes it and gives how long it was. Of several ends at once one has it. */
export function closeMatched(lowering: Lowering, state: SpanState, { match, keeps }: Closing): Register {
  const { emitter } = lowering;
  const key = matchKey(lowering, state, match);
  const slot = findMatched(lowering, state, key);
  bindCopies(lowering, state, slot, keeps);
  if (state.match?.recurs === true) return takeTime(lowering, slot);
  const elapsed = age(lowering, slot);
  emitter.call("map_delete_elem", toMap(lowering, spanMapName(state)), addressOf(lowering, key));
  emitter.emit(jump(R0, "!=", immediate(0), lowering.end));
  return elapsed;
}

/** Clears the time. Without an atomic exchange (before 5.12) two ends at once can both have the span. */
function takeTime(lowering: Lowering, slot: Register): Register {
  const { emitter, kernel } = lowering;
  const elapsed = emitter.copy(helperResult(lowering, "boot_ns"));
  const openedAt = emitter.register();
  if (kernel.has("atomic_fetch")) {
    emitter.emit(move(openedAt, immediate(0)), atomic("exchange", slot, 0, openedAt));
    emitter.emit(jump(openedAt, "==", immediate(0), lowering.end));
  } else {
    emitter.emit(load(8, openedAt, slot, 0), store(8, slot, 0, immediate(0)));
  }
  emitter.emit(alu(elapsed, "-", openedAt));
  return elapsed;
}

/** The slot of an open span; a run without one ends. */
export function findMatched(lowering: Lowering, state: SpanState, key: Place): Register {
  const { emitter } = lowering;
  emitter.comment(`span ${state.name} of this match`);
  const slot = lookUpAt(lowering, spanMapName(state), key);
  emitter.emit(jump(slot, "==", immediate(0), lowering.end));
  if (state.match?.recurs !== true) return slot;
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), jump(openedAt, "==", immediate(0), lowering.end));
  return slot;
}

/** Builds what a span is found by, every byte of it. The place stays taken for the rest of the run. */
export function matchKey(lowering: Lowering, { match }: SpanState, values: readonly Value[]): Place {
  const { bytes, columns } = placeKey(match?.columns ?? []);
  const place = onStack(lowering.frame.allocate(bytes));
  lowering.emitter.comment("match");
  writeGaps(lowering, columns, place, 0, bytes);
  values.forEach((value, index) => {
    const column = columns[index];
    if (column === undefined) throw new Error("more values than a span matches by");
    writeColumn(lowering, value, column, place);
  });
  return place;
}
