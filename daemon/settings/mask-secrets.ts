import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";

/** A key whose value is, or may hold, a secret, and the value up to the end of the quote, the block or the line. */
const SECRET_VALUE =
  /\b(?:password|url)["']?[ \t]*:[ \t]*("(?:[^"\\]|\\.)*"?|'[^']*'?|[|>][^\n]*(?:\n[ \t]+[^\n]*)*|[^\s,}][^\n]*)/g;

/**
 * Diagnostics whose code frames show no secret: passwords and URLs are replaced by as many asterisks in the text behind the
 * spans. Goes by the text, not by the parsed value, so that a file that is no YAML shows none either.
 */
export function maskSecrets(diagnostics: readonly Diagnostic[], source: Source): readonly Diagnostic[] {
  const masked: Source = { path: source.path, text: source.text.replace(SECRET_VALUE, maskValue) };
  return diagnostics.map((diagnostic) => {
    const { span, related } = diagnostic;
    const shown = { ...withoutSecret(diagnostic, masked), span: { ...span, source: masked } };
    if (related === undefined) return shown;
    return { ...shown, related: related.map((place) => ({ ...place, span: { ...place.span, source: masked } })) };
  });
}

/** Codes whose messages are written so that they show no secret. */
const SAFE_CODES: readonly string[] = ["inline-secret", "wrong-type", "wrong-value"];

/** Where YAML itself stumbles over a secret, message and help may quote it. */
function withoutSecret(diagnostic: Diagnostic, masked: Source): Diagnostic {
  const { source, start, end } = diagnostic.span;
  const isShown = source.text.slice(start, end) === masked.text.slice(start, end);
  if (isShown || SAFE_CODES.includes(diagnostic.code)) return diagnostic;
  const { code, severity, span } = diagnostic;
  const message =
    code === "unknown-key" ? "unknown key, or the end of a value that a comma cuts" : "expected a value in quotes";
  return { code, severity, span, message, help: "put the value in single quotes" };
}

function maskValue(whole: string, value: string): string {
  if (/^["']?(credential|file|env):/.test(value)) return whole;
  const kept = whole.slice(0, whole.length - value.length);
  return kept + value.replace(/[^\s{}"']/g, "*");
}
