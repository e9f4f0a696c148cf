import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The sizes of struct elf32_hdr and elf32_phdr (include/uapi/linux/elf.h), and the address of the
 * code after them.
 */
const [HEADER, PROGRAM_HEADER, BASE] = [52, 32, 0x08048000];

/** mov $1, %eax; xor %ebx, %ebx; int $0x80: exit(0) of the 32-bit table. */
const CODE = [0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80];

/** A program for i386 that ends at once. */
function exitingProgram(): Uint8Array {
  const bytes = HEADER + PROGRAM_HEADER + CODE.length;
  const file = new Uint8Array(bytes);
  const view = new DataView(file.buffer);
  const half = (at: number, value: number): void => view.setUint16(at, value, true);
  const word = (at: number, value: number): void => view.setUint32(at, value, true);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const [executable, i386] = [2, 3];
  half(16, executable);
  half(18, i386);
  word(20, 1);
  word(24, BASE + HEADER + PROGRAM_HEADER);
  word(28, HEADER);
  half(40, HEADER);
  half(42, PROGRAM_HEADER);
  half(44, 1);
  const [load, readAndExecute, page] = [1, 5, 4096];
  [load, 0, BASE, BASE, bytes, bytes, readAndExecute, page].forEach((value, index) => word(HEADER + 4 * index, value));
  file.set(CODE, HEADER + PROGRAM_HEADER);
  return file;
}

/** True if this kernel takes system calls of i386 (CONFIG_IA32_EMULATION). */
export function takesCompatCalls(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-compat-"));
  try {
    const path = join(folder, "exits");
    writeFileSync(path, exitingProgram(), { mode: 0o700 });
    return spawnSync(path).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
