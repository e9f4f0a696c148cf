/**
 * Returns the segment of `*` in a path, or "" if the pattern has no `*`. Returns undefined for
 * another path.
 */
export function segmentIn(pattern: string, path: string): string | undefined {
  if (!pattern.endsWith("*")) return pattern === path ? "" : undefined;
  const rest = path.startsWith(pattern.slice(0, -1)) ? path.slice(pattern.length - 1) : "";
  if (rest === "" || rest.includes("/")) return undefined;
  try {
    return decodeURIComponent(rest);
  } catch {
    return undefined;
  }
}
