import { immediate, load, store, fitsImmediate } from "../../instruction.ts";
import type { AccessBytes, Register } from "../../instruction.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";

export interface Chunk {
  readonly offset: number;
  readonly bytes: AccessBytes;
}

/**
 * Splits `bytes` into accesses of at most `widest` bytes, each aligned to its size if the start is
 * aligned to `widest`.
 */
export function chunksOf(bytes: number, widest: AccessBytes): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let offset = 0;
  for (const size of [8, 4, 2, 1] as const) {
    for (; size <= widest && bytes - offset >= size; offset += size) chunks.push({ offset, bytes: size });
  }
  return chunks;
}

/** Returns the widest access that `offset` is aligned to. */
export const alignmentOf = (offset: number): AccessBytes =>
  offset % 8 === 0 ? 8 : offset % 4 === 0 ? 4 : offset % 2 === 0 ? 2 : 1;

/**
 * Returns the number that an access of `bytes` at `offset` gives on a little-endian machine; bytes
 * after the end are 0.
 */
export function littleEndian(data: Uint8Array, offset: number, bytes: number): bigint {
  let value = 0n;
  for (let index = bytes - 1; index >= 0; index--) value = (value << 8n) | BigInt(data[offset + index] ?? 0);
  return value;
}

/** Writes constant bytes, and zeros after them up to `room`. */
export function writeConstant(lowering: Lowering, place: MemoryPlace, data: Uint8Array, room: number): void {
  const { emitter } = lowering;
  for (const { offset, bytes } of alignedChunks(place.offset, room)) {
    const value = BigInt.asIntN(8 * bytes, littleEndian(data, offset, bytes));
    const at = place.offset + offset;
    if (bytes < 8 || fitsImmediate(value)) emitter.emit(store(bytes, place.base, at, immediate(Number(value))));
    else emitter.emit(store(8, place.base, at, emitter.constant(value)));
  }
}

export const writeZeros = (lowering: Lowering, place: MemoryPlace, bytes: number): void => {
  writeConstant(lowering, place, new Uint8Array(), bytes);
};

/** Copies a few bytes between places by loads and stores that suit both alignments. */
export function copyMemory(lowering: Lowering, to: MemoryPlace, from: MemoryPlace, bytes: number): void {
  const { emitter } = lowering;
  const alignment = Math.min(alignmentOf(to.offset), alignmentOf(from.offset)) as AccessBytes;
  for (const chunk of chunksOf(bytes, alignment)) {
    const value: Register = emitter.register();
    emitter.emit(load(chunk.bytes, value, from.base, from.offset + chunk.offset));
    emitter.emit(store(chunk.bytes, to.base, to.offset + chunk.offset, value));
  }
}

/** Returns the chunks of a region that starts at any alignment. */
function alignedChunks(start: number, bytes: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let offset = 0; offset < bytes;) {
    const alignment = alignmentOf(start + offset);
    const size =
      ([8, 4, 2, 1] as const).find((candidate) => candidate <= alignment && candidate <= bytes - offset) ?? 1;
    chunks.push({ offset, bytes: size });
    offset += size;
  }
  return chunks;
}
