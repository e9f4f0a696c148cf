import { constant } from "../constant-fold.ts";
import { ERROR, scalarTerm } from "../term.ts";
import { argument, type LanguageFunction } from "./function.ts";

export const KADDR: LanguageFunction = {
  name: "kaddr",
  usage: 'kaddr("SYMBOL")',
  doc: 'The address of a variable or function of the kernel, to be cast: `cast(kaddr("avenrun"), "unsigned long *")[0]`.',
  least: 1,
  most: 1,
  check(call, scope) {
    const name = argument(call, 0);
    if (name.kind !== "string") {
      const help = 'write kaddr("avenrun")';
      scope.reporter.error("bad-argument", name.span, "expected the name of a symbol in quotes", help);
      return ERROR;
    }
    const address = scope.kernel.symbolAddress(name.value);
    if (address !== undefined) {
      return scalarTerm({ kind: "pointer", to: 0, space: "kernel", direct: false }, constant(address));
    }
    const message = `this kernel has no symbol "${name.value}", or hides its address`;
    scope.reporter.error(
      "not-available",
      name.span,
      message,
      "look for it in /proc/kallsyms as root; variables are listed only with CONFIG_KALLSYMS_ALL",
    );
    return ERROR;
  },
};
