import koffi from "koffi";
import { GETPPID } from "../compile/host.ts";

const library = koffi.load("libc.so.6");
const call = library.func("long syscall(long number, uint64_t first)");
const setAffinity = library.func("int sched_setaffinity(int pid, size_t bytes, uint64_t *mask)");
const getAffinity = library.func("int sched_getaffinity(int pid, size_t bytes, _Out_ uint64_t *mask)");

/**
 * A rule's probe and filter for `callWith` of this process: `number` is what it was called with,
 * unsigned.
 */
export const CALLED_WITH = `probe: tracepoint:raw_syscalls:sys_enter
filter: pid == ${process.pid} and args.id == ${GETPPID}
with: {number: "args.args[0]"}`;

/** getppid(2) with a number in its first register, where the kernel does not look but a rule does. */
export function callWith(value: bigint): void {
  call(GETPPID, BigInt.asUintN(64, value));
}

/**
 * Runs `body` with the main thread on one of the CPUs that it may use, the first or the last of
 * them.
 */
export function onCpu(which: "first" | "last", body: () => void): void {
  const allowed = new BigUint64Array(1);
  getAffinity(0, 8, allowed);
  const mask = allowed[0] ?? 1n;
  const one = which === "first" ? mask & -mask : 1n << BigInt(mask.toString(2).length - 1);
  setAffinity(0, 8, BigUint64Array.of(one));
  try {
    body();
  } finally {
    setAffinity(0, 8, allowed);
  }
}
