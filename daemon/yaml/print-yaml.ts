import type { Source, Span } from "../../bpf/source/source.ts";
import { sourcesOf } from "./node-sources.ts";
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from "./yaml-node.ts";

/** Returns the comment for a value, or undefined if it needs none. */
export type NoteOf = (place: Span) => string | undefined;

/**
 * Prints a map as YAML of the same meaning, in the spelling of its sources. A value with a note has
 * it as a comment, in its line or before it. A map with values of several sources has a line and a
 * note for each value. Other comments are left out.
 */
export function printMap(map: YamlMap, noteOf: NoteOf): string {
  return `${mapLines(map, noteOf, "").join("\n")}\n`;
}

const STEP = "  ";

function mapLines(map: YamlMap, noteOf: NoteOf, indent: string): readonly string[] {
  return map.entries.flatMap((entry) => entryLines(entry, noteOf, indent));
}

function entryLines({ key, value }: YamlEntry, noteOf: NoteOf, indent: string): readonly string[] {
  const head = `${indent}${spelledAt(key.span)}:`;
  if (value.kind === "map" && sourcesOf(value).size > 1) return [head, ...mapLines(value, noteOf, `${indent}${STEP}`)];
  const [first = "", ...rest] = valueLines(value, `${indent}${STEP}`);
  const line = first === "" ? head : `${head} ${first}`;
  const note = noteOf(key.span);
  if (note === undefined) return [line, ...rest];
  return rest.length === 0 ? [`${line}  # ${note}`] : [`${indent}# ${note}`, line, ...rest];
}

/** Returns the text after the colon, and the lines below it, which have this indentation. */
function valueLines(node: YamlNode, indent: string): readonly string[] {
  if (isInBrackets(node)) return flowLines(node.span, indent);
  if (node.kind === "map") return ["", ...mapLines(node, () => undefined, indent)];
  if (node.kind === "list") return ["", ...node.items.flatMap((item) => itemLines(item, indent))];
  return scalarLines(node, indent);
}

function itemLines(item: YamlNode, indent: string): readonly string[] {
  const inner = `${indent}${STEP}`;
  const [first = "", ...rest] = valueLines(item, inner);
  if (first !== "" || rest.length === 0) return [`${indent}- ${first}`, ...rest];
  const [below = "", ...others] = rest;
  return [`${indent}- ${below.slice(inner.length)}`, ...others];
}

function scalarLines(scalar: YamlScalar, indent: string): readonly string[] {
  if (scalar.style !== "literal" && scalar.style !== "folded") return flowLines(scalar.span, indent);
  const [header = "", ...body] = linesOf(spelledAt(scalar.span));
  // An indentation that is written as a number, or kept breaks, would need more than a shift.
  if (/^[|>][-+]*[0-9+]/.test(header)) return [JSON.stringify(scalar.text)];
  const width = /^ */.exec(body.find((line) => line.trim() !== "") ?? "")?.[0].length ?? 0;
  const shifted = body.map((line) => (line.trim() === "" ? "" : `${indent}${line.slice(width)}`));
  return [header, ...withoutEmptyEnd(shifted)];
}

/** Moves the lines of a text in which leading white space has no meaning. */
function flowLines(span: Span, indent: string): readonly string[] {
  const [first = "", ...rest] = linesOf(spelledAt(span));
  return [first, ...rest.map((line) => (line.trim() === "" ? "" : `${indent}${line.trimStart()}`))];
}

function withoutEmptyEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}

const isInBrackets = ({ span: { source, start } }: YamlNode): boolean => /[[{]/.test(source.text.charAt(start));

const spelledAt = ({ source, start, end }: { source: Source; start: number; end: number }): string =>
  source.text.slice(start, end);

const linesOf = (text: string): readonly string[] => text.split(/\r\n|\r|\n/);
