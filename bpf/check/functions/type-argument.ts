import type { CallExpression } from "../../language/expression.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { findType, typeNames } from "../btf-names.ts";
import type { Scope } from "../scope.ts";
import { argument } from "./function.ts";

/**
 * A type of the kernel's BTF that a call names in quotes. `pointer` is true if `*` follows the
 * name.
 */
export interface NamedType {
  readonly id: number;
  readonly pointer: boolean;
}

/**
 * Returns the type that an argument names. An unknown type is reported, and undefined is returned.
 */
export function typeArgument(call: CallExpression, index: number, scope: Scope): NamedType | undefined {
  const name = quoted(call, index, "type", scope);
  return name === undefined ? undefined : findTarget(name, argument(call, index).span, scope);
}

/**
 * Returns an argument that must be a quoted string in the rule: the name of a type or of a field.
 */
export function quoted(call: CallExpression, index: number, noun: "type" | "field", scope: Scope): string | undefined {
  const name = argument(call, index);
  if (name.kind === "string") return name.value;
  const written = name.kind === "name" ? name.name : noun === "type" ? "sk_buff" : "len";
  const before = call.arguments
    .slice(0, index)
    .map((_, at) => (at === 0 && call.callee !== "offsetof" ? "x" : '"TYPE"'));
  const help = `write ${call.callee}(${[...before, `"${written}"`].join(", ")})`;
  scope.reporter.error("bad-argument", name.span, `expected the name of a ${noun} in quotes`, help);
  return undefined;
}

function findTarget(value: string, span: CallExpression["span"], scope: Scope): NamedType | undefined {
  const { btf } = scope.kernel;
  const pointer = value.trimEnd().endsWith("*");
  const name = (pointer ? value.trimEnd().slice(0, -1) : value).trim();
  const id = findType(btf, name);
  if (id !== undefined) return { id, pointer };
  const bare = name.replace(/^(struct|union|enum)\s+/, "");
  const help = name.endsWith("*") ? HELP_FOR_POINTERS : didYouMean(bare, typeNames(btf));
  scope.reporter.error("unknown-type", span, `this kernel has no type "${name}"`, help);
  return undefined;
}

const HELP_FOR_POINTERS = 'to follow a pointer to pointers, write cast(cast(p, "u64 *")[0], "TYPE")';
