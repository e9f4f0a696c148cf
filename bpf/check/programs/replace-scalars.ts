import type { Scalar } from "../typed-expression.ts";

/**
 * Returns steps, or a part of one, in which each value is replaced for which `replace` returns
 * another one. Spans and tables are unchanged.
 */
export function replaceScalars<Part>(part: Part, replace: (value: Scalar) => Scalar | undefined): Part {
  if (Array.isArray(part)) return part.map((each: unknown) => replaceScalars(each, replace)) as Part;
  if (typeof part !== "object" || part === null || part instanceof Uint8Array || part instanceof Map) return part;
  const other = "op" in part ? replace(part as unknown as Scalar) : undefined;
  if (other !== undefined) return other as Part;
  const parts = Object.entries(part).map(([name, each]: [string, unknown]) => [
    name,
    name === "span" ? each : replaceScalars(each, replace),
  ]);
  return Object.fromEntries(parts) as Part;
}
