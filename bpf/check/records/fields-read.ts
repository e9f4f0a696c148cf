/** The use of a field in a rule: by an index, or in any way other than as a socket address. */
export type FieldUse = typeof BY_INDEX | typeof AS_BYTES;
export const BY_INDEX = "[i]";
export const AS_BYTES = "[]";

/** Functions that take a socket address as a whole. */
const OF_ADDRESSES: readonly unknown[] = ["address", "port"];

/**
 * Returns the names after `args.` in all expressions of a rule, for any of its probes. A name is in
 * it again, with BY_INDEX or AS_BYTES after it, if the field is used in that way.
 */
export function fieldsRead(syntax: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  collect(syntax, AS_BYTES, names);
  return names;
}

function collect(syntax: unknown, use: FieldUse | undefined, names: Set<string>): void {
  if (typeof syntax !== "object" || syntax === null) return;
  const field = fieldOf(syntax);
  if (field !== undefined) {
    names.add(field);
    if (use !== undefined) names.add(field + use);
    return;
  }
  for (const [key, value] of Object.entries(syntax)) {
    if (key === "span") continue;
    // the arguments of a call are in an array
    if (key === "arguments" && isOfAddresses(syntax))
      for (const one of value as unknown[]) collect(one, undefined, names);
    else collect(value, key === "object" && "index" in syntax ? BY_INDEX : AS_BYTES, names);
  }
}

function fieldOf(syntax: object): string | undefined {
  if (!("kind" in syntax) || syntax.kind !== "member" || !("object" in syntax) || !isArgs(syntax.object))
    return undefined;
  return "field" in syntax && typeof syntax.field === "string" ? syntax.field : undefined;
}

const isOfAddresses = (syntax: object): boolean =>
  "kind" in syntax && syntax.kind === "call" && "callee" in syntax && OF_ADDRESSES.includes(syntax.callee);

function isArgs(syntax: unknown): boolean {
  return typeof syntax === "object" && syntax !== null && "name" in syntax && syntax.name === "args";
}
