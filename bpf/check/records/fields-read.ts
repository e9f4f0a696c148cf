/** Returns the names after `args.` in all expressions of a rule, for any of its probes. */
export function fieldsRead(syntax: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  collect(syntax, names);
  return names;
}

function collect(syntax: unknown, names: Set<string>): void {
  if (typeof syntax !== "object" || syntax === null) return;
  if ("kind" in syntax && syntax.kind === "member" && "object" in syntax && isArgs(syntax.object)) {
    if ("field" in syntax && typeof syntax.field === "string") names.add(syntax.field);
    return;
  }
  for (const [key, value] of Object.entries(syntax)) if (key !== "span") collect(value, names);
}

function isArgs(syntax: unknown): boolean {
  return typeof syntax === "object" && syntax !== null && "name" in syntax && syntax.name === "args";
}
