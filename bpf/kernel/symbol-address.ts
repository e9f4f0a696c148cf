import { readFileSync } from "node:fs";

/** Reads the kernel's list of symbols. Returns no bytes if it has none. */
export function readKallsyms(): Buffer {
  try {
    return readFileSync("/proc/kallsyms");
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * Returns the address of a symbol of the kernel, not of a module, from lines of `ffffffff81000000 D
 * name` (s_show in kernel/kallsyms.c). Returns undefined if there is none, and if addresses are
 * hidden, which shows as 0.
 */
export function addressIn(kallsyms: Buffer, name: string): bigint | undefined {
  const end = kallsyms.indexOf(` ${name}\n`);
  if (end < 0) return undefined;
  const start = kallsyms.lastIndexOf("\n", end) + 1;
  const address = /^[0-9a-f]+/.exec(kallsyms.toString("latin1", start, end))?.[0] ?? "0";
  return BigInt(`0x${address}`) || undefined;
}
