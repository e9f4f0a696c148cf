import type { Btf, Kernel } from "../../kernel/kernel.ts";
import { spell } from "../../kernel/btf/spell.ts";
import type { Term } from "../term.ts";
import type { Type } from "../type.ts";
import { resolveProbe } from "./probe-kinds.ts";

/** A name that expressions at a probe can use besides the builtins. */
export type ProbeArgument =
  | { readonly name: string; readonly type: string }
  /** exists, but rules cannot read it */
  | { readonly name: string; readonly unreadable: string };

/**
 * Returns `args.NAME`, or `arg0`... if arguments have no names, and `retval`. A string says why the
 * probe cannot be used.
 */
export function probeArguments(probe: string, kernel: Kernel): readonly ProbeArgument[] | string {
  const source = { path: "", text: probe };
  const resolution = resolveProbe({ text: probe, span: { source, start: 0, end: probe.length } }, kernel);
  if ("fault" in resolution) return resolution.fault.message;
  const [first] = resolution.probes;
  if (first === undefined) return "nothing matches";
  const { fields, positional, returned } = first.context;
  const named: [string, Term | string][] =
    fields.size > 0
      ? [...fields].map(([name, term]) => [`args.${name}`, term])
      : positional.map((term, index) => [`arg${index}`, term]);
  if (returned !== undefined) named.push(["retval", returned]);
  return named.map(([name, term]) =>
    typeof term === "string" ? { name, unreadable: term } : { name, type: spellTerm(term, first.types ?? kernel.btf) },
  );
}

function spellTerm(term: Term, btf: Btf): string {
  if (term.form === "error") return "?";
  return term.form === "context-array" ? term.cType : spellType(term.type, btf);
}

/** Writes a type in few characters, and as `cast` takes it, if it can. */
function spellType(type: Type, btf: Btf): string {
  switch (type.kind) {
    case "integer":
      return `${type.signed ? "s" : "u"}${type.bits}`;
    case "boolean":
      return "bool";
    case "string":
    case "address":
    case "stack":
      return type.kind;
    case "pointer":
      return `${spell(btf, type.to)} *${type.space === "user" ? " (user memory)" : ""}`;
    case "place":
      return spell(btf, type.type);
  }
}
