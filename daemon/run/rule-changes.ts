/** Rules with the hashes of their meaning. */
export type RuleHashes = ReadonlyMap<string, string>;

/** Lists of `NAME sha256:HASH`; a list is absent if it is empty. */
export interface RuleChanges {
  readonly added?: readonly string[];
  readonly changed?: readonly string[];
  readonly removed?: readonly string[];
}

/**
 * Returns the rules that began, that are other rules now, and that ended, with their hashes now or
 * at last.
 */
export function ruleChanges(before: RuleHashes, now: RuleHashes): RuleChanges {
  const those = (from: RuleHashes, isMeant: (name: string, hash: string) => boolean): readonly string[] =>
    [...from].filter(([name, hash]) => isMeant(name, hash)).map(([name, hash]) => `${name} sha256:${hash}`);
  const lists = {
    added: those(now, (name) => !before.has(name)),
    changed: those(now, (name, hash) => before.has(name) && before.get(name) !== hash),
    removed: those(before, (name) => !now.has(name)),
  };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}
