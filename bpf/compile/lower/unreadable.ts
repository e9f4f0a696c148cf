import { readsUserMemory } from "../../check/user-memory.ts";
import { R0, alu, goTo, immediate, jump, move } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { forget } from "./values/forget.ts";
import { coldBranch } from "./lowering.ts";
import type { Lowering, Unreadable } from "./lowering.ts";
import { count } from "./state.ts";

/** Addresses below are no memory of any process (vm.mmap_min_addr): a null pointer leads to nothing, which is known. */
const FIRST_ADDRESS = 4096;

export function startUnreadable({ emitter }: Pick<Lowering, "emitter">): Unreadable {
  return { failed: emitter.copy(immediate(0)), unknown: emitter.copy(immediate(0)), variables: new Map() };
}

/** A read of memory at an address has given its answer in r0: counts a fault where that compares so with 0, and goes on. */
export function faultWhere(
  lowering: Lowering,
  operator: "!=" | "s<",
  space: "kernel" | "user",
  address: Register,
  otherwise?: () => void,
): void {
  const { emitter } = lowering;
  const resume = emitter.label("resume");
  const faulted = coldBranch(lowering, "faulted", () => {
    if (space === "user") noteFault(lowering, address, otherwise);
    count(lowering, "faulted", resume);
    emitter.emit(goTo(resume));
  });
  emitter.emit(jump(R0, operator, immediate(0), faulted));
  emitter.place(resume);
}

/** @param otherwise says in another way that the memory could not be read */
export function noteFault(lowering: Lowering, address: Register, otherwise?: () => void): void {
  const { emitter, unreadable } = lowering;
  if (unreadable === undefined) return;
  const known = emitter.label("nothing_there");
  emitter.emit(jump(address, "<", immediate(FIRST_ADDRESS), known));
  if (otherwise === undefined) emitter.emit(move(unreadable.failed, immediate(1)));
  else otherwise();
  emitter.place(known);
}

/** Forgets what has failed so far. */
export function clearFailed({ emitter, unreadable }: Lowering): void {
  if (unreadable !== undefined) emitter.emit(move(unreadable.failed, immediate(0)));
}

/** 1 where a read has failed since the last call, which a verifier takes for either; undefined where the program reads none. */
export function takeFailed(lowering: Lowering): Register | undefined {
  const { emitter, unreadable } = lowering;
  if (unreadable === undefined) return undefined;
  const failed = emitter.copy(unreadable.failed);
  forget(lowering, failed, immediate(1));
  clearFailed(lowering);
  return failed;
}

/** What was computed before, and whether that failed, is used now. */
export function failAs({ emitter, unreadable }: Lowering, failed: Register | undefined): void {
  if (unreadable !== undefined && failed !== undefined) emitter.emit(alu(unreadable.failed, "|", failed));
}

/** Whether a value may not be readable. */
export const readsUser = ({ unreadable }: Lowering, value: Parameters<typeof readsUserMemory>[0]): boolean =>
  unreadable !== undefined && readsUserMemory(value, new Set(unreadable.variables.keys()));
