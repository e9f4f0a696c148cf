import type { ErrorObject } from "ajv";
import { DURATION_UNITS } from "../../bpf/language/number.ts";
import { unitCalled } from "../../bpf/language/other-units.ts";
import { suggest } from "../../bpf/source/did-you-mean.ts";
import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import type { Span } from "../../bpf/source/source.ts";
import type { YamlCode } from "./codes.ts";
import { describeNode } from "./describe-node.ts";
import { entriesOf, entryOf, valueOf } from "./yaml-node.ts";
import type { YamlNode } from "./yaml-node.ts";

const diagnostic = errorAt<YamlCode>;

/** The form of a name that is used in expressions and as a label. */
export const NAME_PATTERN = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The most errors that are reported. Nobody reads more, and each costs a search for the intended
 * word.
 */
const MAX_ERRORS = 200;

/**
 * Converts the errors of a JSON Schema to diagnostics. Unknown and missing keys underline a key,
 * wrong values the value.
 */
export function schemaDiagnostics(root: YamlNode, all: readonly ErrorObject[]): readonly Diagnostic[] {
  const isTooMany = ({ keyword }: ErrorObject): boolean => keyword === "maxItems" || keyword === "maxProperties";
  const errors = [...all.filter(isTooMany), ...all.filter((error) => !isTooMany(error))].slice(0, MAX_ERRORS);
  const missing = errors.filter((error) => error.keyword === "required");
  const unknown = errors.filter((error) => error.keyword === "additionalProperties");
  const misspelt = new Set<string>();
  const diagnostics = unknown.map((error) => unknownKey(root, error, missing, misspelt));
  for (const error of errors) {
    if (error.keyword === "additionalProperties" || isMisspelt(error, misspelt)) continue;
    const found = toDiagnostic(root, error);
    if (found !== undefined) diagnostics.push(found);
  }
  return diagnostics;
}

/**
 * Reports an unknown key. A key that is missing because it is misspelt is one mistake, not two:
 * `misspelt` gets the pointers of such keys.
 */
function unknownKey(
  root: YamlNode,
  error: ErrorObject,
  missing: readonly ErrorObject[],
  misspelt: Set<string>,
): Diagnostic {
  const name = paramOf(error, "additionalProperty");
  const map = nodeAt(root, error.instancePath);
  const known = Object.keys((error.parentSchema?.["properties"] ?? {}) as object);
  const absent = missing.filter((other) => other.instancePath === error.instancePath).map(missingKeyOf);
  const free = known.filter((key) => valueOf(map, key) === undefined);
  const meant = suggest(name, absent) ?? suggest(name, free) ?? suggest(name, known);
  if (meant !== undefined) misspelt.add(`${error.instancePath}/${meant}`);
  const span = entryOf(map, name)?.key.span ?? spanAt(root, error);
  const help = meant === undefined ? `the keys here are ${listed(known)}` : `did you mean "${meant}"?`;
  return diagnostic("unknown-key", `unknown key "${name}"`, span, help);
}

function isMisspelt(error: ErrorObject, misspelt: ReadonlySet<string>): boolean {
  return error.keyword === "required" && misspelt.has(`${error.instancePath}/${missingKeyOf(error)}`);
}

function toDiagnostic(root: YamlNode, error: ErrorObject): Diagnostic | undefined {
  // The error of `propertyNames` reports what is wrong in it once.
  if (error.propertyName !== undefined) return undefined;
  const node = nodeAt(root, error.instancePath);
  if (node === undefined || (node.kind === "scalar" && node.value === undefined)) return undefined;
  return (WORDINGS[error.keyword] ?? wrongValue)(node, error);
}

type Wording = (node: YamlNode, error: ErrorObject) => Diagnostic | undefined;

