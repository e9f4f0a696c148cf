import { entryOf } from "./yaml-node.ts";
import type { YamlEntry, YamlMap, YamlNode } from "./yaml-node.ts";

/**
 * Returns a value with the changes of another: maps are merged key by key, and any other value
 * replaces the earlier one. Each node keeps the place where it is written, in whichever file.
 */
export function mergeNodes(earlier: YamlNode, change: YamlNode): YamlNode {
  return earlier.kind === "map" && change.kind === "map" ? mergeMaps(earlier, change) : change;
}

/** Merges two maps. The result has the place of the earlier one. */
export function mergeMaps(earlier: YamlMap, change: YamlMap): YamlMap {
  const changed = earlier.entries.map((entry) => mergeEntry(entry, entryOf(change, entry.key.text)));
  const added = change.entries.filter(({ key }) => entryOf(earlier, key.text) === undefined);
  return { ...earlier, entries: [...changed, ...added] };
}

function mergeEntry(earlier: YamlEntry, change: YamlEntry | undefined): YamlEntry {
  return change === undefined ? earlier : { key: change.key, value: mergeNodes(earlier.value, change.value) };
}
