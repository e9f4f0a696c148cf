import type { Architecture } from "../../kernel/kernel.ts";
import { CAPABILITIES } from "../names/capabilities.ts";
import { ADDRESS_FAMILIES } from "./address-families.ts";
import { ERRNO } from "./errno.ts";
import { FILE_MODES } from "./file-modes.ts";
import { OPEN_FLAGS } from "./open-flags.ts";
import { SIGNALS } from "./signals.ts";
import { SOCKETS } from "./sockets.ts";

const CAPABILITY_NUMBERS = Object.fromEntries(CAPABILITIES.map((name, number) => [name, number]));
const SHARED = [ADDRESS_FAMILIES, ERRNO, SIGNALS, SOCKETS, FILE_MODES, CAPABILITY_NUMBERS];

function tablesOf(architecture: Architecture): readonly Readonly<Record<string, number>>[] {
  return [...SHARED, OPEN_FLAGS[architecture]];
}

/** The value of a C macro that BTF does not carry (`AF_INET6`, `O_CREAT`, `ECONNREFUSED`), on the kernel's architecture. */
export function macroValue(name: string, architecture: Architecture): bigint | undefined {
  const table = tablesOf(architecture).find((macros) => Object.hasOwn(macros, name));
  const value = table?.[name];
  return value === undefined ? undefined : BigInt(value);
}

/** The names of all macros, for "did you mean". */
export function macroNames(architecture: Architecture): string[] {
  return tablesOf(architecture).flatMap((macros) => Object.keys(macros));
}
