import { isPair, isScalar } from "yaml";

/** The most pieces of one text, so that reading takes linear time. */
const MAX_PIECES = 16;

/**
 * Counts the neighbors in `{ }` or `[ ]` that are pieces of one expression, split by its own
 * commas. YAML reads `a: str(x, 5)` as a key with the value `str(x` and a key `5)` without a value.
 * Returns 1 if the first piece is whole.
 *
 * @param nodeAt returns the first value (offset 0) and the nodes after it: items, or pairs
 *   without a value
 */
export function countPieces(nodeAt: (offset: number) => unknown): number {
  let text = "";
  for (let offset = 0; offset < MAX_PIECES; offset++) {
    const piece = plainText(nodeAt(offset));
    if (piece === undefined) return 1;
    text += `,${piece}`;
    if (isWhole(text)) return offset + 1;
  }
  return 1;
}

function plainText(node: unknown): string | undefined {
  const scalar = isPair(node) && isEmpty(node.value) ? node.key : node;
  return isScalar(scalar) && scalar.type === "PLAIN" ? (scalar.source ?? String(scalar.value)) : undefined;
}

function isEmpty(value: unknown): boolean {
  return value === null || (isScalar(value) && value.value === null && (value.source ?? "") === "");
}

/** Returns true if all quotes and parentheses are closed. Parentheses in quotes do not count. */
function isWhole(text: string): boolean {
  const bare = text.replaceAll(/"[^"]*"|'[^']*'/g, "");
  const count = (mark: string): number => bare.split(mark).length - 1;
  return !/["']/.test(bare) && count("(") <= count(")");
}