/** The wording for each keyword of JSON Schema. Other keywords read `expected X, found Y`. */
const WORDINGS: Readonly<Record<string, Wording>> = {
  required: (node, error) => {
    const title = propertyTitle(error);
    const help = title && `write "${missingKeyOf(error)}:" and ${title}`;
    return diagnostic("missing-key", `expected the key "${missingKeyOf(error)}"`, firstKey(node), help);
  },
  dependentRequired: (node, error) => {
    const span = entryOf(node, paramOf(error, "property"))?.key.span ?? firstKey(node);
    const message = `"${paramOf(error, "property")}" needs "${missingKeyOf(error)}" beside it`;
    const title = propertyTitle(error);
    return diagnostic("missing-key", message, span, title && `write "${missingKeyOf(error)}:" and ${title}`);
  },
  type: (node, error) => diagnostic("wrong-type", expectedFound(node, error), node.span, typeHelp(node, error)),
  propertyNames: (node, error) => {
    const name = paramOf(error, "propertyName");
    // A refused name of valid form is a reserved one, which the code of the rules reports.
    if (NAME_PATTERN.test(name)) return undefined;
    return diagnostic("bad-name", `expected a name, found "${name}"`, keySpan(node, name), NAME_HELP);
  },
  pattern: (node, error) => (titleOf(error).startsWith("a name") ? badItem(node) : wrongValue(node, error)),
  enum: (node, error) => diagnostic("wrong-value", expectedFound(node, error), node.span, enumHelp(node, error)),
  minItems: (node) => diagnostic("wrong-value", "expected at least one item, found an empty list", node.span),
  minProperties: (node) => emptyMap(node),
  maxItems: (node, error) => tooMany(node, "items", error),
  maxProperties: (node, error) => tooMany(node, "keys", error),
  maxLength: (node, error) => tooMany(node, "characters", error),
  uniqueItems: (node, error) => duplicateItem(node, error),
};

const NAME_HELP = "names have letters, digits and _, and do not begin with a digit";

function wrongValue(node: YamlNode, error: ErrorObject): Diagnostic {
  return diagnostic("wrong-value", expectedFound(node, error), node.span, durationHelp(node, error));
}

/** Suggests the unit for a duration such as `5min` or `1M`. */
function durationHelp(node: YamlNode, error: ErrorObject): string | undefined {
  if (node.kind !== "scalar" || !titleOf(error).startsWith("a duration")) return undefined;
  const [, digits = "", spelled = ""] = /^(\d+) *([a-zA-Zµ]+)$/.exec(node.text) ?? [];
  const unit = unitCalled(spelled, [...DURATION_UNITS.keys()]);
  if (unit === undefined || !DURATION_UNITS.has(unit) || /^0*$/.test(digits)) return undefined;
  return `write "${digits}${unit}"`;
}

/** Reports an empty map, except one whose keys were all refused. */
function emptyMap(node: YamlNode): Diagnostic | undefined {
  const { source, start, end } = node.span;
  if (!/^\{\s*\}$/.test(source.text.slice(start, end))) return undefined;
  return diagnostic("wrong-value", "expected at least one key, found an empty map", node.span);
}

function tooMany(node: YamlNode, what: string, error: ErrorObject): Diagnostic {
  const found = node.kind === "list" ? node.items.length : node.kind === "map" ? node.entries.length : node.text.length;
  const message = `expected at most ${numberParam(error, "limit")} ${what}, found ${found}`;
  return diagnostic(
    "too-many",
    message,
    node.span,
    node.kind === "scalar" ? "shorten it" : "remove some, or split the rule into several rules",
  );
}

function badItem(node: YamlNode): Diagnostic {
  const text = node.kind === "scalar" ? node.text : "...";
  const name = nameAtEnd(text) || "name";
  const help = `give an expression a name: {${name}: ${text}}`;
  return diagnostic("bad-name", `expected a name, found ${describeNode(node)}`, node.span, help);
}

/** Returns the name at the end of a text. Searches from the end, so that it takes linear time. */
function nameAtEnd(text: string): string {
  let start = text.length;
  while (start > 0 && /\w/.test(text.charAt(start - 1))) start--;
  return text.slice(start).replace(/^\d+/, "");
}

function duplicateItem(node: YamlNode, error: ErrorObject): Diagnostic {
  const items = node.kind === "list" ? node.items : [];
  const [first, second] = [items[numberParam(error, "j")], items[numberParam(error, "i")]].toSorted(
    (a, b) => (a?.span.start ?? 0) - (b?.span.start ?? 0),
  );
  const found = diagnostic("wrong-value", "the list has the same item twice", second?.span ?? node.span);
  return first === undefined ? found : { ...found, related: [{ message: "it is first used here", span: first.span }] };
}

