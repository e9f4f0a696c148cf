/** What an expression of a rule is, where its values are given and not read from a kernel. */
export type Value = bigint | string | boolean | readonly Value[];

/** What a value would have needed and nobody gave: an expression as rules write it. */
export interface Missing {
  readonly missing: string;
}

export function isMissing(value: Value | Missing): value is Missing {
  return typeof value === "object" && "missing" in value;
}

/** Comparisons are 0 and 1 where they are computed with. */
export function numberOf(value: Value): bigint | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "bigint" ? value : undefined;
}

export function isTrue(value: Value): boolean {
  return typeof value === "string" ? value !== "" : numberOf(value) !== 0n;
}

/** As users read it in a label. */
export function textOf(value: Value): string {
  return typeof value === "object" ? value.map(textOf).join(";") : String(value);
}
