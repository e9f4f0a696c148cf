import type { Source, Span } from "../../bpf/source/source.ts";
import type { YamlMap, YamlNode } from "./yaml-node.ts";

/** Returns the sources that the values of a node come from. */
export function sourcesOf(node: YamlNode): ReadonlySet<Source> {
  const found = new Set<Source>();
  collect(node, found);
  return found;
}

function collect(node: YamlNode, found: Set<Source>): void {
  if (node.kind === "map" && node.entries.length > 0) for (const { value } of node.entries) collect(value, found);
  else if (node.kind === "list" && node.items.length > 0) for (const item of node.items) collect(item, found);
  else found.add(node.span.source);
}

/** A key whose value comes from another source than its map. */
export interface ChangedKey {
  /** such as `threshold.warning` */
  readonly key: string;
  /** of the key in the other source */
  readonly span: Span;
  readonly value: YamlNode;
}

/** Returns the keys of a merged map whose values are not of its own source. */
export function changedKeys(map: YamlMap, prefix = "", own: Source = map.span.source): readonly ChangedKey[] {
  return map.entries.flatMap(({ key, value }) => {
    const path = `${prefix}${key.text}`;
    const sources = sourcesOf(value);
    if (value.kind === "map" && sources.size > 1) return changedKeys(value, `${path}.`, own);
    return sources.has(own) ? [] : [{ key: path, span: key.span, value }];
  });
}
