import { resolve } from "../kernel/btf/resolve.ts";
import type { Scope } from "./scope.ts";
import type { IntegerType, Term } from "./term.ts";

/** Where memory lies: the kernel's own, or that of the running process. */
export type AddressSpace = "kernel" | "user";

/** What is made of numbers is an address where the one of them is that is known for one. */
export function commonSpace(...types: readonly IntegerType[]): { readonly space?: AddressSpace } {
  const spaces = new Set(types.flatMap(({ space }) => space ?? []));
  const [space] = spaces;
  return space !== undefined && spaces.size === 1 ? { space } : {};
}

/** Where a number leads that a rule takes for an address: into the memory that it was read from, else where numbers of the probe lead. */
export function spaceOfNumber({ space }: IntegerType, { probe }: Scope): AddressSpace {
  const { integerSpace, castSpace = integerSpace } = probe.context;
  return space ?? (castSpace === "user" ? "user" : "kernel");
}

/**
 * What to write for what may be an address of what a function takes; undefined for what is none.
 * @param call spells the call of an argument
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
  if (kind === "pointer") return `write ${call("x[0]")} for the first of what it points to`;
  return `write ${call('cast(x, "char *")')} if it is the address of characters`;
}
