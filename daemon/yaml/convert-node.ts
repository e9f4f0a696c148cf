import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source, Span } from "../../bpf/source/source.ts";
import type { YamlCode } from "./codes.ts";
import { countPieces } from "./cut-by-comma.ts";
import type { YamlEntry, YamlNode, YamlScalar } from "./yaml-node.ts";

/** The output of a conversion. Each refused node adds a diagnostic. */
export interface Conversion {
  readonly source: Source;
  readonly diagnostics: Diagnostic[];
}

/**
 * Converts a node of the library to our own. A refused node becomes a scalar without value, so that
 * the rest can be checked.
 */
export function convertNode(node: unknown, to: Conversion, key?: Spelled): YamlNode {
  if (isAlias(node)) return refuseAlias(node.source, spanOf(node, to), to);
  if (isMap(node)) return refuseProperties(node, to) ?? convertMap(node, to);
  if (isSeq(node)) {
    return refuseProperties(node, to) ?? convertList(node, to);
  }
  if (isScalar(node)) return refuseProperties(node, to) ?? convertScalar(node, to, key);
  return reportNull(key?.span ?? { source: to.source, start: 0, end: 0 }, to, key);
}

function convertList(node: YAMLSeq, to: Conversion): YamlNode {
  const items: YamlNode[] = [];
  for (let index = 0; index < node.items.length; index++) {
    const pieces = node.flow === true ? countPieces((offset) => node.items[index + offset]) : 1;
    const cut = () => refuseCut(node.items[index], node.items[index + pieces - 1], "name", to);
    items.push(pieces > 1 ? cut() : convertNode(node.items[index], to));
    index += pieces - 1;
  }
  return { kind: "list", items, span: spanOf(node, to) };
}

function convertMap(node: YAMLMap, to: Conversion): YamlNode {
  const entries = new Map<string, YamlEntry>();
  for (let index = 0; index < node.items.length; index++) {
    const pair = node.items[index] as Pair;
    const pieceAt = (offset: number): unknown => (offset === 0 ? pair.value : node.items[index + offset]);
    const pieces = node.flow === true ? countPieces(pieceAt) : 1;
    const last = node.items[index + pieces - 1]?.key;
    index += pieces - 1;
    const key = convertKey(pair, to);
    if (key === undefined) continue;
    const first = entries.get(key.text);
    const value = pieces > 1 ? refuseCut(pair.value, last, key.text, to) : convertNode(pair.value, to, key);
    if (first === undefined) entries.set(key.text, { key, value });
    else reportDuplicate(key, first.key, to);
  }
  return { kind: "map", entries: [...entries.values()], span: spanOf(node, to) };
}

function convertKey(pair: Pair, to: Conversion): Spelled | undefined {
  const key = pair.key as ParsedNode;
  if (isScalar(key) && key.value !== null && key.tag === undefined && key.anchor === undefined) {
    return { text: typeof key.value === "string" ? key.value : (key.source ?? ""), span: spanOf(key, to) };
  }
  report(to, "yaml-feature", "expected a name as key", spanOf(key, to), "an expression with { } or [ ] needs quotes");
  return undefined;
}

const STYLES: Readonly<Record<string, YamlScalar["style"]>> = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

function convertScalar(node: Scalar, to: Conversion, key?: Spelled): YamlScalar {
  const { value } = node;
  const span = spanOf(node, to);
  if (value === null || value === undefined) return reportNull(key?.span ?? span, to, key);
  const style = STYLES[node.type ?? "PLAIN"] ?? "plain";
  const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const text = typeof value === "string" ? withoutLastBreak(value, style) : (node.source ?? "");
  const beforeComment = /^[ \t]+#/.test(to.source.text.slice(span.end, span.end + 200));
  return { kind: "scalar", value: known && typeof value !== "string" ? value : text, text, style, beforeComment, span };
}

/**
 * Removes the last line break of a text in `>` or `|` style: it is not meant as part of a name or a
 * probe.
 */
function withoutLastBreak(text: string, style: YamlScalar["style"]): string {
  return style === "folded" || style === "literal" ? text.replace(/\n$/, "") : text;
}

/**
 * Refuses tags and anchors. Users who write one mostly meant an expression that begins with `!` or
 * `&`.
 */
function refuseProperties(node: Node, to: Conversion): YamlScalar | undefined {
  const token = node.srcToken;
  const anchor = "anchor" in node ? node.anchor : undefined;
  if (node.tag === undefined && typeof anchor !== "string") return undefined;
  const value = spanOf(node, to);
  const mark = node.tag === undefined ? "&" : "!";
  const before = to.source.text.lastIndexOf(mark, value.start);
  const start = before < 0 ? (token?.offset ?? value.start) : before;
  const kind = node.tag === undefined ? "an anchor" : "a tag";
  return refuse({ ...value, start }, kind, to);
}

function refuseAlias(_name: string, span: Span, to: Conversion): YamlScalar {
  return refuse(span, "an alias", to);
}

function refuse(span: Span, kind: string, to: Conversion): YamlScalar {
  const text = to.source.text.slice(span.start, span.end);
  const shown = text.split("\n", 1)[0] ?? "";
  const message = `expected a value, found ${kind} of YAML: ${JSON.stringify(/^\S*/.exec(shown)?.[0] ?? "")}`;
  const quoted = shown.includes("'") ? JSON.stringify(shown) : `'${shown}'`;
  report(to, "yaml-feature", message, span, `quote it: ${quoted}`);
  return emptyScalar(span);
}

/** Refuses an expression from its first piece to its last, as `countPieces` finds them. */
function refuseCut(first: unknown, last: unknown, name: string, to: Conversion): YamlScalar {
  const span = { ...spanOf(first as Node, to), end: spanOf(last as Node, to).end };
  const text = to.source.text.slice(span.start, span.end).replaceAll(/\s+/g, " ");
  const quoted = text.includes('"') && !text.includes("'") ? `'${text}'` : JSON.stringify(text);
  const message = "found an expression that a comma splits: in { } and [ ] a comma ends a value";
  report(to, "yaml-feature", message, span, `quote expressions that have commas: {${name}: ${quoted}}`);
  return emptyScalar(span);
}

function reportNull(span: Span, to: Conversion, key?: Spelled): YamlScalar {
  const what =
    key === undefined ? "expected a value, found nothing" : `expected a value for "${key.text}", found nothing`;
  report(to, "null-value", what, span, "write a value, or remove the key");
  return emptyScalar(span);
}

function reportDuplicate(key: Spelled, first: Spelled, to: Conversion): void {
  const related = [{ message: "it is first used here", span: first.span }];
  const message = `duplicate key "${key.text}" in one map`;
  to.diagnostics.push({ code: "duplicate-key", severity: "error", message, span: key.span, related });
}

function emptyScalar(span: Span): YamlScalar {
  return { kind: "scalar", value: undefined, text: "", style: "plain", beforeComment: false, span };
}

function report(to: Conversion, code: YamlCode, message: string, span: Span, help: string): void {
  to.diagnostics.push({ code, severity: "error", message, span, help });
}

function spanOf(node: Node | null, to: Conversion): Span {
  const [start, end] = node?.range ?? [0, 0];
  return { source: to.source, start, end };
}
