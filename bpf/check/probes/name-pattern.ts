/**
 * Returns a test for names. `*` in the pattern stands for any number of characters, everything else
 * for itself.
 */
export function namePattern(pattern: string): (name: string) => boolean {
  if (!pattern.includes("*")) return (name) => name === pattern;
  const parts = pattern.split("*");
  const [first = ""] = parts;
  const last = parts.at(-1) ?? "";
  const between = parts.slice(1, -1);
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last)) return false;
    const end = name.length - last.length;
    const at = endOf(between, name, first.length);
    return at !== undefined && at <= end;
  };
}

/**
 * Returns where the last of the parts ends. Each part is taken at its first place after the one
 * before it: a later place would only leave less for the other parts.
 */
function endOf(parts: readonly string[], name: string, start: number): number | undefined {
  let at = start;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return undefined;
    at = found + part.length;
  }
  return at;
}

/** Returns the last part of a name: `sys_enter_read` of `syscalls:sys_enter_read`. */
export function lastPart(probe: string): string {
  return probe.slice(probe.lastIndexOf(":") + 1);
}
