import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source, Span } from "../../bpf/source/source.ts";
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

/** A key whose value is a secret by the schema or by its name, in any spelling, up to its value. */
const SECRET_KEY = new RegExp(
  `${anyOf([...secretKeyNames("password"), ...LIKELY_NAMES])}[\\w-]{0,40}["']?[ \\t]{0,20}:[ \\t]{0,20}`,
  "i",
);
/** A key whose value is a secret if it is a text. A key of the second kind can also be a map. */
const URL_KEY = new RegExp(
  `\\b(?:${anyOf(secretKeyNames("url"))}["']?[ \\t]{0,20}:[ \\t]{0,20}(?![{[ \\t])` +
    `|${anyOf(urlParentNames())}["']?[ \\t]{0,20}:[ \\t]{1,20}(?=[^\\s#{[]))`,
  "i",
);

/** Keys at the top of the file that contain no secrets. */
const OPEN_SECTION = /^(?:defaults|inhibit|labels|limits|notify|route)\b/;

/**
 * The secret parts of a URL: anyone who knows the part after the host can post there, and the part
 * before it may be a password.
 */
const URL_SECRET = /(?<=:\/\/)(?:[^\s"'/]*@)?([^\s"'/?#\\@,}\]]+)([/?#][^\s"',}\]]*)?/g;

/**
 * Replaces secrets with asterisks in the text of diagnostics, so that code frames show no passwords
 * and URLs. Works on the text instead of the parsed value, so that a file with invalid YAML shows
 * none either.
 */
export function maskSecrets(diagnostics: readonly Diagnostic[], sources: readonly Source[]): readonly Diagnostic[] {
  const masked = new Map(sources.map((source) => [source.path, maskedSource(source, diagnostics)]));
  const inMasked = (span: Span): Span => ({ ...span, source: masked.get(span.source.path) ?? HIDDEN });
  return diagnostics.map((diagnostic) => {
    const span = inMasked(diagnostic.span);
    const shown = { ...withoutSecret(diagnostic, span.source), span };
    if (diagnostic.related === undefined) return shown;
    return { ...shown, related: diagnostic.related.map((place) => ({ ...place, span: inMasked(place.span) })) };
  });
}

/** A text that nobody has masked is not shown. */
const HIDDEN: Source = { path: "", text: "" };

function maskedSource({ path, text }: Source, diagnostics: readonly Diagnostic[]): Source {
  const own = diagnostics.filter(({ span }) => span.source.path === path);
  return { path, text: maskUnknown(maskUrls(maskLines(maskKeys(text))), own) };
}

/** Codes whose messages never contain a secret. */
const SAFE_CODES: readonly string[] = [
  "inline-secret",
  "missing-secret",
  "bad-secret",
  "doubtful-secret",
  "missing-certificate",
  "missing-variable",
  "bad-certificate",
  "exposed-secret",
  "exposed-settings",
  "bad-receiver",
  "unused-action",
  "unknown-host",
  "missing-key",
  "wrong-type",
  "wrong-value",
];

/** The lines of a private key that was written where its path belongs, up to its end. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*/g;

const maskKeys = (text: string): string => text.replace(PRIVATE_KEY, stars);

/** Replaces message and help: if YAML fails within a secret, they may quote it. */
function withoutSecret(diagnostic: Diagnostic, masked: Source): Diagnostic {
  const { source, start, end } = diagnostic.span;
  const isShown = source.text.slice(start, end) === masked.text.slice(start, end);
  if (isShown || SAFE_CODES.includes(diagnostic.code)) return withoutUrls(diagnostic);
  const { code, severity, span } = diagnostic;
  const message =
    code === "unknown-key" ? "unknown key, or the end of a value that a comma splits" : "expected a value in quotes";
  return { code, severity, span, message, help: "put the value in single quotes" };
}

function withoutUrls(diagnostic: Diagnostic): Diagnostic {
  const { message, help } = diagnostic;
  return { ...diagnostic, message: maskUrls(message), ...(help !== undefined && { help: maskUrls(help) }) };
}

/**
 * Masks line by line, so that the time is linear. A value ends with its quote, its line, or the
 * deeper lines below.
 */
function maskLines(text: string): string {
  let secretIndent = Infinity;
  return text
    .split("\n")
    .map((line) => {
      const indent = line.search(/[^ \t]/);
      // A list item may have the same indentation as its key.
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

/** Returns true if a value continues in the lines below. */
function isOpen(value: string): boolean {
  return /^(?:#|[|>&!]|["'](?!.*["'])|\{(?!.*\})|\[(?!.*\]))/.test(value) || value.trim() === "";
}

function maskValue(value: string): string {
  const quoted = /^"(?:[^"\\]|\\.)*"|^'[^']*'/.exec(value)?.[0];
  return quoted === undefined ? stars(value) : stars(quoted) + maskRest(value.slice(quoted.length));
}

/** Masks the text after a value on its line. */
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

/**
 * Masks the value of an unknown key on the same line: the key may be a misspelt one of a secret.
 */
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

/** Returns the line of the top-level key that contains an offset. */
function sectionOf(text: string, offset: number): string {
  let start = text.lastIndexOf("\n", offset - 1) + 1;
  while (start > 0 && !/[\w"']/.test(text[start] ?? "")) start = text.lastIndexOf("\n", start - 2) + 1;
  return text.slice(start, text.indexOf("\n", start));
}

function stars(text: string): string {
  return text.replace(/[^\s{}"']/g, "*");
}
