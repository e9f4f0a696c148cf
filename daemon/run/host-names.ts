import type { ForeignReader } from "../../bpf/foreign/foreign-reader.ts";
import { hostSymbols } from "../../bpf/foreign/host-symbols.ts";
import { cgroupPaths } from "../sample/cgroup-paths.ts";
import { containerNames } from "../sample/container-names.ts";
import type { HostNames } from "../sample/names.ts";
import { userNames } from "../sample/user-names.ts";
import type { Clock } from "../service/clock.ts";

/**
 * Opens this host's names for users, cgroups and addresses.
 *
 * @param reader reads files that processes have mapped
 * @param onFault called with the reason, in one line, why symbols cannot be read
 */
export function openHostNames(clock: Clock, reader: ForeignReader, onFault: (fault: string) => void): HostNames {
  const nowMs = (): number => clock.bootMs();
  const symbols = hostSymbols({ nowMs, onFault }, reader);
  return {
    ...{ userName: userNames(nowMs), cgroupPath: cgroupPaths(nowMs), container: containerNames(nowMs) },
    ...{ symbols, nowMs },
  };
}
