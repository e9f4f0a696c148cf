import type { SpanState, Step } from "../../../check/checked-program.ts";
import type { Scalar, Value } from "../../../check/typed-expression.ts";
import { R0, atomic, goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { layOutSlot, SLOT_KEPT_OFFSET, spanMapName } from "../../layout.ts";
import { helperResult } from "../values/helper-result.ts";
import { addressOf, branch, coldBranch, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { buildMatch, skipUnknownMatch } from "./match.ts";
import { age, bindCopies, keptNumbers, timeout, timeSince, writeKeeps, type KeptNumber } from "./span-slot.ts";
import { chargeSpan, creditSpan, ownerIn, takeSpan } from "./span-share.ts";
import { count, countAndGo, lookUpAt, toMap } from "../state.ts";
import { E2BIG, EEXIST, keepAnswer } from "../update-answer.ts";

/*
 * Spans by value, in a hash. No user's spans push out those of others: each user has a share of the
 * room (span-share.ts), and a start without room is counted. If the values recur, a slot stays for
 * the next span of its value. That takes 330 ns for a pair of events; adding and deleting takes 540
 * (Linux 6.18, both with the statistics' clock). Values that come once (a sector, a request) would
 * leave only closed slots. For these, and for users who have used half of their share, a slot is
 * deleted with its span. Any CPU may open and close any of them at any time.
 */

const BPF_NOEXIST = 1;

/** 0: the running thread caused the start. */
const RUNNING: Scalar = { op: "constant", value: 0n };

type Opening = Extract<Step, { readonly do: "span-open" }>;
type Closing = Extract<Step, { readonly do: "span-close" }>;

/** A start that is being opened. */
interface Start {
  readonly state: SpanState;
  readonly key: MemoryPlace;
  readonly keeps: readonly Value[];
  readonly numbers: readonly (KeptNumber | undefined)[];
  readonly byChance: Scalar;
  readonly done: Label;
}

export function openMatched(lowering: Lowering, state: SpanState, { byChance, keeps, match }: Opening): void {
  const { emitter } = lowering;
  const numbers = keptNumbers(lowering, keeps);
  const done = emitter.label("opened");
  const key = matchKey(lowering, state, match, done);
  helperResult(lowering, "boot_ns");
  const start = { state, key, keeps, numbers, byChance: byChance ?? RUNNING, done };
  if (state.match?.recurs === true) openAgain(lowering, start);
  else addSpan(lowering, start);
  emitter.place(start.done);
}

/** Finds the slot of the last span of this value, and adds one if there is none. */
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

/** Opens a span in an existing slot, unless one is open in it. */
function openIn(lowering: Lowering, { done, keeps, numbers, state }: Start, slot: Register): void {
  const { emitter } = lowering;
  const open = emitter.label("open");
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), jump(openedAt, "==", immediate(0), open));
  branch(lowering, () => {
    // not what the slot has now: another CPU can have closed it
    if (!state.restart) emitter.emit(jump(timeSince(lowering, openedAt), "<=", timeout(lowering, state), done));
    count(lowering, "orphaned", open);
  });
  emitter.place(open);
  writeKeeps(lowering, state, { base: slot, offset: 0 }, keeps, numbers);
  emitter.emit(store(8, slot, 0, helperResult(lowering, "boot_ns")));
}

/**
 * Adds a slot with its span in it by one call, or by a second one if the kernel was busy with the
 * map.
 */
function addSpan(lowering: Lowering, start: Start): void {
  const { emitter, frame } = lowering;
  const { byChance, done, keeps, numbers, state } = start;
  const slot = onStack(frame.allocate(layOutSlot(state).bytes));
  const share = takeSpan(lowering, state, slot, byChance, countAndGo(lowering, "lost_spans", done));
  writeKeeps(lowering, state, slot, keeps, numbers);
  emitter.emit(store(8, slot.base, slot.offset, helperResult(lowering, "boot_ns")));
  const added = emitter.label("added");
  insert(lowering, start, slot);
  const refused = coldBranch(lowering, "refused", () => {
    const answer = emitter.register();
    keepAnswer(lowering, answer);
    emitter.emit(jump(answer, "==", immediate(EEXIST), present(lowering, start)));
    emitter.emit(jump(answer, "==", immediate(E2BIG), countAndGo(lowering, "lost_spans", done)));
    insert(lowering, start, slot);
    emitter.emit(jump(R0, "==", immediate(0), added), goTo(countAndGo(lowering, "lost_busy", done)));
  });
  emitter.emit(jump(R0, "!=", immediate(0), refused));
  emitter.place(added);
  chargeSpan(lowering, share);
}

