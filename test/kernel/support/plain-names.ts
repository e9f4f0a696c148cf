import { ruleNames, type Names } from "../../../daemon/sample/names.ts";
import { NO_SYMBOLS } from "../../../daemon/sample/symbols.ts";

/** Numbers as they are. */
export const plainNames: Names = ruleNames({ userName: () => undefined, symbols: NO_SYMBOLS }, () => undefined);
