import type { YamlNode } from "./yaml-node.ts";

const MAX_SHOWN = 40;

/** Describes a node for messages: `the number 10`, `"soon"`, `a list`. */
export function describeNode(node: YamlNode): string {
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a map";
  if (typeof node.value === "number") return `the number ${node.text}`;
  if (typeof node.value === "boolean") return node.text;
  if (node.text === "") return "an empty text";
  return node.text.length > MAX_SHOWN ? `"${node.text.slice(0, MAX_SHOWN)}…"` : `"${node.text}"`;
}
