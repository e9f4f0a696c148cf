/** Names under which secrets travel: settings, HTTP headers, SMTP options. */
const SECRET_NAME =
  /^(?:.*(?:password|passwd|secret|token|credential|authorization|cookie|signature|api_?key).*|pass|auth|url)$/i;

/** The receivers' URLs are secrets, too: whoever knows one can post there. The host tells operators enough. */
const URL_REST = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s"'/@]*@)?([^\s"'/?#\\]+)[/?#][^\s"'\\]*/gi;

/** A JSON value as it may be logged: without what stands under a secret's name, and without the paths of URLs. */
export function redacted(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(URL_REST, "$1$2/...");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redacted);
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, each]) => [name, SECRET_NAME.test(name) ? "[redacted]" : redacted(each)]),
  );
}
