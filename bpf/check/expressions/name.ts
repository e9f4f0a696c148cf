import type { NameExpression } from "../../language/expression.ts";
import type { Span } from "../../source/source.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { spell } from "../../kernel/btf/spell.ts";
import type { FoundEnumerator } from "../../kernel/kernel.ts";
import { findBuiltin, BUILTINS } from "../builtins/builtins.ts";
import { AGGREGATE_NAMES } from "../aggregate-functions.ts";
import { FUNCTIONS } from "../functions/functions.ts";
import { architecturesWith, kernelMacro, macroNames, programMacro } from "../macros/macros.ts";
import { UNSETTLED } from "../macros/unsettled.ts";
import { helpForOtherName } from "../other-names.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { ERROR, literalTerm, type Term } from "../term.ts";

/** Resolves a name. Names that the rule binds come first, then builtins, macros and enumerators. */
export function checkName(expression: NameExpression, scope: Scope, _check: CheckExpression): Term {
  const { name, span } = expression;
  const bound = scope.bound(name);
  if (bound !== undefined) return bound;
  const builtin = findBuiltin(name);
  if (builtin !== undefined) return builtin.lower(scope, span);
  if (/^arg\d+$/.test(name)) return positional(Number(name.slice(3)), expression, scope);
  const { kernel } = scope;
  const macro = programMacro(name, kernel);
  if (macro !== undefined) return literalTerm(macro);
  const enumerators = kernel.btf.enumerators(name);
  if (new Set(enumerators.map(({ value }) => value)).size > 1) return severalNumbers(expression, enumerators, scope);
  const value = enumerators[0]?.value ?? kernelMacro(name, kernel);
  return value === undefined ? unknown(expression, scope) : literalTerm(value);
}

/** Source files of the kernel have names for numbers of their own. */
function severalNumbers({ name, span }: NameExpression, all: readonly FoundEnumerator[], scope: Scope): Term {
  const { btf } = scope.kernel;
  const found = all.map(({ value, enumId }) => `${value} in "${spell(btf, enumId)}"`);
  const message = `"${name}" is not one number in this kernel: it is ${[...new Set(found)].join(", ")}`;
  scope.reporter.error("ambiguous-type", span, message, "write the number that is meant");
  return ERROR;
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
  const help = context.returned === undefined ? undefined : 'write "retval"; only "uprobe" has arguments';
  scope.reporter.error("not-available", span, message, help);
  return ERROR;
}

/**
 * Reports `arg0` at a tracepoint. Its fields have no order that means anything, so `arg0` would be
 * the first field by chance.
 */
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

/**
 * Returns the most similar name. A name in capitals is compared with constants, another name with
 * the names of the rule. A kernel has tens of thousands of enumerators: only those in capitals are
 * searched, since other names are near anything.
 */
function nearest(name: string, scope: Scope): string | undefined {
  const { kernel } = scope;
  const names = [...scope.boundNames(), ...BUILTINS.keys(), "args"];
  if (!/^[A-Z_][A-Z0-9_]{3,}$/.test(name)) return didYouMean(name, names) ?? didYouMean(name, macroNames(kernel));
  return didYouMean(name, [...macroNames(kernel), ...kernel.btf.enumeratorNames()]) ?? didYouMean(name, names);
}

/** Returns the help for a macro of another architecture. */
function helpElsewhere(name: string): string | undefined {
  const [architecture] = architecturesWith(name);
  return architecture && `only kernels for ${architecture} have it`;
}

function unknown({ name, span }: NameExpression, scope: Scope): Term {
  const { fields } = scope.probe.context;
  const help = fields.has(name)
    ? `write "args.${name}"`
    : (helpForOtherName(name) ?? helpElsewhere(name) ?? nearest(name, scope) ?? helpForUnknown(scope));
  const isFunction = FUNCTIONS.has(name) || AGGREGATE_NAMES.has(name);
  const unsettled = UNSETTLED.get(name);
  if (name === "args")
    scope.reporter.error("type-mismatch", span, 'expected a field such as "args.NAME", found "args"');
  else if (isFunction) scope.reporter.error("type-mismatch", span, `expected a value, found the function "${name}"`);
  else if (unsettled !== undefined)
    scope.reporter.error("not-available", span, `"${name}" is not the same on all kernels`, unsettled);
  else scope.reporter.error("unknown-name", span, `unknown name "${name}"`, help);
  return ERROR;
}
