/** A comment that fills whole lines of a source file. */
export interface CommentBlock {
  /** index of its first line */
  readonly from: number;
  /** index of the line after its last one */
  readonly to: number;
  /** the spaces before it */
  readonly indent: string;
  /** its first sign */
  readonly opening: "//" | "/*" | "/**";
  /** its texts, a line each, without the signs of a comment */
  readonly texts: readonly string[];
}

const LINE_COMMENT = /^(\s*)\/\/ ?(.*)$/;
const ONE_LINE_BLOCK = /^(\s*)(\/\*\*?) ((?:(?!\*\/).)*) \*\/$/;
const BLOCK_START = /^(\s*)(\/\*\*?)(?:\s+(.*))?$/;
const BLOCK_LINE = /^\s*\* ?(.*?)\s*$/;
/** Comments for tools hold for the line after them, and stay as they are. */
const DIRECTIVE = /^(?:oxlint-|eslint-|prettier-ignore|@ts-|\/)/;

/**
 * Finds the comments of a TypeScript file that fill whole lines, those inside template literals
 * excepted.
 */
export function commentBlocks(lines: readonly string[]): readonly CommentBlock[] {
  const blocks: CommentBlock[] = [];
  let isInTemplate = false;
  for (let at = 0; at < lines.length; at++) {
    const block = isInTemplate ? undefined : blockAt(lines, at);
    if (block === undefined) {
      isInTemplate = isInTemplate !== (countOfBackticks(lines[at] ?? "") % 2 === 1);
      continue;
    }
    blocks.push(block);
    at = block.to - 1;
  }
  return blocks;
}

function blockAt(lines: readonly string[], from: number): CommentBlock | undefined {
  const [, indent, opening, text] = ONE_LINE_BLOCK.exec(lines[from] ?? "") ?? [];
  if (indent !== undefined && opening !== undefined && text !== undefined)
    return { from, to: from + 1, indent, opening: openingOf(opening), texts: [text] };
  return longBlockAt(lines, from) ?? lineCommentsAt(lines, from);
}

function longBlockAt(lines: readonly string[], from: number): CommentBlock | undefined {
  const [, indent, opening, first = ""] = BLOCK_START.exec(lines[from] ?? "") ?? [];
  if (indent === undefined || opening === undefined || first.includes("*/")) return undefined;
  const end = lines.findIndex((line, at) => at > from && line.trimEnd().endsWith("*/"));
  if (end < 0) return undefined;
  const texts = lines.slice(from + 1, end + 1).map(textOfBlockLine);
  const all = first === "" ? texts : [first, ...texts];
  const shown = all.at(-1) === "" ? all.slice(0, -1) : all;
  return { from, to: end + 1, indent, opening: openingOf(opening), texts: shown };
}

function openingOf(sign: string): "/*" | "/**" {
  return sign === "/**" ? "/**" : "/*";
}

function textOfBlockLine(line: string): string {
  return BLOCK_LINE.exec(line.replace(/\s*\*\/\s*$/, ""))?.[1] ?? "";
}

function lineCommentsAt(lines: readonly string[], from: number): CommentBlock | undefined {
  const indent = LINE_COMMENT.exec(lines[from] ?? "")?.[1];
  if (indent === undefined) return undefined;
  const texts: string[] = [];
  for (const line of lines.slice(from)) {
    const [, own, text] = LINE_COMMENT.exec(line) ?? [];
    if (own !== indent || text === undefined || DIRECTIVE.test(text)) break;
    texts.push(text);
  }
  return texts.length === 0 ? undefined : { from, to: from + texts.length, indent, opening: "//", texts };
}

function countOfBackticks(line: string): number {
  return line.replaceAll(/\\.|"[^"]*"/g, "").split("`").length - 1;
}
