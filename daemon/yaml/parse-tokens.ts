import { Lexer, Parser } from "yaml";
import type { CST } from "yaml";
import type { Checked } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import type { YamlCode } from "./codes.ts";

/**
 * The deepest nesting. Composing recurses, and a very deep file would end the process without an
 * exception.
 */
export const MAX_DEPTH = 32;

/**
 * Returns the most keys, values, brackets, comments and line ends of a file. Each costs the library
 * about two microseconds, and an error as well in a file that consists of brackets.
 *
 * A line `key: value` has four, a shipped rule 40 to 300. Larger files may have one for every four
 * characters; rules have one for fifteen or more.
 */
const maxPieces = (characters: number): number => Math.max(20_000, Math.floor(characters / 4));

/**
 * Parses the concrete syntax of a file, unless there is too much of it. Stops at the limit, so that
 * a file costs no more than its first part.
 */
export function parseTokens(source: Source): Checked<readonly CST.Token[]> {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  const most = maxPieces(source.text.length);
  let pieces = 0;
  for (const lexeme of new Lexer().lex(source.text)) {
    tokens.push(...parser.next(lexeme));
    if (isPiece(lexeme) && ++pieces > most) return tooMany(source, parser.offset, most);
    // The parser's stack has an entry for each level, for the document and for the innermost
    // scalar.
    if (parser.stack.length > MAX_DEPTH + 2) return tooNested(source, parser.offset);
  }
  tokens.push(...parser.end());
  return { result: tokens, diagnostics: [] };
}

/**
 * Returns true unless the lexeme is space or a mark that the lexer puts before scalars and
 * documents.
 */
function isPiece(lexeme: string): boolean {
  return !NO_PIECES.has(lexeme.charAt(0));
}

const NO_PIECES: ReadonlySet<string> = new Set(["", " ", "\t", "\u0002", "\u0018", "\u001f"]);

function tooNested(source: Source, start: number): Checked<never> {
  const message = `expected at most ${MAX_DEPTH} levels of nesting`;
  return refused(source, "too-nested", start, message, "is a [ or { never closed?");
}

function tooMany(source: Source, end: number, most: number): Checked<never> {
  const message = `expected at most ${most} keys, values, brackets and lines in one file`;
  return refused(
    source,
    "too-large",
    Math.max(0, end - 1),
    message,
    "split the file: every file of the folder is read",
  );
}

function refused(source: Source, code: YamlCode, start: number, message: string, help: string): Checked<never> {
  return { diagnostics: [{ code, severity: "error", message, help, span: { source, start, end: start + 1 } }] };
}
