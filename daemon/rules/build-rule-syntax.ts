import type {
  NamedExpression,
  ProgramSyntax,
  SignalSyntax,
  Spelled,
  StateSyntax,
} from "../../bpf/language/program-syntax.ts";
import { readMute } from "../settings/read-mute.ts";
import { durationMs } from "../yaml/quantity.ts";
import { NAME_PATTERN } from "../yaml/schema-error.ts";
import { entriesOf, itemsOf, textOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlMap, YamlNode } from "../yaml/yaml-node.ts";
import { LEVELS } from "./levels.ts";
import { readProbe, readSpan } from "./read-probe.ts";
import { readExpression, readNamedExpressions, readOptionalExpression } from "./rule-reading.ts";
import type { RuleReading } from "./rule-reading.ts";
import type { RuleSyntax, ThresholdSyntax } from "./rule-syntax.ts";

/** The values for keys that a rule does not set. */
export interface RuleDefaults {
  readonly windowMs: number;
  readonly keyLimit: number;
  readonly ringBytes: number;
  /** leaves out events of the daemon itself; false by default */
  readonly leavesOutSelf?: boolean;
  /** the most open spans of one kind for each user; 10,240 by default */
  readonly spanLimit?: number;
  /** the most records a second for each user; no limit if absent */
  readonly recordRate?: number;
}

const OPEN_SPANS = 10_240;

/** The default number of records that are sent with an alert. */
const EVIDENCE = 5;

/**
 * Builds a rule from its document. The result is valid only if neither the schema nor `reading`
 * found an error; see `RuleReading`.
 */
export function buildRuleSyntax(root: YamlMap, reading: RuleReading, defaults: RuleDefaults): RuleSyntax {
  const description = textOf(valueOf(root, "description"));
  const threshold = readThreshold(valueOf(root, "threshold"), reading);
  const summary = spelledAt(root, "summary");
  const noData = readNoData(textOf(valueOf(root, "no_data")));
  const mute = readMute(valueOf(root, "mute"));
  const runbook = textOf(valueOf(root, "runbook"));
  return {
    name: spelledAt(root, "rule") ?? { text: "", span: root.span },
    source: reading.source,
    span: root.span,
    ...(description === undefined ? {} : { description }),
    labels: readLabels(valueOf(root, "labels")),
    program: readProgram(root, reading, defaults),
    windowMs: durationAt(root, "window") ?? defaults.windowMs,
    let: readNamedExpressions(valueOf(root, "let"), reading),
    ...(threshold === undefined ? {} : { threshold }),
    forMs: durationAt(root, "for") ?? 0,
    keepFiringMs: durationAt(root, "keep_firing") ?? 0,
    ...(noData === undefined ? {} : { noData }),
    actions: itemsOf(valueOf(root, "action")).map((item) => ({ text: textOf(item) ?? "", span: item.span })),
    evidence: Number(textOf(valueOf(root, "evidence")) ?? EVIDENCE),
    ...(mute.length === 0 ? {} : { mute }),
    ...(summary === undefined ? {} : { summary }),
    ...(runbook === undefined ? {} : { runbook }),
  };
}

function readProgram(root: YamlMap, reading: RuleReading, defaults: RuleDefaults): ProgramSyntax {
  const event = valueOf(root, "event");
  const state = valueOf(root, "state");
  return {
    rule: spelledAt(root, "rule") ?? { text: "", span: root.span },
    signals: readSignals(root, reading),
    by: readBy(valueOf(root, "by"), reading),
    ...(state === undefined ? {} : { state: readState(state, reading) }),
    ...(event === undefined ? {} : { event: readNamedExpressions(event, reading) }),
    leavesOutSelf: defaults.leavesOutSelf ?? false,
    keyLimit: defaults.keyLimit,
    keyWindowMs: durationAt(root, "window") ?? defaults.windowMs,
    ringBytes: defaults.ringBytes,
    spanLimit: defaults.spanLimit ?? OPEN_SPANS,
    ...(defaults.recordRate === undefined ? {} : { recordRate: defaults.recordRate }),
  };
}

