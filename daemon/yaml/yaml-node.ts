import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Span } from "../../bpf/source/source.ts";

/** A YAML value with its place. Tags, anchors and aliases do not exist here: reading refuses them. */
export type YamlNode = YamlScalar | YamlMap | YamlList;

export interface YamlScalar {
  readonly kind: "scalar";
  /** by the YAML 1.2 core schema; `undefined` where the value is missing or refused, which has been reported */
  readonly value: string | number | boolean | undefined;
  /** what the user wrote: `1.10` stays `1.10`; quotes and folding are resolved */
  readonly text: string;
  readonly style: "plain" | "single" | "double" | "literal" | "folded";
  /** a comment ends the value's line, which may be the rest of an expression with a `#` */
  readonly beforeComment: boolean;
  readonly span: Span;
}

export interface YamlEntry {
  readonly key: Spelled;
  readonly value: YamlNode;
}

/** Keys are unique: of equal ones the first stands, and reading reported the others. */
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

/** The entry of a key, or undefined; also for nodes that are no map. Keys are looked up: a file may have 100,000. */
export function entryOf(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  if (node?.kind !== "map") return undefined;
  let index = indexOf.get(node);
  if (index === undefined) {
    index = new Map(node.entries.map((entry) => [entry.key.text, entry]));
    indexOf.set(node, index);
  }
  return index.get(key);
}

/** The value of a key, or undefined; also for nodes that are no map. */
export function valueOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return entryOf(node, key)?.value;
}

/** The entries of a map, or none. */
export function entriesOf(node: YamlNode | undefined): readonly YamlEntry[] {
  return node?.kind === "map" ? node.entries : [];
}

/** The items of a list, or the node itself as the only one: `action: a` is `action: [a]`. */
export function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  if (node === undefined) return [];
  return node.kind === "list" ? node.items : [node];
}

/** The text of a scalar, or undefined where the node is something else or was refused. */
export function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== undefined ? node.text : undefined;
}

/** The bare value, for a JSON Schema; `undefined` members are null. */
export function plainValue(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value ?? null;
  if (node.kind === "list") return node.items.map(plainValue);
  return Object.fromEntries(node.entries.map((entry) => [entry.key.text, plainValue(entry.value)]));
}
