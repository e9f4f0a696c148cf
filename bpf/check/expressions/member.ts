import type { MemberExpression } from "../../language/expression.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { findMember, memberNames } from "../../kernel/btf/find-member.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { spell } from "../../kernel/btf/spell.ts";
import { describe } from "../describe.ts";
import { readField, structAt } from "../places.ts";
import { DIFFERS, readInEach, reportDifferent, typesOf } from "../same-name.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { ERROR, type Term } from "../term.ts";

/** Checks `args.NAME`, and `object.field` through structs and pointers to them. */
export function checkMember(expression: MemberExpression, scope: Scope, check: CheckExpression): Term {
  const { object } = expression;
  if (object.kind === "name" && object.name === "args" && scope.bound("args") === undefined) {
    return argument(expression, scope);
  }
  const term = check(object, scope);
  if (term.form === "error") return ERROR;
  const { btf } = scope.kernel;
  const read = readInEach(btf, term, (each) => readField(btf, each, expression.field));
  if (read !== DIFFERS) return read ?? noField(expression, term, scope);
  reportDifferent(`"${expression.field}"`, typesOf(term), expression.fieldSpan, scope);
  return ERROR;
}

function argument({ field, fieldSpan }: MemberExpression, scope: Scope): Term {
  const { context, spelled } = scope.probe;
  const term = context.fields.get(field);
  if (typeof term === "object") return term;
  if (term !== undefined) {
    scope.reporter.error("not-available", fieldSpan, `field "${field}" cannot be read: ${term}`);
  } else if (context.fields.size === 0) {
    const help = context.positional.length > 0 ? 'write "arg0", "arg1", ...' : 'write "retval"';
    scope.reporter.error("unknown-field", fieldSpan, `"${spelled.text}" has no arguments by name`, help);
  } else {
    const names = [...context.fields.keys()];
    const help = didYouMean(field, names) ?? `the fields are ${names.join(", ")}`;
    scope.reporter.error("unknown-field", fieldSpan, `"${spelled.text}" has no field "${field}"`, help);
  }
  return ERROR;
}

function noField({ field, fieldSpan, object }: MemberExpression, term: Term, scope: Scope): Term {
  const { btf } = scope.kernel;
  const struct = structAt(btf, term)?.typeId;
  if (struct === undefined) {
    const help = helpToWalk(term, scope);
    scope.reporter.error("type-mismatch", object.span, `expected a struct, found ${describe(term, btf)}`, help);
  } else if (findMember(btf, struct, field) !== undefined) {
    scope.reporter.error("not-available", fieldSpan, `field "${field}" of "${spell(btf, struct)}" has no value`);
  } else {
    const help = didYouMean(field, memberNames(btf, struct));
    scope.reporter.error("unknown-field", fieldSpan, `"${spell(btf, struct)}" has no field "${field}"`, help);
  }
  return ERROR;
}

function helpToWalk(term: Term, scope: Scope): string | undefined {
  if (term.form !== "scalar") return undefined;
  if (term.type.kind === "integer") return `write cast(x, "TYPE") if the number is the address of a struct`;
  if (term.type.kind !== "pointer") return undefined;
  const target = resolve(scope.kernel.btf, term.type.to).type;
  if (target.kind === "void") return `name the type that it points to with cast(x, "TYPE")`;
  return target.kind === "forward"
    ? `this kernel's BTF does not describe "${spell(scope.kernel.btf, term.type.to)}"`
    : undefined;
}
