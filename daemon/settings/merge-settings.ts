import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source, Span } from "../../bpf/source/source.ts";
import { mergeNodes } from "../yaml/merge-nodes.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { YamlNode } from "../yaml/yaml-node.ts";

/** The settings of several files as one value. */
export interface MergedSettings {
  /** undefined if all files are empty, which counts as missing */
  readonly root?: YamlNode;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Merges the settings file and its fragments, in this order, as the drop-ins of rules: maps are
 * merged key by key, and any other value replaces the earlier one. Each value keeps its place.
 */
export function mergeSettings(sources: readonly Source[]): MergedSettings {
  const diagnostics: Diagnostic[] = [];
  const roots = sources.flatMap((source) => readRoot(source, diagnostics) ?? []);
  const [first, ...changes] = roots;
  return { ...(first !== undefined && { root: changes.reduce(mergeNodes, first) }), diagnostics };
}

/** Returns the first document, or undefined for an empty file. */
function readRoot(source: Source, diagnostics: Diagnostic[]): YamlNode | undefined {
  const [first, second] = readYaml(source);
  diagnostics.push(...(first?.diagnostics ?? []), ...(second?.diagnostics ?? []));
  if (second?.root !== undefined) diagnostics.push(secondDocument(second.root.span));
  return first?.root;
}

function secondDocument(span: Span): Diagnostic {
  const message = "expected one document, found a second";
  return { code: "wrong-type", severity: "error", message, span, help: "write rules in files of rules.d" };
}
