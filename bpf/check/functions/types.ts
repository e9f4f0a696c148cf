import type { CallExpression } from "../../language/expression.ts";
import type { Span } from "../../source/source.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { findMember, memberNames } from "../../kernel/btf/find-member.ts";
import { resolve, sizeOf } from "../../kernel/btf/resolve.ts";
import { spell } from "../../kernel/btf/spell.ts";
import { spaceOfNumber } from "../address-space.ts";
import { binary, constant } from "../constant-fold.ts";
import { addressOf, detached } from "../places.ts";
import { describe } from "../describe.ts";
import { createReporter } from "../reporter.ts";
import { agreed, DIFFERS, reportDifferent, withOthers } from "../same-name.ts";
import type { Scope } from "../scope.ts";
import { ERROR, literalTerm, scalarTerm, type Term } from "../term.ts";
import { argument, type LanguageFunction } from "./function.ts";
import { quoted, typeArgument, type NamedType } from "./type-argument.ts";

export const SIZEOF: LanguageFunction = {
  name: "sizeof",
  usage: 'sizeof("TYPE")',
  doc: "The size of a type of the kernel's BTF, in bytes.",
  least: 1,
  most: 1,
  check(call, scope) {
    const target = typeArgument(call, 0, scope);
    if (target === undefined) return ERROR;
    const bytes = target.pointer ? 8 : agreed(target.ids, (id) => sizeOf(scope.kernel.btf, id));
    if (bytes === DIFFERS) {
      reportDifferent("size", target.ids, argument(call, 0).span, scope);
      return ERROR;
    }
    if (bytes !== undefined) return literalTerm(BigInt(bytes));
    const message = `expected a type that has a size, found "${spell(scope.kernel.btf, target.ids[0])}"`;
    scope.reporter.error("bad-argument", argument(call, 0).span, message);
    return ERROR;
  },
};

export const OFFSETOF: LanguageFunction = {
  name: "offsetof",
  usage: 'offsetof("TYPE", "FIELD")',
  doc: "The bytes from the start of a struct to one of its fields, or to a path of fields such as `se.cfs_rq`.",
  least: 2,
  most: 2,
  check(call, scope) {
    const target = typeArgument(call, 0, scope);
    const offset = target === undefined ? undefined : fieldOffset(target, call, 1, scope);
    return offset === undefined ? ERROR : literalTerm(BigInt(offset));
  },
};

export const CONTAINER_OF: LanguageFunction = {
  name: "container_of",
  usage: 'container_of(pointer, "TYPE", "FIELD")',
  doc: "The struct around the field that a pointer points to.",
  least: 3,
  most: 3,
  check(call, scope, check) {
    const inner = check(argument(call, 0), scope);
    const target = typeArgument(call, 1, scope);
    const offset = target === undefined ? undefined : fieldOffset(target, call, 2, scope);
    if (inner.form === "error" || target === undefined || offset === undefined) return ERROR;
    const [id, ...others] = target.ids;
    const outer = container(inner, id, offset, scope);
    return outer === undefined ? notAPointer(call, inner, scope) : withOthers(scope.kernel.btf, outer, others);
  },
};

function container(inner: Term, to: number, offset: number, scope: Scope): Term | undefined {
  const before = constant(BigInt(offset));
  if (inner.form === "place") {
    const { space } = inner.type;
    return scalarTerm({ kind: "pointer", to, space, direct: false }, binary("-", false, addressOf(inner), before));
  }
  if (inner.form !== "scalar" || inner.type.kind === "boolean") return undefined;
  if (inner.type.kind === "integer" && inner.type.bits !== 64) return undefined;
  const number = inner.type.kind === "pointer" ? detached(inner.scalar) : inner.scalar;
  const space = inner.type.kind === "integer" ? spaceOfNumber(inner.type, scope) : inner.type.space;
  return scalarTerm({ kind: "pointer", to, space, direct: false }, binary("-", false, number, before));
}

function notAPointer(call: CallExpression, inner: Term, scope: Scope): Term {
  const found = describe(inner, scope.kernel.btf);
  scope.reporter.error("type-mismatch", argument(call, 0).span, `expected a pointer, found ${found}`);
  return ERROR;
}

/**
 * Returns the offset of the field that an argument names. An unknown field, or one that does not
 * start at a byte, is reported, and undefined is returned.
 */
function fieldOffset(target: NamedType, call: CallExpression, index: number, scope: Scope): number | undefined {
  const path = quoted(call, index, "field", scope);
  if (path === undefined) return undefined;
  const { span } = argument(call, index);
  const silent = { ...scope, reporter: createReporter() };
  const offset = agreed(target.ids, (id) => offsetIn(id, target.pointer, path, span, silent));
  if (offset === undefined) return offsetIn(target.ids[0], target.pointer, path, span, scope);
  if (offset !== DIFFERS) return offset;
  reportDifferent(`"${path}"`, target.ids, span, scope);
  return undefined;
}

function offsetIn(id: number, pointer: boolean, path: string, span: Span, scope: Scope): number | undefined {
  const { btf } = scope.kernel;
  let type = id;
  let offset = 0;
  for (const name of path.split(".")) {
    const member = pointer ? undefined : findMember(btf, type, name);
    if (member === undefined) {
      const help = didYouMean(name, isStruct(type, scope) ? memberNames(btf, type) : []);
      scope.reporter.error("unknown-field", span, `"${spell(btf, type)}" has no field "${name}"`, help);
      return undefined;
    }
    if (member.bitfieldBits !== 0) {
      scope.reporter.error(
        "bad-argument",
        span,
        `expected a field that starts at a byte, found the bitfield "${name}"`,
      );
      return undefined;
    }
    offset += member.bitOffset / 8;
    type = member.type;
  }
  return offset;
}

function isStruct(type: number, { kernel }: Scope): boolean {
  const { kind } = resolve(kernel.btf, type).type;
  return kind === "struct" || kind === "union";
}
