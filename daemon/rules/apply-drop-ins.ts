import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { mergeMaps } from "../yaml/merge-nodes.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { YamlDocument } from "../yaml/read-yaml.ts";
import { textOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlMap, YamlNode } from "../yaml/yaml-node.ts";
import type { RuleCode } from "./codes.ts";

/**
 * Returns the documents of a rule file with the changes of its drop-ins, in their order. A document
 * of a drop-in changes the rule that its key `rule` names, or the only one of the file. A drop-in
 * that fits no rule is a document with errors only: the rules go on without it.
 */
export function applyDropIns(documents: readonly YamlDocument[], dropIns: readonly Source[]): readonly YamlDocument[] {
  let changed = documents;
  for (const change of dropIns.flatMap(readYaml)) changed = applyDocument(changed, change);
  return changed;
}

function applyDocument(documents: readonly YamlDocument[], change: YamlDocument): readonly YamlDocument[] {
  const { root, diagnostics } = change;
  if (root === undefined) return diagnostics.length === 0 ? documents : [...documents, change];
  if (root.kind !== "map") return [...documents, { diagnostics: [...diagnostics, notAMap(root)] }];
  const target = targetOf(documents, root);
  if (typeof target !== "number") return [...documents, { diagnostics: [...diagnostics, target] }];
  return documents.map((document, index) =>
    index === target && document.root?.kind === "map"
      ? { root: mergeMaps(document.root, withoutName(root)), diagnostics: [...document.diagnostics, ...diagnostics] }
      : document,
  );
}

/** Returns the index of the document that a drop-in changes, or the reason why there is none. */
function targetOf(documents: readonly YamlDocument[], change: YamlMap): number | Diagnostic {
  const rules = documents.flatMap(({ root }, index) => (root?.kind === "map" ? [{ index, name: nameOf(root) }] : []));
  const known = rules.flatMap(({ name }) => name ?? []);
  const names = known.map((name) => `"${name}"`).join(", ");
  const key = valueOf(change, "rule");
  if (key === undefined && rules.length === 1) return rules[0]?.index ?? 0;
  if (key === undefined) {
    const message = `expected the key "rule", because the file that this changes has ${rules.length} rules`;
    return errorAt<RuleCode>("no-such-rule", message, change.span, known.length === 0 ? undefined : `one of ${names}`);
  }
  const text = textOf(key) ?? "";
  const found = key.kind === "scalar" ? `"${text}"` : `a ${key.kind}`;
  const message = `expected the name of a rule in the file that this changes, found ${found}`;
  const help = didYouMean(text, known) ?? (known.length === 0 ? "the file has no rule" : `its rules are ${names}`);
  return rules.find(({ name }) => name === text)?.index ?? errorAt<RuleCode>("no-such-rule", message, key.span, help);
}

const nameOf = (root: YamlNode): string | undefined => textOf(valueOf(root, "rule"));

/** Removes the key that only says which rule is changed: the name stays where the rule is written. */
function withoutName(root: YamlMap): YamlMap {
  return { ...root, entries: root.entries.filter(({ key }) => key.text !== "rule") };
}

function notAMap({ span }: YamlNode): Diagnostic {
  const help = 'write the keys that change, such as "threshold: value > 20"';
  return errorAt<RuleCode>("no-such-rule", "expected keys of a rule, found another value", span, help);
}
