import type { Meaning } from "./type.ts";

/** Returns the meaning that two values of one column or expression share; plain if they differ. */
export function commonMeaning(a: Meaning, b: Meaning): Meaning {
  return isSame(a, b) ? a : { kind: "plain" };
}

function isSame(a: Meaning, b: Meaning): boolean {
  if (a.kind !== "names" || b.kind !== "names") return a.kind === b.kind;
  if (a.names === b.names) return true;
  return a.names.size === b.names.size && [...a.names].every(([value, name]) => b.names.get(value) === name);
}
