import type { ExpressionText } from "../../bpf/language/expression-text.ts";
import type { YamlScalar } from "./yaml-node.ts";

/** One piece of a scalar in the file, and the text that it means. */
interface Unit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Returns the text of a scalar with the place of each character in the file. Quoting, escapes,
 * folding and indentation change only white space and escapes, so the other characters of text and
 * file match in order.
 */
export function scalarText(scalar: YamlScalar): ExpressionText {
  const { source, start, end } = scalar.span;
  const raw = source.text.slice(start, end);
  const units = unitsOf(scalar.style, raw);
  const offsets = pairOff(scalar.text, units);
  return { source, text: scalar.text, offsetAt: (index) => start + (offsets[index] ?? raw.length) };
}

/** Returns the characters of a raw scalar that are not white space. An escape is one unit. */
function unitsOf(style: YamlScalar["style"], raw: string): readonly Unit[] {
  if (style === "literal" || style === "folded") return split(raw, /[^ \t\r\n]/g, raw.indexOf("\n") + 1, raw.length);
  if (style === "single") return split(raw, /''|[^ \t\r\n]/g, 1, raw.length - 1);
  if (style === "double") return split(raw, DOUBLE_QUOTED, 1, raw.length - 1);
  return split(raw, /[^ \t\r\n]/g, 0, raw.length);
}

/**
 * Escapes (YAML 1.2 §5.7) of visible characters. Escapes of white space, and `\` at the end of a
 * line, have no counterpart.
 */
const DOUBLE_QUOTED =
  /\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[^xuU \t\r\n]|\\(?=[ \t\r\n])|[^ \t\r\n\\]/g;

function split(raw: string, pattern: RegExp, from: number, to: number): readonly Unit[] {
  const body = raw.slice(0, to);
  pattern.lastIndex = from;
  const units: Unit[] = [];
  for (let match = pattern.exec(body); match !== null; match = pattern.exec(body)) {
    const text = decodeUnit(match[0]);
    const end = match.index + match[0].length;
    if (!/^[ \t\r\n]*$/.test(text)) units.push({ start: match.index, end, text });
  }
  return units;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  "\\n": "\n",
  "\\t": "\t",
  "\\r": "\r",
  "\\0": "\0",
  "\\a": "\x07",
  "\\b": "\b",
  "\\e": "\x1b",
  "\\f": "\f",
  "\\v": "\v",
  "\\N": "\x85",
  "\\_": "\xa0",
  "\\L": "\u2028",
  "\\P": "\u2029",
};

function decodeUnit(unit: string): string {
  if (unit === "''") return "'";
  if (unit.length < 2 || !unit.startsWith("\\")) return unit === "\\" ? unit : unit;
  const code = /^\\[xuU](.+)$/.exec(unit)?.[1];
  if (code !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff));
  return NAMED_ESCAPES[unit] ?? unit.slice(1);
}

/**
 * Returns the offset in the file, relative to the scalar, for each index of `text` and for its end.
 * White space has the offset after the previous character.
 */
function pairOff(text: string, units: readonly Unit[]): readonly number[] {
  const offsets: number[] = [];
  let next = 0;
  let end = units[0]?.start ?? 0;
  for (let index = 0; index < text.length;) {
    const unit = units[next];
    if (unit !== undefined && text.startsWith(unit.text, index)) {
      for (let part = 0; part < unit.text.length; part++) offsets.push(unit.start);
      index += unit.text.length;
      end = unit.end;
      next += 1;
    } else {
      offsets.push(end);
      end = Math.min(end + 1, Math.max(end, units[next]?.start ?? end + 1));
      index += 1;
    }
  }
  offsets.push(end);
  return offsets;
}
