import { Liquid } from "liquidjs";
import ruleSchema from "../../schemas/rule.schema.json" with { type: "json" };
import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Span } from "../../bpf/source/source.ts";
import { scalarText } from "../yaml/scalar-text.ts";
import type { YamlNode, YamlScalar } from "../yaml/yaml-node.ts";
import type { RuleCode } from "./codes.ts";

const liquid = new Liquid({ strictFilters: true });
/** What summaries have beside the filters of Liquid; here only that they are there. */
for (const name of ["duration", "bytes", "percent"]) liquid.registerFilter(name, (value: unknown) => value);

/** What the schema allows: of a longer one it is said that it is too long. */
const MAX_CHARACTERS = ruleSchema.properties.summary.maxLength;

/** Whether a text is a Liquid template. What its names stand for is known only when an alert fires. */
export function checkTemplate(node: YamlNode | undefined): readonly Diagnostic[] {
  if (node?.kind !== "scalar" || node.value === undefined || node.text.length > MAX_CHARACTERS) return [];
  try {
    liquid.parse(node.text);
    return [];
  } catch (error) {
    const code: RuleCode = "bad-template";
    const filter = /^undefined filter: (\w+)/.exec(error instanceof Error ? error.message : "")?.[1] ?? "";
    const help =
      didYouMean(filter, Object.keys(liquid.filters)) ?? "a template has {{ name }} and {% if %}...{% endif %}";
    return [{ code, severity: "error", message: messageOf(error), span: placeOf(error, node), help }];
  }
}

/** The library's message without the position in the template, which means nothing in the file. */
function messageOf(error: unknown): string {
  const first = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
  return `the template cannot be read: ${first.replace(/, line:.*$/, "")}`;
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
