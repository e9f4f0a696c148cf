import type { Architecture } from "../../kernel/kernel.ts";
import { ADDRESS_FAMILIES } from "../macros/address-families.ts";
import { ERRNO } from "../macros/errno.ts";
import { SIGNALS } from "../macros/signals.ts";
import { CAPABILITIES } from "./capabilities.ts";
import { callNames } from "./compat-syscalls.ts";
import { syscallNames } from "./syscalls.ts";

export type Names = ReadonlyMap<bigint, string>;

/** Returns the first name of each value. `secondary` names are left out. */
function byValue(table: Readonly<Record<string, number>>, sign: 1 | -1 = 1, secondary: readonly string[] = []): Names {
  const names = new Map<bigint, string>();
  for (const [name, value] of Object.entries(table)) {
    const key = BigInt(sign * value);
    if (!names.has(key) && !secondary.includes(name)) names.set(key, name);
  }
  return names;
}

/**
 * Negated error numbers, as system calls and kernel functions return them. Other results have no
 * name.
 */
export const ERROR_NAMES: Names = byValue(ERRNO, -1);
export const SIGNAL_NAMES: Names = byValue(SIGNALS);
export const FAMILY_NAMES: Names = byValue(ADDRESS_FAMILIES, 1, ["AF_LOCAL"]);
export const CAPABILITY_NAMES: Names = new Map(CAPABILITIES.map((name, value) => [BigInt(value), name]));

/** States of a TCP connection (include/net/tcp_states.h), as ss(8) spells them. */
export const TCP_STATE_NAMES: Names = new Map(
  [
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "NEW_SYN_RECV",
  ].map((name, index) => [BigInt(index + 1), name]),
);

const SYSCALL_NAMES: Readonly<Record<Architecture, Names>> = {
  x86_64: syscallNames("x86_64"),
  aarch64: syscallNames("aarch64"),
};

const CALL_NAMES: Readonly<Record<Architecture, Names>> = {
  x86_64: callNames("x86_64"),
  aarch64: callNames("aarch64"),
};

/** Returns the names of the numbers that `syscall()` returns. */
export const callNamesOf = (architecture: Architecture): Names => CALL_NAMES[architecture];

export function syscallNamesOf(architecture: Architecture): Names {
  return SYSCALL_NAMES[architecture];
}
