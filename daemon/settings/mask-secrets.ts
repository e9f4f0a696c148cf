import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { secretKeyNames, urlParentNames } from "./secret-keys.ts";

/** Parts of keys that a user may give a secret by mistake, as in `passwd:` or `api_key:`. */
const LIKELY_NAMES = [
  "pass",
  "pwd",
  "\\bpw\\b",
  "secret",
  "token",
  "credential",
  "auth",
  "cookie",
  "sign",
  "api[_-]?key",
];

const anyOf = (names: readonly string[]): string => `(?:${names.join("|")})`;

/** A key whose value is a secret by the schema or by its name, however it is spelled, up to where the value begins. */
const SECRET_KEY = new RegExp(
  `${anyOf([...secretKeyNames("password"), ...LIKELY_NAMES])}[\\w-]{0,40}["']?[ \\t]{0,20}:[ \\t]{0,20}`,
  "i",
);
/** A key whose value may be a secret if it is a text; below the second there are other keys. */
const URL_KEY = new RegExp(
  `\\b(?:${anyOf(secretKeyNames("url"))}["']?[ \\t]{0,20}:[ \\t]{0,20}(?![{[ \\t])` +
    `|${anyOf(urlParentNames())}["']?[ \\t]{0,20}:[ \\t]{1,20}(?=[^\\s#{[]))`,
  "i",
);

/** The keys at the top of the file below which there are no secrets. */
const OPEN_SECTION = /^(?:defaults|inhibit|labels|limits|notify|route)\b/;

/** Where a URL is written, what follows its host may let whoever knows it post there, and what stands before it may be a password. */
const URL_SECRET = /(?<=:\/\/)(?:[^\s"'/]*@)?([^\s"'/?#\\@,}\]]+)([/?#][^\s"',}\]]*)?/g;

/**
 * Diagnostics whose code frames show no secret: passwords and URLs are replaced by as many asterisks in the text behind the
 * spans. Goes by the text, not by the parsed value, so that a file that is no YAML shows none either.
 */
export function maskSecrets(diagnostics: readonly Diagnostic[], source: Source): readonly Diagnostic[] {
  const text = maskUnknown(maskUrls(maskLines(source.text)), diagnostics);
  const masked: Source = { path: source.path, text };
  return diagnostics.map((diagnostic) => {
    const { span, related } = diagnostic;
    const shown = { ...withoutSecret(diagnostic, masked), span: { ...span, source: masked } };
    if (related === undefined) return shown;
    return { ...shown, related: related.map((place) => ({ ...place, span: { ...place.span, source: masked } })) };
  });
}

/** Codes whose messages are written so that they show no secret. */
const SAFE_CODES: readonly string[] = [
  "inline-secret",
  "missing-secret",
  "bad-secret",
  "doubtful-secret",
  "exposed-secret",
  "exposed-settings",
  "bad-receiver",
  "unused-action",
  "unknown-host",
  "wrong-type",
  "wrong-value",
];

/** Where YAML itself stumbles over a secret, message and help may quote it. */
function withoutSecret(diagnostic: Diagnostic, masked: Source): Diagnostic {
  const { source, start, end } = diagnostic.span;
  const isShown = source.text.slice(start, end) === masked.text.slice(start, end);
  if (isShown || SAFE_CODES.includes(diagnostic.code)) return withoutUrls(diagnostic);
  const { code, severity, span } = diagnostic;
  const message =
    code === "unknown-key" ? "unknown key, or the end of a value that a comma cuts" : "expected a value in quotes";
  return { code, severity, span, message, help: "put the value in single quotes" };
}

function withoutUrls(diagnostic: Diagnostic): Diagnostic {
  const { message, help } = diagnostic;
  return { ...diagnostic, message: maskUrls(message), ...(help !== undefined && { help: maskUrls(help) }) };
}

/** Line by line, so that the time is linear: values end with the quote or the line, or the deeper lines below. */
function maskLines(text: string): string {
  let secretIndent = Infinity;
  return text
    .split("\n")
    .map((line) => {
      const indent = line.search(/[^ \t]/);
      // An item of a list may stand as deep as its key.
      if (indent > secretIndent || (indent === secretIndent && line[indent] === "-")) return stars(line);
      if (indent >= 0) secretIndent = Infinity;
      const [secret, url] = [SECRET_KEY.exec(line), URL_KEY.exec(line)];
      const found = [secret, url].filter((match) => match !== null).toSorted((a, b) => a.index - b.index);
      if (found.length === 0) return line;
      const from = Math.min(...found.map((match) => match.index + match[0].length));
      const value = line.slice(from);
      if (/^["']?(credential|file|env):/.test(value)) return line.slice(0, from) + maskRest(value);
      if (isOpen(value)) secretIndent = indent;
      return line.slice(0, from) + maskValue(value);
    })
    .join("\n");
}

/** Whether a value goes on in the lines below. */
function isOpen(value: string): boolean {
  return /^(?:#|[|>&!]|["'](?!.*["'])|\{(?!.*\})|\[(?!.*\]))/.test(value) || value.trim() === "";
}

function maskValue(value: string): string {
  const quoted = /^"(?:[^"\\]|\\.)*"|^'[^']*'/.exec(value)?.[0];
  return quoted === undefined ? stars(value) : stars(quoted) + maskRest(value.slice(quoted.length));
}

/** What stands behind a value on its line. */
function maskRest(rest: string): string {
  const next = SECRET_KEY.exec(rest);
  if (next === null) return rest;
  const from = next.index + next[0].length;
  const value = rest.slice(from);
  return rest.slice(0, from) + (/^["']?(credential|file|env):/.test(value) ? value : stars(value));
}

function maskUrls(text: string): string {
  return text.replace(URL_SECRET, (whole: string, host: string, rest = "") => {
    const before = whole.length - host.length - String(rest).length;
    return "*".repeat(before) + host + stars(String(rest));
  });
}

/** A key that is not known may be one of a secret that is misspelt: its value on the same line is not shown. */
function maskUnknown(text: string, diagnostics: readonly Diagnostic[]): string {
  let masked = text;
  for (const { code, span } of diagnostics) {
    if (code !== "unknown-key" || OPEN_SECTION.test(sectionOf(text, span.start))) continue;
    const lineEnd = masked.indexOf("\n", span.end);
    const end = lineEnd < 0 ? masked.length : lineEnd;
    masked = masked.slice(0, span.end) + masked.slice(span.end, end).replace(/(?<=:)[^\n]*/, stars) + masked.slice(end);
  }
  return masked;
}

/** The line of the key at the top of the file below which an offset lies. */
function sectionOf(text: string, offset: number): string {
  let start = text.lastIndexOf("\n", offset - 1) + 1;
  while (start > 0 && !/[\w"']/.test(text[start] ?? "")) start = text.lastIndexOf("\n", start - 2) + 1;
  return text.slice(start, text.indexOf("\n", start));
}

function stars(text: string): string {
  return text.replace(/[^\s{}"']/g, "*");
}
