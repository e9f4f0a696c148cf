import ruleSchema from "../../schemas/rule.schema.json" with { type: "json" };
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { limitDiagnostics } from "../yaml/limit-diagnostics.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { YamlDocument } from "../yaml/read-yaml.ts";
import { validator } from "../yaml/validate.ts";
import { valueOf } from "../yaml/yaml-node.ts";
import { buildRuleSyntax } from "./build-rule-syntax.ts";
import type { RuleDefaults } from "./build-rule-syntax.ts";
import { checkNames } from "./check-names.ts";
import { checkKeys } from "./check-keys.ts";
import { checkTemplate } from "./check-template.ts";
import { dropDuplicates } from "./duplicate-rules.ts";
import type { RuleReading } from "./rule-reading.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

export interface RulesRead {
  readonly rules: readonly RuleSyntax[];
  readonly diagnostics: readonly Diagnostic[];
}

const validateRule = validator(ruleSchema);
const RULE_KEYS = Object.keys(ruleSchema.properties);

/**
 * The rules of one file, a YAML document each, and all that is wrong with it, at most 50 problems. A rule with an error is left
 * out; the other rules of the file stay. Names and types in expressions are not looked at. Never throws for what a file holds.
 */
export function readRules(source: Source, defaults: RuleDefaults): RulesRead {
  const read = readYaml(source).map((document) => readRule(document, source, defaults));
  const unique = dropDuplicates(read.flatMap(({ rules }) => rules));
  const diagnostics = [...read.flatMap((one) => one.diagnostics), ...unique.diagnostics];
  return { rules: unique.rules, diagnostics: limitDiagnostics(diagnostics) };
}

function readRule(document: YamlDocument, source: Source, defaults: RuleDefaults): RulesRead {
  const { root } = document;
  if (root === undefined) return { rules: [], diagnostics: document.diagnostics };
  const reading: RuleReading = { source, diagnostics: [...document.diagnostics, ...validateRule(root)] };
  if (root.kind !== "map") return { rules: [], diagnostics: reading.diagnostics };
  reading.diagnostics.push(...checkKeys(root, RULE_KEYS), ...checkNames(root));
  reading.diagnostics.push(...checkTemplate(valueOf(root, "summary")));
  const rule = buildRuleSyntax(root, reading, defaults);
  const broken = reading.diagnostics.some((diagnostic) => diagnostic.severity === "error");
  return { rules: broken ? [] : [rule], diagnostics: reading.diagnostics };
}