function readSignals(root: YamlMap, reading: RuleReading): readonly SignalSyntax[] {
  const signals = valueOf(root, "signals");
  if (signals !== undefined) return entriesOf(signals).map(({ key, value }) => readSignal(key, value, reading));
  // The only signal of a rule with `probe` is `value`. Its span is that of the rule's name.
  const name = { text: "value", span: spelledAt(root, "rule")?.span ?? root.span };
  return [readSignal(name, root, reading)];
}

function readSignal(name: Spelled, node: YamlNode, reading: RuleReading): SignalSyntax {
  const probe = valueOf(node, "probe");
  const during = valueOf(node, "during");
  const filter = readOptionalExpression(valueOf(node, "filter"), reading);
  const set = valueOf(node, "set");
  return {
    name,
    probe: probe === undefined ? { kind: "point", point: name, with: [] } : readProbe(probe, reading),
    ...(during === undefined ? {} : { during: readSpan(during, reading) }),
    with: readNamedExpressions(valueOf(node, "with"), reading),
    ...(filter === undefined ? {} : { filter }),
    aggregates: readAggregates(name, valueOf(node, "aggregate"), reading),
    ...(set === undefined ? {} : { set: readNamedExpressions(set, reading) }),
  };
}

function readAggregates(name: Spelled, node: YamlNode | undefined, reading: RuleReading): readonly NamedExpression[] {
  if (node === undefined) return [];
  if (node.kind === "map") return readNamedExpressions(node, reading);
  return [{ name, expression: readExpression(node, reading) }];
}

/** `{NAME: {by: [EXPR, ...], keep: [NAME, ...]}}`. */
function readState(node: YamlNode, reading: RuleReading): readonly StateSyntax[] {
  return entriesOf(node).map(({ key, value }) => ({
    name: key,
    by: itemsOf(valueOf(value, "by")).map((item) => readExpression(item, reading)),
    keep: itemsOf(valueOf(value, "keep")).map((item) => ({ text: textOf(item) ?? "", span: item.span })),
  }));
}

/** `by: [comm]` is `by: {comm: comm}`. */
function readBy(node: YamlNode | undefined, reading: RuleReading): readonly NamedExpression[] {
  if (node?.kind !== "list") return readNamedExpressions(node, reading);
  return node.items.flatMap((item) => {
    const text = textOf(item);
    if (text === undefined || !NAME_PATTERN.test(text)) return [];
    return [{ name: { text, span: item.span }, expression: readExpression(item, reading) }];
  });
}

function readThreshold(node: YamlNode | undefined, reading: RuleReading): ThresholdSyntax | undefined {
  if (node === undefined) return undefined;
  if (node.kind !== "map") {
    return { levels: [{ level: "warning", condition: readExpression(node, reading) }], span: node.span };
  }
  const clear = readOptionalExpression(valueOf(node, "clear"), reading);
  const when = readOptionalExpression(valueOf(node, "when"), reading);
  return {
    levels: LEVELS.flatMap((level) => {
      const condition = readOptionalExpression(valueOf(node, level), reading);
      return condition === undefined ? [] : [{ level, condition }];
    }),
    ...(clear === undefined ? {} : { clear }),
    ...(when === undefined ? {} : { when }),
    span: node.span,
  };
}

function readLabels(node: YamlNode | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(entriesOf(node).map(({ key, value }) => [key.text, textOf(value) ?? ""]));
}

function readNoData(text: string | undefined): RuleSyntax["noData"] {
  return text === "keep" || text === "ok" || text === "alert" ? text : undefined;
}

function spelledAt(root: YamlMap, key: string): Spelled | undefined {
  const node = valueOf(root, key);
  const text = textOf(node);
  return node === undefined || text === undefined ? undefined : { text, span: node.span };
}

function durationAt(root: YamlMap, key: string): number | undefined {
  const text = textOf(valueOf(root, key));
  return text === undefined ? undefined : durationMs(text);
}
