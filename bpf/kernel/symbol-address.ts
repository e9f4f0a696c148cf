import { readFileSync } from "node:fs";

/** What the kernel says of its symbols; empty where it has no list of them. */
export function readKallsyms(): Buffer {
  try {
    return readFileSync("/proc/kallsyms");
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * The address of a symbol in lines of `ffffffff81000000 D name` (s_show in kernel/kallsyms.c), the kernel's own and not a module's.
 * Undefined where there is none, and where addresses are hidden, which shows as 0.
 */
export function addressIn(kallsyms: Buffer, name: string): bigint | undefined {
  const end = kallsyms.indexOf(` ${name}\n`);
  if (end < 0) return undefined;
  const start = kallsyms.lastIndexOf("\n", end) + 1;
  const address = /^[0-9a-f]+/.exec(kallsyms.toString("latin1", start, end))?.[0] ?? "0";
  return BigInt(`0x${address}`) || undefined;
}
