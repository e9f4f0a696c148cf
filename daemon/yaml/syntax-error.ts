import { visit } from "yaml";
import type { Document, ErrorCode, YAMLError } from "yaml";
import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import { lineText, positionAt } from "../../bpf/source/position.ts";
import { findOddCharacter } from "../../bpf/source/odd-character.ts";
import type { Source } from "../../bpf/source/source.ts";

/** Our wording for an error of the YAML library whose own message would not help. */
interface Wording {
  readonly message: string;
  readonly help?: string;
}

const QUOTE = "if this is an expression, put it in quotes: '…'";

const WORDINGS: Partial<Record<ErrorCode, Wording>> = {
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'found a second ": " in one value',
    help: `${QUOTE}; a nested map starts on a new line`,
  },
  MULTILINE_IMPLICIT_KEY: { message: "expected a key on one line", help: "keys of one map are indented equally" },
  TAB_AS_INDENT: { message: "expected spaces, found a tab as indentation", help: "indent with spaces" },
  BAD_INDENT: { message: "expected deeper indentation, or the end of [ or {", help: "is a ] or } missing above?" },
  BAD_DIRECTIVE: {
    message: "found a YAML directive",
    help: 'files are read as YAML 1.2: remove the line that begins with "%"',
  },
  BAD_ALIAS: { message: "found a YAML alias without a name", help: QUOTE },
};

/**
 * Returns the syntax errors of a document: only the first in each line, and only those of the first
 * few broken lines. The others are mostly consequences.
 */
export function syntaxDiagnostics(document: Document.Parsed, source: Source): Diagnostic[] {
  const errors = [...document.errors, ...document.warnings.filter((warning) => warning.code === "BAD_DIRECTIVE")];
  const reported = new Map<number, YAMLError>();
  for (const error of errors) {
    if (reported.size > 0 && ECHO.test(error.message)) continue;
    const { line } = positionAt(source, error.pos[0]);
    if (reported.has(line)) continue;
    if (reported.size === MAX_LINES) break;
    reported.set(line, error);
  }
  return Array.from(reported.values(), (error) => toDiagnostic(error, document, source));
}

const MAX_LINES = 5;

/** Errors after a value that ended too early, about the rest of the document. */
const ECHO = /token in YAML stream/;

function toDiagnostic(error: YAMLError, document: Document.Parsed, source: Source): Diagnostic {
  const odd = oddCharacterIn(error, source);
  if (odd !== undefined) return odd;
  const [start, end] = UNCLOSED.test(error.message) ? openQuote(document, error.pos) : error.pos;
  const { message, help } = wordingOf(error, source);
  const span = { source, start, end: Math.max(end, start + 1) };
  return errorAt("yaml-syntax", message, span, help);
}

/**
 * Finds a character that looks like a space but is a letter to YAML. In a broken line it is the
 * cause.
 */
function oddCharacterIn({ pos: [from, to] }: YAMLError, source: Source): Diagnostic | undefined {
  const first = source.text.lastIndexOf("\n", Math.max(0, from - 1)) + 1;
  const end = source.text.indexOf("\n", to);
  const text = source.text.slice(first, Math.min(end < 0 ? source.text.length : end, first + MOST_LOOKED_AT));
  const odd = findOddCharacter(text);
  if (odd === undefined) return undefined;
  const before = text.slice(text.lastIndexOf("\n", odd.index) + 1, odd.index);
  if (!BEFORE_VALUE.test(before.replaceAll(/[ \t-]/g, ""))) return undefined;
  const start = first + odd.index;
  const message = `found a ${odd.name}`;
  return { code: "yaml-syntax", severity: "error", message, span: { source, start, end: start + 1 }, help: odd.help };
}

/**
 * Indentation, a key and the text before its value, without spaces. Within a value, such a
 * character belongs to the user's text.
 */
const BEFORE_VALUE = /^[\w.]*:?$/;

const MOST_LOOKED_AT = 2000;

const UNCLOSED = /closing ['"]/;

/** Returns the place where an unclosed quote begins. The library points at the end of the text. */
function openQuote(document: Document.Parsed, pos: readonly [number, number]): readonly [number, number] {
  let found = pos;
  visit(document, {
    Scalar: (_key, { type, range }) => {
      if (type?.startsWith("QUOTE") === true && range && range[1] >= pos[0]) found = [range[0], range[0] + 1];
    },
  });
  return found;
}

function wordingOf(error: YAMLError, source: Source): Wording {
  const known = WORDINGS[error.code];
  if (known !== undefined) return known;
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  const line = lineText(source, positionAt(source, error.pos[0]).line);
  if (/unexpected scalar at node end/i.test(message)) {
    return { message: "found text after a quoted value", help: "put the whole expression in single quotes" };
  }
  if (UNCLOSED.test(message)) {
    return {
      message: "found a quote that is never closed",
      help: "close it, or put the whole value in the other kind of quotes",
    };
  }
  if (/flow-(seq|map)-start at node end/.test(message)) {
    return { message: "found [ or { within a value", help: QUOTE };
  }
  if (/between flow map items/.test(message)) {
    return { message, help: "in { } a comma ends a value: put expressions that have commas in quotes" };
  }
  return error.code === "BAD_SCALAR_START" || /[?&*!%@`]/.test(line) ? { message, help: QUOTE } : { message };
}
