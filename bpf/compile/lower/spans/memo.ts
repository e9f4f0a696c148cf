import type { Memo, Step } from "../../../check/checked-program.ts";
import { R0, alu, goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Label, Operand } from "../../instruction.ts";
import { memoBytes, memoFailuresAt, memoMapName } from "../../layout.ts";
import { addFailure, failureBit, takeFailure } from "../failures.ts";
import { addressOf, branch, coldBranch, onStack } from "../lowering.ts";
import type { Lowering, MemoPlace, MemoryPlace } from "../lowering.ts";
import { buildMatch, skipUnknownMatch } from "./match.ts";
import { writeZeros } from "../values/memory.ts";
import { countAndGo, lookUpAt, toMap } from "../state.ts";
import { clearFailed, readsUser, takeFailed } from "../unreadable.ts";
import { lowerOperand } from "../values.ts";

/*
 * The values that a rule remembers: words in a hash whose least recently used entries make room. An
 * entry is made only when a value that is not 0 is to be remembered, so a key without remembered
 * values costs one lookup.
 */

type Reading = Extract<Step, { readonly do: "memo-read" }>;
type Writing = Extract<Step, { readonly do: "memo-write" }>;

const BPF_ANY = 0;
const WORD = 8;

/** Binds the remembered values of a key: zeros if there is no entry. */
export function lowerMemoRead(lowering: Lowering, step: Reading): void {
  findMemo(lowering, step);
  bindRemembered(lowering, step);
}

/** Looks the entry of a key up. */
export function findMemo(lowering: Lowering, step: Reading): void {
  const { emitter } = lowering;
  const memo = memoOf(lowering, step.memo);
  emitter.comment(`key of ${memo.name}`);
  const { place: key, failed } = buildMatch(lowering, memo.key, step.key);
  const slot = lookUpAt(lowering, memoMapName(memo), key);
  lowering.memos.set(memo.id, { key, slot, ...(failed && { failed }) });
}

/** Jumps to `target` if there is an entry and one of some words of it is not 0. */
export function branchIfRemembered(lowering: Lowering, id: number, indexes: readonly number[], target: Label): void {
  const { emitter } = lowering;
  const { slot } = foundOf(lowering, memoOf(lowering, id));
  const zero = emitter.label("nothing_remembered");
  emitter.emit(jump(slot, "==", immediate(0), zero));
  const any = emitter.copy(immediate(0));
  for (const index of indexes) {
    const word = emitter.register();
    emitter.emit(load(8, word, slot, WORD * index), alu(any, "|", word));
  }
  emitter.emit(jump(any, "!=", immediate(0), target));
  emitter.place(zero);
}

/** Binds the values of the entry that was found. */
export function bindRemembered(lowering: Lowering, step: Reading): void {
  const { emitter, unreadable } = lowering;
  const memo = memoOf(lowering, step.memo);
  const { failed, slot } = foundOf(lowering, memo);
  const known = emitter.label("known");
  const words = step.keeps.map((variable) => {
    const word = emitter.register();
    emitter.emit(move(word, immediate(0)));
    lowering.variables.set(variable, word);
    return word;
  });
  const failures = unreadable && emitter.copy(immediate(0));
  emitter.emit(jump(slot, "==", immediate(0), known));
  words.forEach((word, index) => {
    emitter.emit(load(8, word, slot, WORD * index));
  });
  const failuresAt = memoFailuresAt(memo);
  if (failures !== undefined && failuresAt !== undefined) emitter.emit(load(8, failures, slot, failuresAt));
  emitter.place(known);
  step.keeps.forEach((variable, index) => {
    if (unreadable === undefined || failures === undefined) return;
    const unknown = takeFailure(lowering, failures, index);
    if (failed !== undefined) emitter.emit(alu(unknown, "|", failed));
    unreadable.variables.set(variable, unknown);
  });
}

/**
 * Sets words of the entry that the run has read. Makes an entry if there is none and one of the
 * words is not 0.
 */
