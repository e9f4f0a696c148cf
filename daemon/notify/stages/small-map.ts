/**
 * Maps and sets of a few entries that are never changed in place, so that a hundred thousand alerts
 * can share them. Empty ones are always the same.
 */
const EMPTY_MAP: ReadonlyMap<never, never> = new Map<never, never>();
const EMPTY_SET: ReadonlySet<never> = new Set<never>();

/** Returns the map without entries. */
export function emptyMap<Key, Value>(): ReadonlyMap<Key, Value> {
  return EMPTY_MAP as ReadonlyMap<unknown, unknown> as ReadonlyMap<Key, Value>;
}

/** Returns the set without items. */
export function emptySet<Item>(): ReadonlySet<Item> {
  return EMPTY_SET;
}

/** Returns a map that has this entry as well. */
export function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> {
  return new Map(map).set(key, value);
}

/** Returns a map that does not have this key. */
export function withoutKey<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> {
  if (!map.has(key)) return map;
  if (map.size === 1) return emptyMap();
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

/** Returns a set that has this item as well. */
export function withItem<Item>(set: ReadonlySet<Item>, item: Item): ReadonlySet<Item> {
  return set.has(item) ? set : new Set(set).add(item);
}

/** Returns a set that does not have this item. */
export function withoutItem<Item>(set: ReadonlySet<Item>, item: Item): ReadonlySet<Item> {
  if (!set.has(item)) return set;
  if (set.size === 1) return emptySet();
  const copy = new Set(set);
  copy.delete(item);
  return copy;
}
