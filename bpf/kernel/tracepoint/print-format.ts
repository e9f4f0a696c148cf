import { bracketed, splitArguments, stringLiteral, unwrapped } from "./c-text.ts";

/** Facts about a field from a format file's `print fmt`. */
export interface PrintedField {
  /** printed as an address in network byte order: `%pI4`, `%pI6`, `%pI6c` */
  readonly address?: 4 | 6;
  /**
   * the list of `__print_symbolic(REC->field, {VALUE, "NAME"}, ...)`; values are C constant
   * expressions
   */
  readonly symbols?: readonly { readonly value: string; readonly name: string }[];
}

/**
 * Reads the text after `print fmt: `: the arguments of a printk, a format string, then an
 * expression for each conversion. Returns the facts about fields by name. An expression that is
 * more than one field (`REC->a + 1`, `REC->a ? ...`) gives no facts.
 */
export function readPrintFormat(text: string): ReadonlyMap<string, PrintedField> {
  const [format = "", ...values] = splitArguments(text);
  const printed = new Map<string, PrintedField>();
  conversions(stringLiteral(format) ?? "").forEach((conversion, index) => {
    const value = values[index] ?? "";
    const address = addressFamily(conversion);
    const found = address === undefined ? symbolic(value) : located(value, { address });
    if (found !== undefined && !printed.has(found.field)) printed.set(found.field, found.printed);
  });
  return printed;
}

interface Found {
  readonly field: string;
  readonly printed: PrintedField;
}

const CONVERSION = /%[-+ #0]*(\*|\d+)?(?:\.(\*|\d+)?)?(?:hh|h|ll|l|L|z|t|j|q)?(p[A-Za-z0-9]*|[A-Za-z%])/g;

/**
 * Returns the conversion of each argument; a `*` takes an argument of its own.
 * Documentation/core-api/printk-formats.rst.
 */
function conversions(format: string): readonly string[] {
  return [...format.matchAll(CONVERSION)]
    .filter(([, , , conversion]) => conversion !== "%")
    .flatMap(([, width, precision, conversion = ""]) => [
      ...[width, precision].filter((part) => part === "*").map(() => "*"),
      conversion,
    ]);
}

/**
 * Returns the family of an address conversion. `%pI4h` and `%pI4l` print other byte orders than the
 * network's; `%pIS` prints a `struct sockaddr`.
 */
function addressFamily(conversion: string): 4 | 6 | undefined {
  if (/^p[Ii]4[nb]?$/.test(conversion)) return 4;
  return /^p[Ii]6c?$/.test(conversion) ? 6 : undefined;
}

function located(value: string, printed: PrintedField): Found | undefined {
  const field = fieldOf(value);
  return field === undefined ? undefined : { field, printed };
}

function symbolic(value: string): Found | undefined {
  const call = /^__print_symbolic(?:64|_u64)?\s*\(/.exec(unwrapped(value));
  const inside = call === null ? undefined : bracketed(unwrapped(value), call[0].length - 1);
  const [subject = "", ...pairs] = splitArguments(inside ?? "");
  return located(subject, { symbols: pairs.flatMap(symbolOf) });
}

function symbolOf(pair: string): { value: string; name: string }[] {
  const [value = "", quoted = ""] = splitArguments(bracketed(pair, 0) ?? "");
  const name = stringLiteral(quoted);
  return name === undefined ? [] : [{ value, name }];
}

/** Returns the field of an expression that is one field, with casts, brackets and `&` at most. */
function fieldOf(expression: string): string | undefined {
  let rest = unwrapped(expression);
  for (let before = ""; before !== rest;) {
    before = rest;
    rest = unwrapped(rest.replace(/^(?:\(\s*\w[\w\s]*\**\s*\)|&)\s*(?=\S)/, ""));
  }
  return /^REC->(\w+)$/.exec(rest)?.[1];
}
