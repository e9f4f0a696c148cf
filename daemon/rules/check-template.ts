import { Liquid } from "liquidjs";
import ruleSchema from "../../schemas/rule.schema.json" with { type: "json" };
import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Span } from "../../bpf/source/source.ts";
import { scalarText } from "../yaml/scalar-text.ts";
import type { YamlNode, YamlScalar } from "../yaml/yaml-node.ts";
import type { RuleCode } from "./codes.ts";
import { errorText } from "../../bpf/source/error-text.ts";

const liquid = new Liquid({ strictFilters: true });
/** Registers the additional filters of summaries, so that their names are known here. */
for (const name of ["duration", "bytes", "percent"]) liquid.registerFilter(name, (value: unknown) => value);

/** Refuses tags that read another file: a summary is complete in its rule. */
for (const name of ["include", "render", "layout"])
  liquid.registerTag(name, {
    parse() {
      throw new Error(`"${name}" reads another file, which a summary cannot do`);
    },
    *render() {},
  });

/** The filters of Prometheus' templates and their equivalents here. */
const FILTERS_OF_PROMETHEUS: Readonly<Record<string, string>> = {
  humanize: "numbers are short without a filter",
  humanize1024: 'write "bytes"',
  humanizeDuration: 'durations are shown as such; write "duration" for a number of nanoseconds',
  humanizePercentage: 'write "percent"',
};

/** The schema's limit. For a longer text, the schema reports its length. */
const MAX_CHARACTERS = ruleSchema.properties.summary.maxLength;

/**
 * Checks that a text is a Liquid template. The values of its names are known only when an alert
 * fires.
 */
export function checkTemplate(node: YamlNode | undefined): readonly Diagnostic[] {
  if (node?.kind !== "scalar" || node.value === undefined || node.text.length > MAX_CHARACTERS) return [];
  try {
    liquid.parse(node.text);
    return [];
  } catch (error) {
    const code: RuleCode = "bad-template";
    return [
      { code, severity: "error", message: messageOf(error), span: placeOf(error, node), help: helpFor(error, node) },
    ];
  }
}

function helpFor(error: unknown, { text }: YamlScalar): string {
  if (/\{\{[^}]*\$/.test(text)) return "write {{ value }} and {{ labels.NAME }}, without the $ of Prometheus";
  const message = error instanceof Error ? error.message : "";
  if (message.includes("reads another file")) return "write the text into the summary";
  const filter = /^undefined filter: (\w+)/.exec(message)?.[1] ?? "";
  const ours = Object.hasOwn(FILTERS_OF_PROMETHEUS, filter) ? FILTERS_OF_PROMETHEUS[filter] : undefined;
  const known = ours ?? didYouMean(filter, Object.keys(liquid.filters));
  return known ?? "write values as {{ name }}, conditions as {% if %}...{% endif %}";
}

/**
 * Returns the library's message without its position in the template, which does not match the
 * file.
 */
function messageOf(error: unknown): string {
  const first = errorText(error).split("\n", 1)[0] ?? "";
  return `the template is invalid: ${first.replace(/, line:.*$/, "")}`;
}

function placeOf(error: unknown, node: YamlScalar): Span {
  const token: unknown = error instanceof Error && "token" in error ? error.token : undefined;
  if (!isPlace(token) || token.end <= token.begin) return node.span;
  const text = scalarText(node);
  return { source: text.source, start: text.offsetAt(token.begin), end: text.offsetAt(token.end) };
}

function isPlace(token: unknown): token is { readonly begin: number; readonly end: number } {
  if (typeof token !== "object" || token === null || !("begin" in token) || !("end" in token)) return false;
  return typeof token.begin === "number" && typeof token.end === "number";
}
