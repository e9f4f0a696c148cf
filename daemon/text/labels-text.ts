/** Labels as Prometheus writes them: `{comm="dd", dport="443"}`; nothing where there are none. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const shown = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`);
  return shown.length === 0 ? "" : `{${shown.join(", ")}}`;
}

/** As in Prometheus's text format: only what would end the text is escaped. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
