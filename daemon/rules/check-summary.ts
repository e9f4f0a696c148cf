import { Liquid } from "liquidjs";
import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import type { Expression } from "../../bpf/language/expression.ts";
import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Span } from "../../bpf/source/source.ts";
import type { RuleCode } from "./codes.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

const liquid = new Liquid();
/** The properties that Liquid adds to each text. */
const TEXT_FIELDS = ["size", "first", "last"];
/** The names in summaries besides the rule's values and labels. */
const TEXTS = ["window", "rule", "level", "severity"];
const DISTRIBUTIONS = ["histogram", "linear_histogram"];
/** The fields of a histogram in a summary, from `shownDistribution`. */
const DISTRIBUTION_FIELDS = ["count", "mean", "p50", "p90", "p95", "p99", "p999", "text"];

/** The names that are valid at one place of a path, each with the names that may follow it. */
type Names = ReadonlyMap<string, Names>;

/**
 * Reports names in a summary that alerts of the rule do not have, and that would therefore show
 * nothing.
 */
export function checkSummary(rule: RuleSyntax): readonly Diagnostic[] {
  const { summary } = rule;
  if (summary === undefined) return [];
  const names = namesOf(rule);
  return variablesOf(summary.text).flatMap((path) => {
    const unknown = unknownIn(path, names);
    if (unknown === undefined) return [];
    const code: RuleCode = "bad-template";
    return [{ code, severity: "error", ...unknown, span: placeOf(path, summary) }];
  });
}

function namesOf({ program, let: lets, labels }: RuleSyntax): Names {
  const aggregates = program.signals.flatMap((signal) => signal.aggregates);
  const ofLabels = [...program.by.map(({ name }) => name.text), ...Object.keys(labels)];
  return new Map([
    ...aggregates.map(({ name, expression }) => [name.text, leaves(fieldsOf(expression))] as const),
    ...lets.map(({ name }) => [name.text, leaves([])] as const),
    ["labels", new Map([...leaves(["size"]), ...ofLabels.map((label) => [label, leaves(TEXT_FIELDS)] as const)])],
    ...TEXTS.map((name) => [name, leaves(TEXT_FIELDS)] as const),
  ]);
}

function fieldsOf(expression: Expression): readonly string[] {
  return expression.kind === "call" && DISTRIBUTIONS.includes(expression.callee) ? DISTRIBUTION_FIELDS : [];
}

function leaves(names: readonly string[]): Names {
  return new Map(names.map((name) => [name, new Map()]));
}

/** Describes the first unknown name of a path. */
function unknownIn(path: readonly string[], names: Names): Pick<Diagnostic, "message" | "help"> | undefined {
  let known = names;
  for (const [index, name] of path.entries()) {
    const next = known.get(name);
    if (next === undefined) {
      const message = `alerts of this rule have no "${path.slice(0, index + 1).join(".")}"`;
      return { message, help: helpFor(name, [...known.keys()], path.slice(0, index).join(".")) };
    }
    known = next;
  }
  return undefined;
}

function helpFor(name: string, all: readonly string[], of: string): string {
  const known = all.filter((each) => of === "" || !TEXT_FIELDS.includes(each));
  if (of === "labels" && known.length === 0) return 'the rule has no labels: define them in "by" or "labels"';
  if (known.length === 0) return `"${of}" is one value: write {{ ${of} }}`;
  return didYouMean(name, known) ?? `the names ${of === "" ? "here" : `of "${of}"`} are ${known.join(", ")}`;
}

/**
 * Returns the paths that a template reads, without its own variables and without the part after an
 * index.
 */
function variablesOf(template: string): readonly (readonly string[])[] {
  try {
    const { globals } = liquid.analyzeSync(liquid.parse(template), { partials: false });
    const paths = Object.values(globals).flatMap((uses) => uses.map(({ segments }) => namesBeforeIndex(segments)));
    return [...new Map(paths.map((path) => [path.join("."), path])).values()];
  } catch {
    return []; // an invalid template or an unknown filter: reading the rule reports it
  }
}

function namesBeforeIndex(segments: readonly unknown[]): readonly string[] {
  const end = segments.findIndex((segment) => typeof segment !== "string");
  return (end === -1 ? segments : segments.slice(0, end)).map(String);
}

/**
 * Returns the place of a path in the file, or the whole summary if the path is spelled differently
 * there.
 */
function placeOf(path: readonly string[], { span }: Spelled): Span {
  const text = path.join(".");
  const raw = span.source.text.slice(span.start, span.end);
  const index = raw.search(new RegExp(`(?<![\\w.])${RegExp.escape(text)}(?!\\w)`));
  return index === -1 ? span : { ...span, start: span.start + index, end: span.start + index + text.length };
}
