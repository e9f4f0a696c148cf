import type { Scalar } from "../../../check/typed-expression.ts";

/** A name that equal scalars share and different ones do not. */
export const scalarName = (scalar: Scalar): string =>
  JSON.stringify(scalar, (_, value: unknown) => {
    if (typeof value === "bigint") return `${String(value)}n`;
    return value instanceof Uint8Array ? [...value] : value;
  });
