import { MOST_ARGUMENTS } from "../../../check/limits.ts";
import { R0, alu, goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { TEXT_CUT } from "../../object-spec.ts";
import { probeRead } from "../values/load.ts";
import { countedLoop } from "../counted-loop.ts";
import { addressOf, coldBranch } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { count as countHealth } from "../state.ts";
import { noteFault, startUnreadable } from "../unreadable.ts";
import { COMPOSED_BYTES, WORKSPACE_CURSOR, WORKSPACE_TEXT } from "./workspace.ts";

interface Arguments {
  /** address of the first pointer */
  readonly address: Register;
  readonly count: Register;
  /** character between the arguments */
  readonly separator: number;
}

/** Set in the result of `composeArguments` if some arguments could not be read. */
export const UNREADABLE_BIT = 30;

/** The most bytes of the text with its NUL; a mask too. */
const MOST = COMPOSED_BYTES - 1;

/**
 * Joins the strings that pointers in the process's memory lead to, up to a null pointer, with a
 * separator between them. The cursor stays in memory, so that only the counter differs in the state
 * that the verifier sees in each round. Returns where the text begins in the workspace, with
 * TEXT_CUT if there are more arguments or there is no room for all.
 */
export function composeArguments(
  lowering: Lowering,
  { address, count, separator }: Arguments,
  workspace: MemoryPlace,
): Register {
  const { emitter } = lowering;
  const unreadable = startUnreadable(lowering);
  const walk = { ...lowering, unreadable };
  const at = (offset: number): [Register, number] => [workspace.base, workspace.offset + offset];
  emitter.emit(store(1, ...at(WORKSPACE_TEXT), immediate(0)), store(8, ...at(WORKSPACE_CURSOR), immediate(0)));
  const cut = emitter.label("arguments_cut");
  const done = emitter.label("arguments_done");
  const all = emitter.label("arguments_all");
  const start = emitter.copy(immediate(WORKSPACE_TEXT));
  const pointers = emitter.copy(address);
  countedLoop(lowering, { rounds: MOST_ARGUMENTS, step: 1, instructions: 50, jumps: 6 }, (index) => {
    emitter.emit(jump(index, ">=", count, all));
    const pointer = probeRead(walk, "user", pointers, 0, 8);
    emitter.emit(jump(pointer, "==", immediate(0), done));
    appendArgument(walk, { pointer, separator }, workspace, cut);
    emitter.emit(alu(pointers, "+", immediate(8)));
  });
  emitter.place(all);
  const beyond = probeRead(walk, "user", pointers, 0, 8);
  emitter.emit(jump(beyond, "==", immediate(0), done));
  emitter.place(cut);
  emitter.emit(alu(start, "|", immediate(TEXT_CUT)));
  emitter.place(done);
  markFilled(lowering, start, workspace);
  endText(lowering, workspace);
  emitter.emit(alu(unreadable.failed, "<<", immediate(UNREADABLE_BIT)), alu(start, "|", unreadable.failed));
  return start;
}

/**
 * Appends a string with the separator in place of its NUL. For an empty string
 * bpf_probe_read_user_str returns no length on kernels where strncpy_from_user_nofault does not
 * count its NUL (fixed in Linux 6.13). This is decided without a jump: a verifier would walk the
 * following rounds once for each way.
 */
function appendArgument(
  lowering: Lowering,
  { pointer, separator }: { readonly pointer: Register; readonly separator: number },
  workspace: MemoryPlace,
  cut: Label,
): void {
  const { emitter } = lowering;
  const cursor = loadCursor(lowering, workspace);
  emitter.emit(jump(cursor, ">=", immediate(MOST), cut));
  const place = textAt(lowering, workspace, cursor);
  const room = (target: Register): void => {
    emitter.emit(move(target, immediate(MOST)), alu(target, "-", cursor));
    emitter.emit(alu(target, "&", immediate(MOST)));
  };
  emitter.call("probe_read_user_str", addressOf(lowering, place), room, pointer);
  const faulted = coldBranch(lowering, "faulted", () => {
    noteFault(lowering, pointer);
    countHealth(lowering, "faulted", cut);
    emitter.emit(goTo(cut));
  });
  emitter.emit(jump(R0, ">", immediate(MOST), faulted));
  const length = emitter.copy(R0);
  const empty = emitter.copy(length);
  emitter.emit(alu(empty, "-", immediate(1)), alu(empty, ">>", immediate(63)), alu(length, "|", empty));
  emitter.emit(alu(cursor, "+", length), store(8, workspace.base, workspace.offset + WORKSPACE_CURSOR, cursor));
  emitter.emit(alu(length, "&", immediate(MOST)), alu(place.base, "+", length));
  emitter.emit(store(1, place.base, place.offset - 1, immediate(separator)));
}

/** Marks a text that fills its room as cut: whether the last string ended there cannot be known. */
function markFilled(lowering: Lowering, start: Register, workspace: MemoryPlace): void {
  const { emitter } = lowering;
  const whole = emitter.label("arguments_whole");
  emitter.emit(jump(loadCursor(lowering, workspace), "<", immediate(MOST), whole));
  emitter.emit(alu(start, "|", immediate(TEXT_CUT)));
  emitter.place(whole);
}

/** Writes a NUL in place of the last separator. */
function endText(lowering: Lowering, workspace: MemoryPlace): void {
  const { emitter } = lowering;
  const ended = emitter.label("ended");
  const cursor = loadCursor(lowering, workspace);
  emitter.emit(jump(cursor, "==", immediate(0), ended), jump(cursor, ">", immediate(MOST), ended));
  const { base, offset } = textAt(lowering, workspace, cursor);
  emitter.emit(store(1, base, offset - 1, immediate(0)));
  emitter.place(ended);
}

function loadCursor({ emitter }: Lowering, { base, offset }: MemoryPlace): Register {
  const cursor = emitter.register();
  emitter.emit(load(8, cursor, base, offset + WORKSPACE_CURSOR));
  return cursor;
}

/**
 * Returns the place at the cursor. The cursor is within the text, and is bounded where it is used:
 * before 5.12 verifiers forget the bounds of spilled values.
 */
function textAt({ emitter }: Lowering, { base, offset }: MemoryPlace, cursor: Register): MemoryPlace {
  const [address, bounded] = [emitter.copy(base), emitter.copy(cursor)];
  emitter.emit(alu(bounded, "&", immediate(MOST)), alu(address, "+", bounded));
  return { base: address, offset: offset + WORKSPACE_TEXT };
}
