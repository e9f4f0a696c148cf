/**
 * Returns the items in their order, in parts of at most `most` items. There is at least one part,
 * which may be empty.
 */
export function partsOf<Item>(items: readonly Item[], most: number): readonly (readonly Item[])[] {
  if (items.length <= most) return [items];
  const parts: (readonly Item[])[] = [];
  for (let start = 0; start < items.length; start += most) parts.push(items.slice(start, start + most));
  return parts;
}
