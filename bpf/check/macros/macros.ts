import type { Kernel } from "../../kernel/kernel.ts";
import { CAPABILITIES } from "../names/capabilities.ts";
import { ADDRESS_FAMILIES } from "./address-families.ts";
import { ERRNO } from "./errno.ts";
import { FILE_MODES } from "./file-modes.ts";
import { ALLOCATION_FLAGS } from "./kernel/allocation-flags.ts";
import { INTEGERS } from "./kernel/integers.ts";
import { MEMORY_AREAS } from "./kernel/memory-areas.ts";
import { RESTARTS } from "./kernel/restarts.ts";
import { TASK_FLAGS } from "./kernel/task-flags.ts";
import { TASK_STATES } from "./kernel/task-states.ts";
import { UNITS } from "./kernel/units.ts";
import { OPEN_FLAGS } from "./open-flags.ts";
import { PROGRAM_MACROS } from "./program-macros.ts";
import { SIGNALS } from "./signals.ts";
import { SOCKETS } from "./sockets.ts";

/** The part of a host that the values of macros depend on. */
export type MacroHost = Pick<Kernel, "architecture" | "pageBytes">;

type Values = Readonly<Record<string, number | bigint>>;

const CAPABILITY_NUMBERS = Object.fromEntries(CAPABILITIES.map((name, number) => [name, number]));
/** Macros that programs and the kernel share. They never change. */
const OF_PROGRAMS = [ADDRESS_FAMILIES, ERRNO, SIGNALS, SOCKETS, FILE_MODES, CAPABILITY_NUMBERS];
/** Macros of the kernel itself. Each is the same from Linux 5.10 on. */
const OF_KERNEL = [TASK_STATES, TASK_FLAGS, ALLOCATION_FLAGS, MEMORY_AREAS, RESTARTS, UNITS, INTEGERS];

function programTables({ architecture }: MacroHost): readonly Values[] {
  const shared = PROGRAM_MACROS.flatMap(({ values, only }) => [values, only?.[architecture] ?? {}]);
  return [...OF_PROGRAMS, OPEN_FLAGS[architecture], ...shared];
}

function kernelTables({ pageBytes }: MacroHost): readonly Values[] {
  return [...OF_KERNEL, { PAGE_SIZE: pageBytes, PAGE_SHIFT: Math.log2(pageBytes), PAGE_MASK: -pageBytes }];
}

function find(tables: readonly Values[], name: string): bigint | undefined {
  const value = tables.find((macros) => Object.hasOwn(macros, name))?.[name];
  return value === undefined ? undefined : BigInt(value);
}

/**
 * Returns the value of a C macro of the headers for programs (`AF_INET6`, `O_CREAT`, `PROT_EXEC`),
 * which BTF does not have.
 */
export function programMacro(name: string, host: MacroHost): bigint | undefined {
  return find(programTables(host), name);
}

/**
 * Returns the value of a macro of the kernel itself (`PF_KTHREAD`, `PAGE_SIZE`). An enumerator of
 * this name in the kernel's BTF has precedence.
 */
export function kernelMacro(name: string, host: MacroHost): bigint | undefined {
  return find(kernelTables(host), name);
}

/** Returns the names of all macros, for "did you mean". */
export function macroNames(host: MacroHost): string[] {
  return [...programTables(host), ...kernelTables(host)].flatMap((macros) => Object.keys(macros));
}

/** Returns the architectures that have a macro; none if it does not exist. */
export function architecturesWith(name: string): readonly string[] {
  return (["x86_64", "aarch64"] as const).filter(
    (architecture) => programMacro(name, { architecture, pageBytes: 4096 }) !== undefined,
  );
}
