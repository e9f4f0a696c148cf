import { Composer } from "yaml";
import type { CST, Document } from "yaml";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { convertNode } from "./convert-node.ts";
import { parseTokens } from "./parse-tokens.ts";
import { syntaxDiagnostics } from "./syntax-error.ts";
import type { YamlNode } from "./yaml-node.ts";

/** One document of a file. `root` is missing if the text is not YAML or consists of comments. */
export interface YamlDocument {
  readonly root?: YamlNode;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the documents of a file, each with its own diagnostics: a broken document does not affect
 * the others. Reports duplicate keys, nulls, tags, anchors and aliases. Takes linear and limited
 * time, also for hostile files, and never throws because of a file's content.
 */
export function readYaml(source: Source): readonly YamlDocument[] {
  const tokens = parseTokens(source);
  if (tokens.result === undefined) return [{ diagnostics: tokens.diagnostics }];
  return compose(tokens.result, source.text.length).map((document) => convertDocument(document, source));
}

/**
 * Composes documents without the library's search for equal keys, which is quadratic. Our
 * conversion finds them in linear time, with both places.
 *
 * The library collects its errors, tens of thousands in a file of commas only. Without stack traces
 * each costs a sixth.
 */
function compose(tokens: readonly CST.Token[], end: number): readonly Document.Parsed[] {
  const composer = new Composer({ uniqueKeys: false, keepSourceTokens: true, logLevel: "silent" });
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return [...composer.compose(tokens, false, end)];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
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
