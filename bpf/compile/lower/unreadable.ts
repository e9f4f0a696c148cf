import { readsUserMemory } from "../../check/user-memory.ts";
import { R0, alu, goTo, immediate, jump, move } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { forget } from "./values/forget.ts";
import { coldBranch } from "./lowering.ts";
import type { Lowering, Unreadable } from "./lowering.ts";
import { count } from "./state.ts";

/**
 * Addresses below this are no memory of any process (vm.mmap_min_addr): that a null pointer leads
 * to nothing is known.
 */
const FIRST_ADDRESS = 4096;

export function startUnreadable({ emitter }: Pick<Lowering, "emitter">): Unreadable {
  return { failed: emitter.copy(immediate(0)), unknown: emitter.copy(immediate(0)), variables: new Map() };
}

/** Counts a fault if the result of a read in r0 compares with 0 in this way, and continues. */
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

/**
 * Records a fault at an address.
 *
 * @param otherwise emits another way to say that the memory could not be read
 */
export function noteFault(lowering: Lowering, address: Register, otherwise?: () => void): void {
  const { emitter, unreadable } = lowering;
  if (unreadable === undefined) return;
  const known = emitter.label("nothing_there");
  emitter.emit(jump(address, "<", immediate(FIRST_ADDRESS), known));
  if (otherwise === undefined) emitter.emit(move(unreadable.failed, immediate(1)));
  else otherwise();
  emitter.place(known);
}

/** Forgets the failures so far. */
export function clearFailed({ emitter, unreadable }: Lowering): void {
  if (unreadable !== undefined) emitter.emit(move(unreadable.failed, immediate(0)));
}

/**
 * Returns 1 if a read has failed since the last call; a verifier takes it for either. Undefined if
 * the program reads no such memory.
 */
export function takeFailed(lowering: Lowering): Register | undefined {
  const { emitter, unreadable } = lowering;
  if (unreadable === undefined) return undefined;
  const failed = emitter.copy(unreadable.failed);
  forget(lowering, failed, immediate(1));
  clearFailed(lowering);
  return failed;
}

/** Records whether a value failed that was computed before and is used now. */
export function failAs({ emitter, unreadable }: Lowering, failed: Register | undefined): void {
  if (unreadable !== undefined && failed !== undefined) emitter.emit(alu(unreadable.failed, "|", failed));
}

/** True if a value may be unreadable. */
export const readsUser = ({ unreadable }: Lowering, value: Parameters<typeof readsUserMemory>[0]): boolean =>
  unreadable !== undefined && readsUserMemory(value, new Set(unreadable.variables.keys()));
