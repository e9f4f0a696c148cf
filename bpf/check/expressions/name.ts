import type { NameExpression } from "../../language/expression.ts";
import type { Span } from "../../source/source.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { findBuiltin, BUILTINS } from "../builtins/builtins.ts";
import { AGGREGATE_NAMES } from "../aggregates/aggregate-functions.ts";
import { FUNCTIONS } from "../functions/functions.ts";
import { macroNames, macroValue } from "../macros/macros.ts";
import { helpForOtherName } from "../other-names.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { ERROR, literalTerm, type Term } from "../term.ts";

/** Names bound by the rule come first, then builtins, macros and enumerators. */
export function checkName(expression: NameExpression, scope: Scope, _check: CheckExpression): Term {
  const { name, span } = expression;
  const bound = scope.bound(name);
  if (bound !== undefined) return bound;
  const builtin = findBuiltin(name);
  if (builtin !== undefined) return builtin.lower(scope, span);
  if (/^arg\d+$/.test(name)) return positional(Number(name.slice(3)), expression, scope);
  const value = macroValue(name, scope.kernel.architecture) ?? scope.kernel.btf.enumerator(name)?.value;
  return value === undefined ? unknown(expression, scope) : literalTerm(value);
}

function positional(index: number, { name, span }: NameExpression, scope: Scope): Term {
  const { context, spelled } = scope.probe;
  const term = context.positional[index];
  if (typeof term === "object") return term;
  if (context.positional.length === 0 && context.fields.size > 0) return fieldWanted(name, span, scope);
  const count = context.positional.length;
  const has = count === 0 ? "no arguments" : `"arg0" to "arg${count - 1}"`;
  const message =
    term === undefined ? `"${spelled.text}" has ${has}, found "${name}"` : `"${name}" cannot be read: ${term}`;
  const help = context.returned === undefined ? undefined : 'write "retval"; arguments are there at "uprobe" only';
  scope.reporter.error("not-available", span, message, help);
  return ERROR;
}

/** A tracepoint records fields, whose order means nothing: `arg0` there would be whichever is written first. */
function fieldWanted(name: string, span: Span, scope: Scope): Term {
  const { context, spelled } = scope.probe;
  const fields = [...context.fields].flatMap(([field, term]) => (typeof term === "object" ? [field] : []));
  const help = `write "args.NAME": the fields are ${fields.join(", ")}`;
  scope.reporter.error("not-available", span, `"${spelled.text}" has fields, found "${name}"`, help);
  return ERROR;
}

function helpForUnknown(scope: Scope): string {
  const { fields } = scope.probe.context;
  const names = [...scope.boundNames(), ...BUILTINS.keys()].join(", ");
  return `${fields.size > 0 ? 'fields of the probe are "args.NAME"; ' : ""}the names are ${names}`;
}

/** Of a kernel's tens of thousands of enumerators only one that is spelled in capitals, as this name is: others are near anything. */
function likeEnumerator(name: string, { kernel }: Scope): string | undefined {
  return /^[A-Z][A-Z0-9_]{3,}$/.test(name) ? didYouMean(name, kernel.btf.enumeratorNames()) : undefined;
}

function unknown({ name, span }: NameExpression, scope: Scope): Term {
  const { fields } = scope.probe.context;
  const candidates = [...scope.boundNames(), ...BUILTINS.keys(), "args", ...macroNames(scope.kernel.architecture)];
  const help = fields.has(name)
    ? `write "args.${name}"`
    : (helpForOtherName(name) ?? didYouMean(name, candidates) ?? likeEnumerator(name, scope) ?? helpForUnknown(scope));
  const isFunction = FUNCTIONS.has(name) || AGGREGATE_NAMES.has(name);
  if (name === "args")
    scope.reporter.error("type-mismatch", span, 'expected a field such as "args.NAME", found "args"');
  else if (isFunction) scope.reporter.error("type-mismatch", span, `expected a value, found the function "${name}"`);
  else scope.reporter.error("unknown-name", span, `unknown name "${name}"`, help);
  return ERROR;
}
