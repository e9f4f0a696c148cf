import { type CommentBlock, commentBlocks } from "./comment-blocks.ts";

/** Comments are at most so wide, their indentation counted. */
export const COMMENT_COLUMNS = 100;

/** Wraps the comments that are too wide; all else of the file stays as it is. */
export function wrapComments(text: string): string {
  const lines = text.split("\n");
  const wrapped: string[] = [];
  let at = 0;
  for (const block of commentBlocks(lines)) {
    wrapped.push(...lines.slice(at, block.from), ...wrappedBlock(block, lines.slice(block.from, block.to)));
    at = block.to;
  }
  return [...wrapped, ...lines.slice(at)].join("\n");
}

/**
 * Returns the numbers of the lines at which too wide comments begin. Tables, code, and words that
 * are too long for a line may be wide.
 */
export function wideComments(text: string): readonly number[] {
  const lines = text.split("\n");
  return commentBlocks(lines)
    .filter((block) => {
      const own = lines.slice(block.from, block.to);
      return wrappedBlock(block, own).join("\n") !== own.join("\n");
    })
    .map(({ from }) => from + 1);
}

function wrappedBlock({ indent, opening, texts }: CommentBlock, lines: readonly string[]): readonly string[] {
  if (lines.every((line) => line.length <= COMMENT_COLUMNS)) return lines;
  const sign = opening === "//" ? `${indent}// ` : `${indent} * `;
  const body = paragraphs(texts)
    .flatMap((paragraph) => wrappedParagraph(paragraph, COMMENT_COLUMNS - sign.length))
    .map((text) => `${sign}${text}`.trimEnd());
  if (opening === "//") return body;
  if (body.length === 1 && lines.length === 1) return lines;
  return [`${indent}${opening}`, ...body, `${indent} */`];
}

interface Paragraph {
  readonly words: readonly string[];
  /** the spaces before its first line */
  readonly leading: string;
  /** the spaces before its other lines */
  readonly hanging: string;
  readonly continues: "any line" | "indented lines" | "none";
}

const LIST_ITEM = /^(\s*)(?:[-*]|\d+[.)]) /;
const TAG = /^@\w/;
const VERBATIM = /^(?:\s*$|\s*\||\s*```)/;

function paragraphs(texts: readonly string[]): readonly Paragraph[] {
  const all: Paragraph[] = [];
  for (const text of texts) {
    const last = all.at(-1);
    if (last !== undefined && continues(text, last))
      all[all.length - 1] = { ...last, words: [...last.words, ...wordsOf(text)] };
    else all.push(opened(text));
  }
  return all;
}

function continues(text: string, before: Paragraph): boolean {
  if (VERBATIM.test(text) || LIST_ITEM.test(text) || TAG.test(text)) return false;
  const isIndented = /^\s{2,}/.test(text);
  return before.continues === "any line" ? !isIndented : before.continues === "indented lines" && isIndented;
}

function opened(text: string): Paragraph {
  const [item = ""] = LIST_ITEM.exec(text) ?? [];
  const hanging = " ".repeat(item.length);
  if (item !== "")
    return { ...{ words: wordsOf(text), hanging }, leading: leadingOf(text), continues: "indented lines" };
  const isLaidOut = VERBATIM.test(text) || /^\s{2,}/.test(text);
  if (isLaidOut) return { words: [text.trimEnd()], leading: "", hanging, continues: "none" };
  return { words: wordsOf(text), leading: "", hanging: "", continues: "any line" };
}

function leadingOf(text: string): string {
  return /^\s*/.exec(text)?.[0] ?? "";
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function wrappedParagraph({ words, leading, hanging }: Paragraph, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = leading;
  for (const [index, word] of words.entries()) {
    if (index === 0) line += word;
    else if (line.length + 1 + word.length <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = `${hanging}${word}`;
    }
  }
  return [...lines, line];
}
