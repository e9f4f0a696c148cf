/** Names whose values are secrets: settings, HTTP headers, SMTP options. */
const SECRET_WORD = /password|passwd|secret|token|credential|authorization|cookie|signature|api_?key/i;
const SECRET_NAMES: ReadonlySet<string> = new Set(["pass", "auth", "url"]);

/**
 * The rest of a URL after its host. A receiver's URL is a secret: anyone who knows it can post
 * there. The host is enough for operators.
 *
 * Each part ends where the next one can begin, so that matching takes linear time in text of
 * unknown origin.
 */
const URL_REST = /:\/\/(?:[^\s"'/]*@)?([^\s"'/?#\\@]+)([/?#][^\s"'\\]*)?/g;

/**
 * The most characters that are shown of a text from outside. A rejection by the kernel's verifier
 * fits.
 */
const MAX_CHARACTERS = 16_384;

/**
 * Returns a JSON value for the log: without values of secret keys and paths of URLs, and with long
 * texts cut.
 */
export function redacted(value: unknown): unknown {
  if (typeof value === "string") return redactedText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redacted);
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, each]) => [name, isSecret(name) ? "[redacted]" : redacted(each)]));
}

/** Returns a text from outside for a message: without paths of URLs, and cut if it is long. */
export function redactedText(text: string, maxCharacters: number = MAX_CHARACTERS): string {
  const shown = text.replaceAll(URL_REST, (_, host: string, rest?: string) => `://${host}${rest ? "/..." : ""}`);
  const left = shown.length - maxCharacters;
  return left > 0 ? `${shown.slice(0, maxCharacters)}… (${left} more characters)` : shown;
}

function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase()) || SECRET_WORD.test(name);
}
