import type { Expression } from "../../bpf/language/expression.ts";
import type {
  AnySyntax,
  NamedExpression,
  ProbeSyntax,
  SpanSyntax,
  Spelled,
} from "../../bpf/language/program-syntax.ts";
import { durationNs } from "../yaml/quantity.ts";
import { entryOf, itemsOf, textOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlMap, YamlNode } from "../yaml/yaml-node.ts";
import { exceptProbes, refineProbe } from "./refine-probe.ts";
import { readExpression, readNamedExpressions, readOptionalExpression } from "./rule-reading.ts";
import type { RuleReading } from "./rule-reading.ts";

const DEFAULT_TIMEOUT_NS = 10_000_000_000n;

/**
 * Reads the value of `probe:`: a name, a list, or a map, whose kind its keys decide in the order of
 * the schema.
 */
export function readProbe(node: YamlNode, reading: RuleReading): ProbeSyntax {
  if (node.kind === "list") {
    return { kind: "alternatives", options: node.items.map((item) => readProbe(item, reading)), span: node.span };
  }
  if (node.kind === "scalar") return { kind: "point", point: { text: node.text, span: node.span }, with: [] };
  if (entryOf(node, "any") !== undefined) return readAny(node, reading);
  if (entryOf(node, "from") !== undefined || entryOf(node, "to") !== undefined) return readSpan(node, reading);
  return readRefined(node, reading);
}

function readRefined(node: YamlMap, reading: RuleReading): ProbeSyntax {
  const refined = refineProbe(readProbeAt(node, "probe", reading), readFilter(node, reading), readWith(node, reading));
  const except = valueOf(node, "except");
  return except === undefined ? refined : exceptProbes(refined, readExcept(except));
}

/** Reads one pattern or a list of patterns. */
function readExcept(node: YamlNode): readonly Spelled[] {
  const items = node.kind === "list" ? node.items : [node];
  return items.flatMap((item) => (item.kind === "scalar" ? [{ text: item.text, span: item.span }] : []));
}

function readAny(node: YamlMap, reading: RuleReading): AnySyntax {
  const probes = itemsOf(valueOf(node, "any")).map((item) => readProbe(item, reading));
  const filter = readFilter(node, reading);
  const any = { kind: "any", probes, with: readWith(node, reading), span: node.span } as const;
  return filter === undefined ? any : { ...any, filter };
}

/** Reads `{from, to, match, filter, keep, with, timeout, restart}`, also the value of `during:`. */
export function readSpan(node: YamlNode, reading: RuleReading): SpanSyntax {
  const filter = valueOf(node, "filter");
  const match = readMatch(valueOf(node, "match"), reading);
  const fromFilter = readOptionalExpression(valueOf(filter, "from"), reading);
  const toFilter = readOptionalExpression(valueOf(filter, "to"), reading);
  const timeout = textOf(valueOf(node, "timeout"));
  const restart = valueOf(node, "restart");
  return {
    kind: "span",
    from: readProbeAt(node, "from", reading),
    to: readProbeAt(node, "to", reading),
    ...(match === undefined ? {} : { match }),
    ...(fromFilter === undefined ? {} : { fromFilter }),
    ...(toFilter === undefined ? {} : { toFilter }),
    keep: readNamedExpressions(valueOf(node, "keep"), reading),
    with: readWith(node, reading),
    timeoutNs: timeout === undefined ? DEFAULT_TIMEOUT_NS : durationNs(timeout),
    restart: restart?.kind === "scalar" && restart.value === true,
    span: node.span,
  };
}

/** Reads `EXPR`, a tuple `[EXPR, ...]`, or one of these for each end: `{from, to}`. */
function readMatch(node: YamlNode | undefined, reading: RuleReading): SpanSyntax["match"] {
  if (node === undefined) return undefined;
  const read = (end: YamlNode): readonly Expression[] => itemsOf(end).map((item) => readExpression(item, reading));
  const from = read(valueOf(node, "from") ?? node);
  // An expression for both ends is read once, so that its errors are reported once.
  return { from, to: node.kind === "map" ? read(valueOf(node, "to") ?? node) : from };
}

function readProbeAt(node: YamlNode, key: string, reading: RuleReading): ProbeSyntax {
  const probe = valueOf(node, key);
  if (probe !== undefined) return readProbe(probe, reading);
  return { kind: "point", point: { text: "", span: node.span }, with: [] };
}

function readFilter(node: YamlNode, reading: RuleReading): Expression | undefined {
  return readOptionalExpression(valueOf(node, "filter"), reading);
}

function readWith(node: YamlNode, reading: RuleReading): readonly NamedExpression[] {
  return readNamedExpressions(valueOf(node, "with"), reading);
}