function insert(lowering: Lowering, { key, state }: Start, slot: MemoryPlace): void {
  const [toKey, toSlot] = [addressOf(lowering, key), addressOf(lowering, slot)];
  const toSpans = toMap(lowering, spanMapName(state));
  lowering.emitter.call("map_update_elem", toSpans, toKey, toSlot, immediate(BPF_NOEXIST));
}

/**
 * Handles a slot of this match that exists already. If it is gone again, a program on another CPU
 * uses the match too.
 */
function present(lowering: Lowering, start: Start): Label {
  const { emitter } = lowering;
  return coldBranch(lowering, "present", () => {
    const found = lookUpAt(lowering, spanMapName(start.state), start.key);
    emitter.emit(jump(found, "==", immediate(0), countAndGo(lowering, "lost_busy", start.done)));
    openIn(lowering, start, found);
    emitter.emit(goTo(start.done));
  });
}

/**
 * Ends the run if no span of this match is open, otherwise closes it and returns how long it was.
 * Among several ends at once, only one gets the span.
 */
export function closeMatched(lowering: Lowering, state: SpanState, { match, keeps }: Closing): Register {
  const { emitter } = lowering;
  const key = matchKey(lowering, state, match, lowering.end);
  const slot = findMatched(lowering, state, key);
  bindCopies(lowering, state, slot, keeps);
  const owner = ownerIn(lowering, slot);
  const elapsed = emitter.register();
  const closed = emitter.label("closed");
  if (state.match?.recurs === true) {
    const deleted = emitter.label("not_kept");
    const kept = emitter.register();
    emitter.emit(load(4, kept, slot, SLOT_KEPT_OFFSET), jump(kept, "==", immediate(0), deleted));
    branch(lowering, () => {
      emitter.emit(move(elapsed, takeTime(lowering, slot)), goTo(closed));
    });
    emitter.place(deleted);
  }
  branch(lowering, () => {
    emitter.emit(move(elapsed, age(lowering, slot)));
    emitter.call("map_delete_elem", toMap(lowering, spanMapName(state)), addressOf(lowering, key));
    emitter.emit(jump(R0, "!=", immediate(0), lowering.end));
    creditSpan(lowering, state, owner);
  });
  emitter.place(closed);
  return elapsed;
}

/**
 * Clears the time and returns it. Without an atomic exchange (before 5.12) two ends at once can
 * both get the span.
 */
function takeTime(lowering: Lowering, slot: Register): Register {
  const { emitter, kernel } = lowering;
  const openedAt = emitter.register();
  if (kernel.has("atomic_fetch")) {
    emitter.emit(move(openedAt, immediate(0)), atomic("exchange", slot, 0, openedAt));
    emitter.emit(jump(openedAt, "==", immediate(0), lowering.end));
  } else {
    emitter.emit(load(8, openedAt, slot, 0), store(8, slot, 0, immediate(0)));
  }
  return timeSince(lowering, openedAt);
}

/** Returns the slot of an open span. A run without one ends. */
export function findMatched(lowering: Lowering, state: SpanState, key: MemoryPlace): Register {
  const { emitter } = lowering;
  emitter.comment(`span ${state.name} of this match`);
  const slot = lookUpAt(lowering, spanMapName(state), key);
  emitter.emit(jump(slot, "==", immediate(0), lowering.end));
  if (state.match?.recurs !== true) return slot;
  const openedAt = emitter.register();
  emitter.emit(load(8, openedAt, slot, 0), jump(openedAt, "==", immediate(0), lowering.end));
  return slot;
}

/** Returns the values that a span is found by. Goes to `unknown` if they cannot be read. */
export function matchKey(
  lowering: Lowering,
  { match }: SpanState,
  values: readonly Value[],
  unknown: Label,
): MemoryPlace {
  lowering.emitter.comment("match");
  const built = buildMatch(lowering, match?.columns ?? [], values);
  skipUnknownMatch(lowering, built, unknown);
  return built.place;
}
