import { ruleNames, type Names } from "../../../daemon/sample/names.ts";
import { NO_SYMBOLS } from "../../../bpf/kernel/symbols/symbols.ts";

/** Numbers as they are. */
export const plainNames: Names = ruleNames(
  {
    userName: () => undefined,
    cgroupPath: () => undefined,
    container: () => undefined,
    symbols: NO_SYMBOLS,
    nowMs: () => 0,
  },
  () => undefined,
);
