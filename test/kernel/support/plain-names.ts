import { NO_SYMBOLS } from "../../../bpf/kernel/symbols/symbols.ts";
import { type HostNames, ruleNames, type Names } from "../../../daemon/sample/names.ts";

/** A host that knows no names. */
export const plainHost: HostNames = {
  userName: () => undefined,
  cgroupPath: () => undefined,
  container: () => undefined,
  symbols: NO_SYMBOLS,
  nowMs: () => 0,
};

/** Numbers as they are. */
export const plainNames: Names = ruleNames(plainHost, () => undefined);
