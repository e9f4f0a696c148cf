import type { Scalar } from "./typed-expression.ts";

/** The number of bytes that one load can read. */
export type Width = 1 | 2 | 4 | 8;

export function isWidth(bytes: number): bytes is Width {
  return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8;
}

const BITS = { 1: 8, 2: 16, 4: 32, 8: 64 } as const;

export function bitsOf(bytes: Width): 8 | 16 | 32 | 64 {
  return BITS[bytes];
}

/**
 * Loads from the context. Programs may load directly only at multiples of the width. A field at
 * another offset is read through its address.
 */
export function contextLoad(offset: number, bytes: Width, signed: boolean): Scalar {
  if (offset % bytes === 0) return { op: "context", offset, bytes, signed };
  return { op: "load", base: { op: "context-address", offset }, offset: 0, bytes, signed, how: "kernel" };
}
