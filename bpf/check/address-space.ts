import { resolve } from "../kernel/btf/resolve.ts";
import type { Scope } from "./scope.ts";
import type { IntegerType, Term } from "./term.ts";

/** The memory that an address is in: the kernel's, or that of the running process. */
export type AddressSpace = "kernel" | "user";

/** Returns the address space of a result of several numbers: the one that they agree on. */
export function commonSpace(...types: readonly IntegerType[]): { readonly space?: AddressSpace } {
  const spaces = new Set(types.flatMap(({ space }) => space ?? []));
  const [space] = spaces;
  return space !== undefined && spaces.size === 1 ? { space } : {};
}

/**
 * Returns the memory that a number is an address in, when a rule uses it as one. It is the memory
 * that the number was read from, or else the one that the numbers of the probe point into.
 */
export function spaceOfNumber({ space }: IntegerType, { probe }: Scope): AddressSpace {
  const { integerSpace, castSpace = integerSpace } = probe.context;
  return space ?? (castSpace === "user" ? "user" : "kernel");
}

/**
 * Returns the help for a term that may be the address of an argument instead of the argument
 * itself. Returns undefined if it cannot be one.
 * @param call spells the call with an argument
 */
export function addressHelp(call: (x: string) => string, term: Term, scope: Scope): string | undefined {
  if (term.form !== "scalar") return undefined;
  const { type } = term;
  if (type.kind === "integer") {
    if (type.bits < 64 && type.space === undefined) return undefined;
    const { castSpace } = scope.probe.context;
    const space = type.space ?? castSpace;
    const [user, kernel] = [call("uptr(x)"), call("kptr(x)")];
    if (space !== undefined) return `write ${space === "user" ? user : kernel} if it is an address`;
    return `write ${user} if it is an address in the memory of the process, ${kernel} in the kernel's`;
  }
  if (type.kind !== "pointer") return undefined;
  const { kind } = resolve(scope.kernel.btf, type.to).type;
  if (kind === "pointer") return `write ${call("x[0]")} for the first value that it points to`;
  return `write ${call('cast(x, "char *")')} if it is the address of characters`;
}
