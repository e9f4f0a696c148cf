import { Composer, Lexer, Parser } from "yaml";
import type { CST, Document } from "yaml";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { convertNode } from "./convert-node.ts";
import { syntaxDiagnostics } from "./syntax-error.ts";
import type { YamlNode } from "./yaml-node.ts";

/** Deeper files are refused: composing them recurses, and deep enough it ends the whole process, not with an exception. */
export const MAX_DEPTH = 32;

/** One document of a file. `root` is absent where the text is not YAML, or where there is nothing but comments. */
export interface YamlDocument {
  readonly root?: YamlNode;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The documents of a file, each with its own problems: one that is broken leaves the others whole. Duplicate keys, nulls, tags,
 * anchors and aliases are problems. Takes linear time, and never throws for what a file holds.
 */
export function readYaml(source: Source): readonly YamlDocument[] {
  const tokens: CST.Token[] = [];
  const tooDeep = parse(source, tokens);
  if (tooDeep !== undefined) return [{ diagnostics: [tooDeep] }];
  return Array.from(compose(tokens, source.text.length), (document) => convertDocument(document, source));
}

/** Collects the concrete syntax and stops as soon as it is too deep. The parser's stack is as long as the nesting is deep. */
function parse(source: Source, tokens: CST.Token[]): Diagnostic | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(source.text)) {
    tokens.push(...parser.next(lexeme));
    // the document and the innermost scalar are on the stack as well
    if (parser.stack.length > MAX_DEPTH + 2) {
      const start = parser.offset;
      const message = `expected at most ${MAX_DEPTH} levels of nesting`;
      const help = "is a [ or { never closed?";
      return { code: "too-nested", severity: "error", message, help, span: { source, start, end: start + 1 } };
    }
  }
  tokens.push(...parser.end());
  return undefined;
}

function compose(tokens: readonly CST.Token[], end: number): Iterable<Document.Parsed> {
  // our own conversion finds equal keys, in linear time and with both places; the library's search is quadratic
  const composer = new Composer({ uniqueKeys: false, keepSourceTokens: true, logLevel: "silent" });
  return composer.compose(tokens, false, end);
}

function convertDocument(document: Document.Parsed, source: Source): YamlDocument {
  const diagnostics: Diagnostic[] = syntaxDiagnostics(document, source);
  if (diagnostics.length > 0 || isEmpty(document)) return { diagnostics };
  const root = convertNode(document.contents, { source, diagnostics });
  return { ...(root === undefined ? {} : { root }), diagnostics };
}

function isEmpty(document: Document.Parsed): boolean {
  const contents = document.contents;
  return contents === null || (contents.range[0] === contents.range[1] && !("anchor" in contents) && !contents.tag);
}
