import type { Scalar } from "../../../check/typed-expression.ts";

/** Returns a name that is the same for equal scalars and different for others. */
export const scalarName = (scalar: Scalar): string =>
  JSON.stringify(scalar, (_, value: unknown) => {
    if (typeof value === "bigint") return `${String(value)}n`;
    return value instanceof Uint8Array ? [...value] : value;
  });
