import { Liquid } from "liquidjs";
import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleCode } from "./codes.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

const liquid = new Liquid();
/** What summaries can use beside the rule's own values. */
const OWN_NAMES = ["labels", "window", "rule", "level", "severity"];

/** Names in a summary that would show nothing, because alerts of the rule do not have them. */
export function checkSummary(rule: RuleSyntax): readonly Diagnostic[] {
  const { summary } = rule;
  if (summary === undefined) return [];
  const names = [...valueNames(rule), ...OWN_NAMES];
  const labels = [...rule.program.by.map(({ name }) => name.text), ...Object.keys(rule.labels)];
  const unknown = (name: string, known: readonly string[], prefix = ""): Diagnostic => {
    const help = didYouMean(name, known) ?? `the names here are ${known.join(", ")}`;
    const message = `alerts of this rule have no "${prefix}${name}"`;
    const code: RuleCode = "bad-template";
    return { code, severity: "error", message, span: summary.span, help };
  };
  return variablesOf(summary.text).flatMap(([name, field]) => {
    if (!names.includes(name)) return [unknown(name, names)];
    const isUnknown = name === "labels" && field !== undefined && !labels.includes(field);
    return isUnknown ? [unknown(field, labels, "labels.")] : [];
  });
}

function valueNames({ program, let: lets }: RuleSyntax): readonly string[] {
  const aggregates = program.signals.flatMap((signal) => signal.aggregates);
  return [...aggregates, ...lets].map(({ name }) => name.text);
}

/** The names that a template takes from outside, with their first field: what it assigns itself is left out. */
function variablesOf(template: string): readonly (readonly [name: string, field: string | undefined])[] {
  try {
    const { globals } = liquid.analyzeSync(liquid.parse(template), { partials: false });
    const paths = Object.values(globals).flatMap((uses) => uses.map(({ segments }) => segments));
    const found = paths.map(([name, field]) => [String(name), typeof field === "string" ? field : undefined] as const);
    return [...new Map(found.map((path) => [path.join("."), path])).values()];
  } catch {
    return []; // no template, or a filter that there is not, which is told when the rule is read
  }
}
