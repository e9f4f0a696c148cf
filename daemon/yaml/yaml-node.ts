import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Span } from "../../bpf/source/source.ts";

/** A YAML value with its place. There are no tags, anchors and aliases: reading refuses them. */
export type YamlNode = YamlScalar | YamlMap | YamlList;

export interface YamlScalar {
  readonly kind: "scalar";
  /**
   * by the YAML 1.2 core schema; `undefined` if the value is missing or refused, which has been
   * reported
   */
  readonly value: string | number | boolean | undefined;
  /** the user's spelling: `1.10` stays `1.10`; quotes and folding are resolved */
  readonly text: string;
  readonly style: "plain" | "single" | "double" | "literal" | "folded";
  /** a comment follows the value in its line; it may be the rest of an expression with a `#` */
  readonly beforeComment: boolean;
  readonly span: Span;
}

export interface YamlEntry {
  readonly key: Spelled;
  readonly value: YamlNode;
}

/** A map with unique keys. Of equal keys it has the first; reading has reported the others. */
export interface YamlMap {
  readonly kind: "map";
  readonly entries: readonly YamlEntry[];
  readonly span: Span;
}

export interface YamlList {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
  readonly span: Span;
}

const indexOf = new WeakMap<YamlMap, ReadonlyMap<string, YamlEntry>>();

/**
 * Returns the entry of a key, or undefined. Other nodes than maps have no entries. Uses an index: a
 * file may have 100,000 keys.
 */
export function entryOf(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  if (node?.kind !== "map") return undefined;
  let index = indexOf.get(node);
  if (index === undefined) {
    index = new Map(node.entries.map((entry) => [entry.key.text, entry]));
    indexOf.set(node, index);
  }
  return index.get(key);
}

/** Returns the value of a key, or undefined. Other nodes than maps have no entries. */
export function valueOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return entryOf(node, key)?.value;
}

/** Returns the entries of a map. Other nodes have none. */
export function entriesOf(node: YamlNode | undefined): readonly YamlEntry[] {
  return node?.kind === "map" ? node.entries : [];
}

/** Returns the items of a list. Another node is its own only item: `action: a` is `action: [a]`. */
export function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  if (node === undefined) return [];
  return node.kind === "list" ? node.items : [node];
}

/** Returns the text of a scalar, or undefined if the node was refused or is not a scalar. */
export function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== undefined ? node.text : undefined;
}

/** Returns the bare value for a JSON Schema. A refused scalar is null. */
export function plainValue(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value ?? null;
  if (node.kind === "list") return node.items.map(plainValue);
  return Object.fromEntries(node.entries.map((entry) => [entry.key.text, plainValue(entry.value)]));
}
