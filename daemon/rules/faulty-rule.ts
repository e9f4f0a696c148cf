import { SYNTAX_CODES } from "../../bpf/language/codes.ts";
import { suggest } from "../../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Span } from "../../bpf/source/source.ts";
import type { YamlCode } from "../yaml/codes.ts";
import { entriesOf, itemsOf } from "../yaml/yaml-node.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../yaml/yaml-node.ts";
import type { RuleCode } from "./codes.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

/**
 * A rule that cannot run, but can be checked further, so that all errors of a file are reported at
 * once.
 */
export interface FaultyRule {
  readonly rule: RuleSyntax;
  /**
   * places of errors that reading found; errors of later stages at these places are only
   * consequences
   */
  readonly faults: readonly Span[];
}

/** Keys whose errors would make later stages report false errors. */
const NEEDED = ["probe", "signals", "with", "during", "event", "aggregate", "let"];
/** Keys whose maps define names for other expressions. */
const NAMING = ["with", "keep"];
const KEY_CODES: readonly string[] = ["missing-key", "unknown-key", "conflicting-keys"] satisfies (
  YamlCode | RuleCode
)[];
/** Errors that leave the rest of a map or list of expressions intact. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...Object.keys(SYNTAX_CODES),
  ...(["reserved-name", "duplicate-name", "bad-name", "yaml-feature", "null-value"] satisfies (YamlCode | RuleCode)[]),
]);

/**
 * Returns the rule for further checks, if its shape is intact. Errors within expressions, and in
 * keys for alerts, leave its probes and names intact. After an error in `let`, the result has no
 * `let`, threshold and summary.
 */
export function faultyRule(
  rule: RuleSyntax,
  root: YamlMap,
  errors: readonly Diagnostic[],
  knownKeys: readonly string[],
): FaultyRule | undefined {
  // Checking thousands of columns takes long and finds little that is new.
  if (errors.some(({ code }) => code === "too-many")) return undefined;
  if (errors.some((error) => breaksShape(error, root, knownKeys))) return undefined;
  const faults = errors.map(({ span }) => span);
  if (!errors.some(({ span }) => root.entries.some((entry) => entry.key.text === "let" && holds(entry, span)))) {
    return { rule, faults };
  }
  const { threshold: _threshold, summary: _summary, ...rest } = rule;
  return { rule: { ...rest, let: [] }, faults };
}

function breaksShape({ code, span }: Diagnostic, root: YamlMap, knownKeys: readonly string[]): boolean {
  const entry = root.entries.find((each) => holds(each, span));
  if (entry === undefined) return false;
  const { key, value } = entry;
  if (code === "unknown-key" && span.start === key.span.start) {
    return NEEDED.includes(suggest(key.text, knownKeys) ?? "");
  }
  if (KEY_CODES.includes(code) && span.start === key.span.start) return true;
  if (!NEEDED.includes(key.text) || key.text === "let") return false;
  if (value.kind === "scalar" && key.text !== "aggregate") return true;
  return !HARMLESS.has(code) || NAMING.includes(key.text) || isWithinNames(value, span);
}

/** Returns true if a place is in a map that defines names, at any depth. */
function isWithinNames(node: YamlNode, span: Span): boolean {
  if (node.kind === "list") return itemsOf(node).some((item) => isWithinNames(item, span));
  return entriesOf(node).some(
    (entry) => holds(entry, span) && (NAMING.includes(entry.key.text) || isWithinNames(entry.value, span)),
  );
}

/** Returns true if a place is in an entry, or in what a drop-in changes below it. */
function holds({ key, value }: YamlEntry, place: Span): boolean {
  const { source, start, end } = key.span;
  if (value.span.source === source) {
    if (place.source === source) return isIn({ source, start, end: Math.max(end, value.span.end) }, place);
  } else if (isIn(key.span, place) || isIn(value.span, place)) return true;
  return entriesOf(value).some((each) => holds(each, place));
}

function isIn({ source, start, end }: Span, place: Span): boolean {
  return place.source === source && start <= place.start && place.start <= end;
}

/** Removes diagnostics that are consequences of errors that reading has reported. */
export function withoutEchoes(diagnostics: readonly Diagnostic[], faults: readonly Span[]): readonly Diagnostic[] {
  return diagnostics.filter(({ span }) => !faults.some((fault) => meets(fault, span)));
}

function meets(a: Span, b: Span): boolean {
  return a.source === b.source && a.start <= b.end && b.start <= a.end;
}
