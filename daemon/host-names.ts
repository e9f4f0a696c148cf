import { hostSymbols } from "../bpf/kernel/symbols/host-symbols.ts";
import { cgroupPaths } from "./sample/cgroup-paths.ts";
import type { HostNames } from "./sample/names.ts";
import { userNames } from "./sample/user-names.ts";
import type { Clock } from "./service/clock.ts";

/**
 * The names that this host has for users, cgroups and addresses.
 *
 * @param onFault told, in one line, why symbols cannot be read
 */
export function openHostNames(clock: Clock, onFault: (fault: string) => void): HostNames {
  const nowMs = (): number => clock.bootMs();
  return { userName: userNames(nowMs), cgroupPath: cgroupPaths(nowMs), symbols: hostSymbols({ nowMs, onFault }) };
}
