/** The items in their order, so many in each part at most. One part at least, which may be empty. */
export function partsOf<Item>(items: readonly Item[], most: number): readonly (readonly Item[])[] {
  if (items.length <= most) return [items];
  const parts: (readonly Item[])[] = [];
  for (let start = 0; start < items.length; start += most) parts.push(items.slice(start, start + most));
  return parts;
}
