import type { ErrorObject } from "ajv";
import { DURATION_UNITS } from "../../bpf/language/number.ts";
import { unitCalled } from "../../bpf/language/other-units.ts";
import { suggest } from "../../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Span } from "../../bpf/source/source.ts";
import type { YamlCode } from "./codes.ts";
import { describeNode } from "./describe-node.ts";
import { entriesOf, entryOf, valueOf } from "./yaml-node.ts";
import type { YamlNode } from "./yaml-node.ts";

/** What a name must be to be used in expressions and as a label. */
export const NAME_PATTERN = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Of more errors the rest is left out: nobody reads them, and wording each costs a search for what was meant. */
const MAX_ERRORS = 200;

/** The errors of a JSON Schema as diagnostics: unknown and missing keys underline a key, wrong values the value. */
export function schemaDiagnostics(root: YamlNode, all: readonly ErrorObject[]): readonly Diagnostic[] {
  const isTooMany = ({ keyword }: ErrorObject): boolean => keyword === "maxItems" || keyword === "maxProperties";
  const errors = [...all.filter(isTooMany), ...all.filter((error) => !isTooMany(error))].slice(0, MAX_ERRORS);
  const missing = errors.filter((error) => error.keyword === "required");
  const unknown = errors.filter((error) => error.keyword === "additionalProperties");
  const misspelt = new Set<string>();
  const diagnostics = unknown.map((error) => unknownKey(root, error, missing, misspelt));
  for (const error of errors) {
    if (error.keyword === "additionalProperties" || isMisspelt(error, misspelt)) continue;
    const told = toDiagnostic(root, error);
    if (told !== undefined) diagnostics.push(told);
  }
  return diagnostics;
}

/** A key that is missing because it is misspelt is one mistake, not two: `misspelt` takes the pointers of such keys. */
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
  // what stands in `propertyNames` is told once, by the error of that keyword
  if (error.propertyName !== undefined) return undefined;
  const node = nodeAt(root, error.instancePath);
  if (node === undefined || (node.kind === "scalar" && node.value === undefined)) return undefined;
  return (TELLERS[error.keyword] ?? wrongValue)(node, error);
}

type Teller = (node: YamlNode, error: ErrorObject) => Diagnostic | undefined;

/** One record a keyword of JSON Schema; the others read `expected X, found Y`. */
const TELLERS: Readonly<Record<string, Teller>> = {
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
    // a name of good form that is refused is a reserved one, which the rules' own code tells
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

/** A duration with the unit of others, such as `5min` or `1M`. */
function durationHelp(node: YamlNode, error: ErrorObject): string | undefined {
  if (node.kind !== "scalar" || !titleOf(error).startsWith("a duration")) return undefined;
  const [, digits = "", spelled = ""] = /^(\d+) *([a-zA-Zµ]+)$/.exec(node.text) ?? [];
  const unit = unitCalled(spelled, [...DURATION_UNITS.keys()]);
  if (unit === undefined || !DURATION_UNITS.has(unit) || /^0*$/.test(digits)) return undefined;
  return `write "${digits}${unit}"`;
}

/** A map whose keys were all refused is not empty. */
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
    node.kind === "scalar" ? "shorten it" : "leave some out, or divide the rule into several",
  );
}

function badItem(node: YamlNode): Diagnostic {
  const text = node.kind === "scalar" ? node.text : "...";
  const name = nameAtEnd(text) || "name";
  const help = `give an expression a name: {${name}: ${text}}`;
  return diagnostic("bad-name", `expected a name, found ${describeNode(node)}`, node.span, help);
}

/** Looks from the end, so that the time is linear. */
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
  const found = diagnostic("wrong-value", "the same item stands twice", second?.span ?? node.span);
  return first === undefined ? found : { ...found, related: [{ message: "it stands here first", span: first.span }] };
}

/** `writeOnly` marks what may be a secret: it is not shown. */
function expectedFound(node: YamlNode, error: ErrorObject): string {
  const secret = error.parentSchema?.["writeOnly"] === true && node.kind === "scalar";
  return `expected ${titleOf(error)}, found ${secret ? "something else" : describeNode(node)}`;
}

function typeHelp(node: YamlNode, error: ErrorObject): string | undefined {
  const title = titleOf(error);
  if (node.kind !== "scalar") {
    if (title === "a rule" && node.kind === "list")
      return 'each rule is a map, not an item of a list: divide them by a line "---"';
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

/** A name or an expression where a map of them is due: `by: comm`, `event: args.filename`. */
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

/** What the key that is missing takes, where the schema says it beside the key. */
function propertyTitle(error: ErrorObject): string | undefined {
  const properties = (error.parentSchema?.["properties"] ?? {}) as Readonly<
    Record<string, { readonly title?: unknown }>
  >;
  const title = properties[missingKeyOf(error)]?.title;
  return typeof title === "string" ? title : undefined;
}

/** The first key of a map: where something is missing, there is nothing else to point at. */
function firstKey(node: YamlNode): Span {
  return entriesOf(node)[0]?.key.span ?? node.span;
}

function keySpan(node: YamlNode, name: string): Span {
  return entryOf(node, name)?.key.span ?? node.span;
}

function spanAt(root: YamlNode, error: ErrorObject): Span {
  return (nodeAt(root, error.instancePath) ?? root).span;
}

/** The node that a JSON Pointer (RFC 6901) leads to. */
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

function diagnostic(code: YamlCode, message: string, span: Span, help?: string): Diagnostic {
  return { code, severity: "error", message, span, ...(help === undefined ? {} : { help }) };
}
