/**
 * Formats labels as Prometheus does: `{comm="dd", dport="443"}`. Without labels, the text is empty.
 */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const shown = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`);
  return shown.length === 0 ? "" : `{${shown.join(", ")}}`;
}

/** Escapes what Prometheus's text format requires and nothing else. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
