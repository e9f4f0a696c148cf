/** The most items that are named. */
const MOST = 5;

/** Joins items in words: `a, b and c`; of many, the first ones and the number of the others. */
export function listed(items: readonly string[], word: "and" | "or" = "and"): string {
  const named = items.length > MOST ? [...items.slice(0, MOST), `${items.length - MOST} more`] : items;
  if (named.length === 0) return "nothing";
  return named.length === 1 ? (named[0] ?? "") : `${named.slice(0, -1).join(", ")} ${word} ${named.at(-1) ?? ""}`;
}
