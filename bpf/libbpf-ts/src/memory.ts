import koffi from "koffi";
import { BpfError } from "./bpf-error.ts";
import { lastErrno, mmap, munmap } from "./libc.ts";

const PROTECTION = { read: 1, "read and write": 3 } as const;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;

/**
 * A descriptor's memory as an ArrayBuffer. After disposing, the buffer and all views of it have
 * length 0.
 */
export interface MappedMemory extends Disposable {
  readonly buffer: ArrayBuffer;
}

export interface MapMemoryRequest {
  readonly fd: number;
  readonly bytes: number;
  readonly offset: number;
  readonly access: keyof typeof PROTECTION;
}

/**
 * Maps memory shared with mmap(2). Writing into memory that was mapped for reading ends the
 * process. Throws BpfError.
 */
export function mapShared({ fd, bytes, offset, access }: MapMemoryRequest, subject: string): MappedMemory {
  const address = mmap(null, bytes, PROTECTION[access], MAP_SHARED, fd, offset);
  if (address === MAP_FAILED) throw new BpfError("mmap", lastErrno(), subject);
  const buffer = koffi.view(address, bytes);
  return {
    buffer,
    [Symbol.dispose]() {
      if (buffer.detached) return;
      // Detaches the buffer: a view that was kept is then empty, and cannot read unmapped memory.
      buffer.transfer(0);
      munmap(address, bytes);
    },
  };
}
