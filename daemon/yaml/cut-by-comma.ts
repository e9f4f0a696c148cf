import { isPair, isScalar } from "yaml";

/** Pieces of one text that are looked for at most, so that reading takes linear time. */
const MAX_PIECES = 16;

/**
 * How many neighbours in `{ }` or `[ ]` are pieces of one expression, which its own commas cut: `a: str(x, 5)` is a key with the value
 * `str(x`, then a key `5)` with none. One where the first is whole.
 *
 * @param nodeAt the value of the first, then what follows it: items, or pairs without a value
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

/** Whether every quote and parenthesis that is opened is closed; quotes hide parentheses. */
function isWhole(text: string): boolean {
  const bare = text.replaceAll(/"[^"]*"|'[^']*'/g, "");
  const count = (mark: string): number => bare.split(mark).length - 1;
  return !/["']/.test(bare) && count("(") <= count(")");
}
