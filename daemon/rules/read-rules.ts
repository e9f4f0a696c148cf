import ruleSchema from "../../schemas/rule.schema.json" with { type: "json" };
import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source, Span } from "../../bpf/source/source.ts";
import { checkMute } from "../settings/read-mute.ts";
import { limitDiagnostics } from "../yaml/limit-diagnostics.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { YamlDocument } from "../yaml/read-yaml.ts";
import { validator } from "../yaml/validate.ts";
import { valueOf } from "../yaml/yaml-node.ts";
import type { YamlMap } from "../yaml/yaml-node.ts";
import { applyDropIns } from "./apply-drop-ins.ts";
import { buildRuleSyntax } from "./build-rule-syntax.ts";
import type { RuleDefaults } from "./build-rule-syntax.ts";
import { checkNames } from "./check-names.ts";
import { checkKeys } from "./check-keys.ts";
import { checkTemplate } from "./check-template.ts";
import { dropDuplicateNames } from "./duplicate-rules.ts";
import { faultyRule, type FaultyRule } from "./faulty-rule.ts";
import { explainOtherKeys } from "./other-keys.ts";
import type { RuleReading } from "./rule-reading.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

export interface RulesRead {
  readonly rules: readonly RuleSyntax[];
  /** valid rules with `enabled: false`; their names are free for others */
  readonly disabled: readonly DisabledRule[];
  /** rules with errors, for further checks */
  readonly faulty: readonly FaultyRule[];
  /** true if a drop-in could not be applied: rules are as without it */
  readonly lacksDropIn: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** A rule that does not run because of its key `enabled`, and the place of this key's value. */
export interface DisabledRule {
  readonly rule: RuleSyntax;
  readonly span: Span;
}

const validateRule = validator(ruleSchema);
const RULE_KEYS = Object.keys(ruleSchema.properties);

/**
 * Reads the rules of one file, one in each YAML document, with at most 50 diagnostics. Drops a rule
 * with an error and keeps the other rules of the file. Does not check names and types in
 * expressions. Never throws because of the content.
 *
 * @param dropIns files that change keys of these rules, in their order
 */
export function readRules(source: Source, defaults: RuleDefaults, dropIns: readonly Source[] = []): RulesRead {
  const own = readYaml(source);
  const documents = applyDropIns(own, dropIns);
  const read = documents.map((document) => readRule(document, source, defaults));
  const { rules, diagnostics } = dropDuplicateNames(
    read.flatMap(({ name, rules: [rule] }) => (name === undefined ? [] : [{ name, rule }])),
  );
  const kept = new Set(rules);
  const dropped = read.flatMap((one) =>
    one.rules.filter((rule) => !kept.has(rule)).map((rule) => ({ rule, faults: [] })),
  );
  const all = [...read.flatMap((one) => one.diagnostics), ...diagnostics];
  return {
    rules,
    disabled: read.flatMap(({ disabled }) => disabled),
    faulty: [...read.flatMap(({ faulty }) => faulty), ...dropped],
    lacksDropIn: documents.length > own.length,
    diagnostics: limitDiagnostics(all),
  };
}

/** The result of one document: at most one rule, valid or faulty, and its name if it is used. */
interface RuleRead extends Omit<RulesRead, "lacksDropIn"> {
  readonly name?: Spelled;
}

const NOTHING = { rules: [], disabled: [], faulty: [] };

function readRule(document: YamlDocument, source: Source, defaults: RuleDefaults): RuleRead {
  const { root } = document;
  if (root === undefined) return { ...NOTHING, diagnostics: document.diagnostics };
  const ofSchema = validateRule(root);
  if (root.kind !== "map") return { ...NOTHING, diagnostics: [...document.diagnostics, ...ofSchema] };
  const reading: RuleReading = { source, diagnostics: [...document.diagnostics, ...explainOtherKeys(root, ofSchema)] };
  reading.diagnostics.push(...checkKeys(root, RULE_KEYS), ...checkNames(root));
  reading.diagnostics.push(...checkTemplate(valueOf(root, "summary")), ...checkMute(valueOf(root, "mute")));
  const rule = buildRuleSyntax(root, reading, defaults);
  const { diagnostics } = reading;
  const named = rule.name.text === "" ? {} : { name: rule.name };
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length === 0) {
    const span = disabledAt(root);
    if (span !== undefined) return { ...NOTHING, disabled: [{ rule, span }], diagnostics };
    return { ...NOTHING, ...named, rules: [rule], diagnostics };
  }
  const faulty = faultyRule(rule, root, errors, RULE_KEYS);
  return { ...NOTHING, ...named, faulty: faulty === undefined ? [] : [faulty], diagnostics };
}

/** Returns the place of `enabled: false`, or undefined if the rule runs. */
export function disabledAt(root: YamlMap): Span | undefined {
  const node = valueOf(root, "enabled");
  return node?.kind === "scalar" && node.value === false ? node.span : undefined;
}
