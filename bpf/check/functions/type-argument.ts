import type { CallExpression } from "../../language/expression.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import type { Btf } from "../../kernel/kernel.ts";
import { findTypes, typeNames } from "../btf-names.ts";
import { isChosen } from "../same-name.ts";
import type { Scope } from "../scope.ts";
import { argument } from "./function.ts";

/**
 * A type of the kernel's BTF that a call names in quotes. `pointer` is true if `*` follows the
 * name.
 */
export interface NamedType {
  /** all that have the name: those of `NAME{...}` where that is written */
  readonly ids: readonly [number, ...number[]];
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
  const [plain, choice] = withoutChoice(name);
  const named = distinct(btf, findTypes(btf, plain));
  const [id, ...others] = choice === undefined ? named : named.filter((each) => isChosen(btf, each, choice));
  if (id !== undefined) return { ids: [id, ...others], pointer };
  if (named.length > 0) {
    scope.reporter.error("unknown-type", span, `this kernel has no type "${plain}" with {${choice}}`);
    return undefined;
  }
  const bare = plain.replace(/^(struct|union|enum)\s+/, "");
  const help = plain.endsWith("*") ? HELP_FOR_POINTERS : didYouMean(bare, typeNames(btf));
  scope.reporter.error("unknown-type", span, `this kernel has no type "${plain}"`, help);
  return undefined;
}

/** `NAME{MEMBER}` is the type of that name that has the member, `NAME{BYTES}` the one of that size. */
function withoutChoice(name: string): readonly [plain: string, choice?: string] {
  const [, plain, choice] = /^([^{]*[^{\s])\s*\{([^{}]+)\}$/.exec(name) ?? [];
  return plain === undefined || choice === undefined ? [name] : [plain, choice];
}

/** Typedefs of several files for one type are one. */
function distinct(btf: Btf, ids: readonly number[]): readonly number[] {
  return [...new Map(ids.toReversed().map((id) => [resolve(btf, id).id, id])).values()].toReversed();
}

const HELP_FOR_POINTERS = 'to follow a pointer to pointers, write cast(cast(p, "u64 *")[0], "TYPE")';