export function lowerMemoWrite(lowering: Lowering, step: Writing): void {
  const { emitter } = lowering;
  const memo = memoOf(lowering, step.memo);
  const read = foundOf(lowering, memo);
  const done = emitter.label("remembered");
  skipUnknownMatch(lowering, read, done);
  branch(lowering, () => {
    writeWords(lowering, memo, read, wordsOf(lowering, memo, step), done);
  });
  emitter.place(done);
}

function writeWords(
  lowering: Lowering,
  memo: Memo,
  { key, slot, isZero }: MemoPlace,
  words: readonly Word[],
  done: Label,
): void {
  const { emitter } = lowering;
  const kept = words.filter(({ word }) => typeof word === "number" || word.immediate !== 0);
  if (isZero && kept.length === 0) return;
  const skipZeros = (): void => {
    const any = emitter.copy(immediate(0));
    for (const { word } of kept) emitter.emit(alu(any, "|", word));
    emitter.emit(jump(any, "==", immediate(0), done));
  };
  const absent = coldBranch(lowering, "new_memo", () => {
    if (!isZero) skipZeros();
    addEntry(lowering, memo, key, kept, done);
    emitter.emit(goTo(countAndGo(lowering, "lost_busy", done)));
  });
  if (isZero) skipZeros();
  emitter.emit(jump(slot, "==", immediate(0), absent));
  for (const { leaves, offset, word } of isZero ? kept : words) {
    const value = leaves === undefined ? word : emitter.register();
    if (leaves !== undefined && typeof value === "number") {
      emitter.emit(load(8, value, slot, offset), alu(value, "&", emitter.constant(leaves)), alu(value, "|", word));
    }
    emitter.emit(store(8, slot, offset, value));
  }
}

interface Word {
  readonly offset: number;
  readonly word: Operand;
  /** the bits of the old value that stay */
  readonly leaves?: bigint;
}

/** Returns the words to set, and which words of the entry are unknown. */
function wordsOf(lowering: Lowering, memo: Memo, step: Writing): readonly Word[] {
  const { emitter, unreadable } = lowering;
  const failures = unreadable && emitter.copy(immediate(0));
  const words = step.values.map(({ index, value }) => {
    clearFailed(lowering);
    const word = lowerOperand(lowering, value);
    const failed = readsUser(lowering, value) ? takeFailed(lowering) : undefined;
    for (const unknown of [unreadable?.unknown, failed]) {
      if (failures !== undefined && unknown !== undefined) addFailure(lowering, failures, unknown, index);
    }
    return { offset: WORD * index, word };
  });
  const offset = memoFailuresAt(memo);
  if (offset === undefined || failures === undefined) return words;
  const set = step.values.reduce((bits, { index }) => bits | (1n << BigInt(failureBit(index))), 0n);
  return [...words, { offset, word: failures, leaves: ~set }];
}

/**
 * Adds an entry and goes to `done`. The least recently used entries make room, so a refused call
 * can be tried again.
 */
function addEntry(lowering: Lowering, memo: Memo, key: MemoryPlace, words: readonly Word[], done: Label): void {
  const { emitter, frame } = lowering;
  const bytes = memoBytes(memo);
  frame.with(bytes, (offset) => {
    const entry = onStack(offset);
    writeZeros(lowering, entry, bytes);
    for (const { offset: at, word } of words) emitter.emit(store(8, entry.base, entry.offset + at, word));
    for (let tries = 0; tries < 2; tries++) {
      const map = toMap(lowering, memoMapName(memo));
      emitter.call("map_update_elem", map, addressOf(lowering, key), addressOf(lowering, entry), immediate(BPF_ANY));
      emitter.emit(jump(R0, "==", immediate(0), done));
    }
  });
}

function foundOf(lowering: Lowering, memo: Memo): MemoPlace {
  const found = lowering.memos.get(memo.id);
  if (found === undefined) throw new Error(`memo ${memo.name} is used before it is read`);
  return found;
}

function memoOf(lowering: Lowering, id: number): Memo {
  const memo = lowering.program.memos.find((each) => each.id === id);
  if (memo === undefined) throw new Error(`memo ${String(id)} is not declared`);
  return memo;
}
