import { possibleCpus } from "libbpf-ts";

/**
 * Hand-written instructions (Documentation/bpf/standardization/instruction-set.rst), for programs
 * that no compiler of ours made.
 */
export function program(...instructions: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(instructions);
}

function instruction(
  opcode: number,
  destination: number,
  source: number,
  offset: number,
  immediate: number,
): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8((source << 4) | destination, 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate, 4);
  return bytes;
}

export const move = (register: number, value: number): Uint8Array => instruction(0xb7, register, 0, 0, value);
export const copy = (to: number, from: number): Uint8Array => instruction(0xbf, to, from, 0, 0);
export const add = (register: number, value: number): Uint8Array => instruction(0x07, register, 0, 0, value);
export const shiftRight = (register: number, bits: number): Uint8Array => instruction(0x77, register, 0, 0, bits);
export const and = (register: number, value: number): Uint8Array => instruction(0x57, register, 0, 0, value);
export const load64 = (to: number, from: number, offset: number): Uint8Array => instruction(0x79, to, from, offset, 0);
export const store64 = (to: number, offset: number, from: number): Uint8Array => instruction(0x7b, to, from, offset, 0);
export const storeValue = (to: number, offset: number, value: number): Uint8Array =>
  instruction(0x7a, to, 0, offset, value);
export const storeValue32 = (to: number, offset: number, value: number): Uint8Array =>
  instruction(0x62, to, 0, offset, value);
/** *(u64 *)(to + offset) += from, atomically */
export const atomicAdd = (to: number, offset: number, from: number): Uint8Array =>
  instruction(0xdb, to, from, offset, 0);
/** Skips `count` instructions where the register equals the value. */
export const skipIfEqual = (register: number, value: number, count: number): Uint8Array =>
  instruction(0x15, register, 0, count, value);
export const skipUnlessEqual = (register: number, value: number, count: number): Uint8Array =>
  instruction(0x55, register, 0, count, value);
export const call = (helper: number): Uint8Array => instruction(0x85, 0, 0, 0, helper);
export const exit = instruction(0x95, 0, 0, 0, 0);
/** Two instructions long. */
export const loadMap = (register: number, fd: number): Uint8Array =>
  Buffer.concat([instruction(0x18, register, 1, 0, fd), instruction(0, 0, 0, 0, 0)]);

export const HELPER = {
  mapLookup: 1,
  currentPidTgid: 14,
  ringOutput: 130,
  ringReserve: 131,
  ringSubmit: 132,
  ringDiscard: 133,
} as const;

/** Leaves the program, returning 0, unless this process runs it. Uses r0. */
export function onlyThisProcess(): Uint8Array {
  return program(call(HELPER.currentPidTgid), shiftRight(0, 32), skipIfEqual(0, process.pid, 2), move(0, 0), exit);
}

/** Adds 1 to the u64 in slot 0 of an array map, then returns 0. Uses the stack's first 8 bytes. */
export function countInto(mapFd: number): Uint8Array {
  return program(
    storeValue(10, -8, 0),
    loadMap(1, mapFd),
    copy(2, 10),
    add(2, -8),
    call(HELPER.mapLookup),
    skipIfEqual(0, 0, 2),
    move(1, 1),
    atomicAdd(0, 0, 1),
    move(0, 0),
    exit,
  );
}

/** The total of a per-CPU value's u64 at the start of each CPU's part. */
export function sumOverCpus(value: Uint8Array): bigint {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const stride = value.byteLength / possibleCpus();
  let total = 0n;
  for (let at = 0; at < value.byteLength; at += stride) total += view.getBigUint64(at, true);
  return total;
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}