/** Does not show values that may be secrets: the schema marks them with `writeOnly`. */
function expectedFound(node: YamlNode, error: ErrorObject): string {
  const secret = error.parentSchema?.["writeOnly"] === true && node.kind === "scalar";
  return `expected ${titleOf(error)}, found ${secret ? "something else" : describeNode(node)}`;
}

function typeHelp(node: YamlNode, error: ErrorObject): string | undefined {
  const title = titleOf(error);
  if (node.kind !== "scalar") {
    if (title === "a rule" && node.kind === "list")
      return 'each rule is a map, not an item of a list: separate rules with a line "---"';
    if (title === "a map of fields" && node.kind === "list") return fieldsHelp(node.items);
    if (title === "a condition, or a map of levels" && node.kind === "list")
      return "levels are keys of one map, without dashes: {warning: value > 5, critical: value > 10}";
    return title === "an expression" ? "an expression that begins with [ or { needs quotes" : undefined;
  }
  if (title.startsWith("a duration")) return `write a unit: ${node.text}s`;
  if (title.startsWith("a map")) return mapHelp(node.text, title, error);
  return title.startsWith("a text") || title.startsWith("a rule name") ? `quote it: "${node.text}"` : undefined;
}

/** `event: [pid, comm]` */
function fieldsHelp(items: readonly YamlNode[]): string {
  const names = items.flatMap((item) => (item.kind === "scalar" && NAME_PATTERN.test(item.text) ? item.text : []));
  const fields = names.length > 0 && names.length < 20 ? names.map((name) => `${name}: ${name}`) : ["NAME: EXPRESSION"];
  return `each field has a name: {${fields.join(", ")}}`;
}

/** Suggests a map for a name or an expression: `by: comm`, `event: args.filename`. */
function mapHelp(text: string, title: string, error: ErrorObject): string | undefined {
  const key = error.instancePath.slice(error.instancePath.lastIndexOf("/") + 1);
  const names = text.split(/\s*,\s*|\s+/);
  if (title === "a map or list of names" && names.length < 20 && names.every((name) => NAME_PATTERN.test(name)))
    return `write "${key}: [${names.join(", ")}]"`;
  const name = nameAtEnd(text.replace(/\)+$/, ""));
  const isOfExpressions = title.includes("names") || title.includes("fields");
  return isOfExpressions && name !== "" && !/[\s,{}[\]]/.test(text)
    ? `give it a name: "${key}: {${name}: ${text}}"`
    : undefined;
}

function enumHelp(node: YamlNode, error: ErrorObject): string | undefined {
  const allowed = (error.params as { readonly allowedValues: readonly string[] }).allowedValues;
  const meant = node.kind === "scalar" ? suggest(node.text, allowed) : undefined;
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
}

function titleOf(error: ErrorObject): string {
  const title: unknown = error.parentSchema?.["title"];
  return typeof title === "string" ? title : "another value";
}

/** Returns the value that a missing key expects, if the schema names it beside the key. */
function propertyTitle(error: ErrorObject): string | undefined {
  const properties = (error.parentSchema?.["properties"] ?? {}) as Readonly<
    Record<string, { readonly title?: unknown }>
  >;
  const title = properties[missingKeyOf(error)]?.title;
  return typeof title === "string" ? title : undefined;
}

/** Returns the first key of a map, the only place to point at if a key is missing. */
function firstKey(node: YamlNode): Span {
  return entriesOf(node)[0]?.key.span ?? node.span;
}

function keySpan(node: YamlNode, name: string): Span {
  return entryOf(node, name)?.key.span ?? node.span;
}

function spanAt(root: YamlNode, error: ErrorObject): Span {
  return (nodeAt(root, error.instancePath) ?? root).span;
}

/** Returns the node at a JSON Pointer (RFC 6901). */
export function nodeAt(root: YamlNode, pointer: string): YamlNode | undefined {
  let node: YamlNode | undefined = root;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    node = node?.kind === "list" ? node.items[Number(key)] : valueOf(node, key);
  }
  return node;
}

function missingKeyOf(error: ErrorObject): string {
  return paramOf(error, "missingProperty");
}

function paramOf(error: ErrorObject, name: string): string {
  return String((error.params as Readonly<Record<string, unknown>>)[name]);
}

function numberParam(error: ErrorObject, name: string): number {
  return Number((error.params as Readonly<Record<string, unknown>>)[name]);
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
