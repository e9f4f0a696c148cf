/** Names under which secrets travel: settings, HTTP headers, SMTP options. */
const SECRET_WORD = /password|passwd|secret|token|credential|authorization|cookie|signature|api_?key/i;
const SECRET_NAMES: ReadonlySet<string> = new Set(["pass", "auth", "url"]);

/**
 * The receivers' URLs are secrets, too: whoever knows one can post there. The host tells operators enough. Each part ends where the next
 * one can begin, so that the time is linear in the text, which may come from anyone.
 */
const URL_REST = /:\/\/(?:[^\s"'/]*@)?([^\s"'/?#\\@]+)([/?#][^\s"'\\]*)?/g;

/** Texts of others may be of any length: of a longer one, this much is shown. A rejection by the kernel's verifier fits. */
const MAX_CHARACTERS = 16_384;

/** A JSON value as it may be logged: without what stands under a secret's name, without the paths of URLs, and with long texts cut. */
export function redacted(value: unknown): unknown {
  if (typeof value === "string") return redactedText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redacted);
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, each]) => [name, isSecret(name) ? "[redacted]" : redacted(each)]));
}

/** A text of somebody else's for a message: without the paths of URLs, and cut where it is long. */
export function redactedText(text: string, maxCharacters: number = MAX_CHARACTERS): string {
  const shown = text.replaceAll(URL_REST, (_, host: string, rest?: string) => `://${host}${rest ? "/..." : ""}`);
  const left = shown.length - maxCharacters;
  return left > 0 ? `${shown.slice(0, maxCharacters)}… (${left} more characters)` : shown;
}

function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase()) || SECRET_WORD.test(name);
}
