/** The value of an expression when its inputs are given instead of read from a kernel. */
export type Value = bigint | string | boolean | readonly Value[];

/** An expression that a value needs and that was not given, as rules write it. */
export interface Missing {
  readonly missing: string;
}

export function isMissing(value: Value | Missing): value is Missing {
  return typeof value === "object" && "missing" in value;
}

/** Returns the value as a number. Booleans count as 0 and 1. */
export function numberOf(value: Value): bigint | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "bigint" ? value : undefined;
}

export function isTrue(value: Value): boolean {
  return typeof value === "string" ? value !== "" : numberOf(value) !== 0n;
}

/** Returns the text that users read in a label. */
export function textOf(value: Value): string {
  return typeof value === "object" ? value.map(textOf).join(";") : String(value);
}
