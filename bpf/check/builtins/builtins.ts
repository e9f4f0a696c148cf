import type { Builtin } from "./builtin.ts";
import { COMPAT } from "./compat.ts";
import { IDENTITY } from "./identity.ts";
import { PROBE } from "./probe.ts";
import { SELF } from "./self.ts";
import { STACK } from "./stack.ts";
import { TASK } from "./task.ts";

/** All builtin names except `args` and `arg0`, `arg1`, ..., in the order of the documentation. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  [...IDENTITY, ...TASK, ...SELF, ...COMPAT, ...STACK, ...PROBE].map((builtin) => [builtin.name, builtin]),
);

export function findBuiltin(name: string): Builtin | undefined {
  return BUILTINS.get(name);
}
