import testSchema from "../../schemas/rule-test.schema.json" with { type: "json" };
import { normalText } from "../../bpf/interpret/interpret.ts";
import { textOf as valueText, type Value } from "../../bpf/interpret/value.ts";
import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import type { Level } from "../rules/rule-syntax.ts";
import { limitDiagnostics } from "../yaml/limit-diagnostics.ts";
import { durationMs } from "../yaml/quantity.ts";
import { readYaml, type YamlDocument } from "../yaml/read-yaml.ts";
import { scalarText } from "../yaml/scalar-text.ts";
import { validator } from "../yaml/validate.ts";
import { entriesOf, entryOf, itemsOf, textOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../yaml/yaml-node.ts";
import type { TestCode } from "./codes.ts";
import type {
  ExpectedAlert,
  ExpectedRecord,
  ExpectedState,
  KeySeries,
  RuleTest,
  TestEvent,
  TestLabel,
  TestTime,
} from "./rule-test.ts";
import { numberOf, parseSeries } from "./series.ts";

export interface RuleTestsRead {
  readonly tests: readonly RuleTest[];
  readonly diagnostics: readonly Diagnostic[];
}

const validateTest = validator(testSchema);

/**
 * Reads the tests of one file, one in each YAML document, with its errors. Drops a test with an
 * error. Never throws because of the content.
 */
export function readRuleTests(source: Source): RuleTestsRead {
  const read = readYaml(source).map(readTest);
  return {
    tests: read.flatMap(({ tests }) => tests),
    diagnostics: limitDiagnostics(read.flatMap(({ diagnostics }) => diagnostics)),
  };
}

function readTest({ root, diagnostics: found }: YamlDocument): RuleTestsRead {
  if (root === undefined) return { tests: [], diagnostics: found };
  const diagnostics = [...found, ...validateTest(root)];
  if (root.kind !== "map") return { tests: [], diagnostics };
  diagnostics.push(...checkParts(root));
  const test = buildTest(root, diagnostics);
  return { tests: diagnostics.length > 0 ? [] : [test], diagnostics };
}

/** Reports in words what the schema says below `anyOf`. */
function checkParts(root: YamlMap): readonly Diagnostic[] {
  const has = (...keys: readonly string[]): boolean => keys.some((key) => entryOf(root, key) !== undefined);
  const span = entriesOf(root)[0]?.key.span ?? root.span;
  const missing = (code: TestCode, message: string, help: string): Diagnostic => {
    return { code, severity: "error", message, span, help };
  };
  return [
    ...(has("signals", "events")
      ? []
      : [
          missing(
            "no-input",
            'expected "signals" or "events", found neither',
            'write "signals: {NAME: SERIES}", or "events: [{with: {EXPR: VALUE}}]"',
          ),
        ]),
    ...(has("expect", "states", "records")
      ? []
      : [
          missing(
            "no-expectation",
            'expected "expect", "states" or "records", found none of them',
            'write "expect:" and the alerts that are sent, or [] if none are sent',
          ),
        ]),
  ];
}

function buildTest(root: YamlMap, diagnostics: Diagnostic[]): RuleTest {
  const rule = spelledIn(root, "rule");
  const until = textOf(valueOf(root, "until"));
  const [expect, records] = [valueOf(root, "expect"), valueOf(root, "records")];
  return {
    name: spelledIn(root, "test") ?? { text: "", span: root.span },
    span: root.span,
    ...(rule !== undefined && { rule }),
    intervalMs: durationMs(textOf(valueOf(root, "interval")) ?? "1s"),
    series: readSignals(valueOf(root, "signals"), diagnostics),
    events: readEvents(root, diagnostics),
    ...(until !== undefined && { untilMs: durationMs(until) }),
    ...(expect !== undefined && { expect: itemsOf(expect).map(readAlert) }),
    states: itemsOf(valueOf(root, "states")).map(readState),
    ...(records !== undefined && { records: itemsOf(records).map(readRecord) }),
  };
}

/** Reads the series. A single map is the only key of a rule without `by`. */
function readSignals(node: YamlNode | undefined, diagnostics: Diagnostic[]): readonly KeySeries[] {
  return itemsOf(node).map((item) => ({
    labels: readLabels(valueOf(item, "labels")),
    span: entryOf(item, "labels")?.key.span ?? entriesOf(item)[0]?.key.span ?? item.span,
    signals: entriesOf(item)
      .filter(({ key }) => key.text !== "labels")
      .map((entry) => readSeries(entry, diagnostics)),
  }));
}

function readSeries({ key, value }: YamlEntry, diagnostics: Diagnostic[]): KeySeries["signals"][number] {
  if (value.kind !== "scalar") return { name: key, items: [] };
  const series = parseSeries(value.text);
  if (series.bad === undefined) return { name: key, items: series.items };
  const text = scalarText(value);
  const { message, start, end } = series.bad;
  const span = { source: value.span.source, start: text.offsetAt(start), end: text.offsetAt(end) };
  const code: TestCode = "bad-series";
  const help = "write values such as 5, 250ms, _ for no value, 5x3 for 5 5 5 5, 0+10x3 for 0 10 20 30";
  diagnostics.push({ code, severity: "error", message, span, help });
  return { name: key, items: [] };
}

function readEvents(root: YamlMap, diagnostics: Diagnostic[]): readonly TestEvent[] {
  const looked = itemsOf(valueOf(root, "records")).flatMap((record) => entriesOf(record).map(({ key }) => key.text));
  const wanted = new Set(looked.filter((name) => name !== "at"));
  return itemsOf(valueOf(root, "events")).map((node) => {
    const [signal, probe] = [spelledIn(node, "signal"), spelledIn(node, "probe")];
    const values = entriesOf(valueOf(node, "with")).flatMap((entry) => readValue(entry, diagnostics));
    return {
      at: timeAt(node),
      times: Number(textOf(valueOf(node, "times")) ?? 1),
      ...(signal !== undefined && { signal }),
      ...(probe !== undefined && { probe }),
      values: new Map(values),
      wanted,
      span: node.span,
    };
  });
}

function readValue({ key, value }: YamlEntry, diagnostics: Diagnostic[]): readonly (readonly [string, Value])[] {
  const text = normalText(key.text);
  if (text !== undefined) return [[text, valueFrom(value)]];
  const code: TestCode = "bad-event";
  const message = `expected an expression of the rule, found "${key.text}"`;
  diagnostics.push({
    code,
    severity: "error",
    message,
    span: key.span,
    help: 'write it as the rule does: "args.ret": 5',
  });
  return [];
}

/** Reads a value. Numbers may have units: `2s`, `4KiB`. A quoted value is a text. */
function valueFrom(node: YamlNode): Value {
  if (node.kind === "list") return node.items.map(valueFrom);
  if (node.kind !== "scalar") return "";
  if (typeof node.value === "boolean") return node.value;
  if (node.style !== "plain") return node.text;
  if (/^-?(0x[0-9a-fA-F_]+|[0-9_]+)$/.test(node.text)) return integerFrom(node.text.replaceAll("_", ""));
  const number = /^-?[0-9]/.test(node.text) ? numberOf(node.text) : undefined;
  return number === undefined || !Number.isInteger(number) ? node.text : BigInt(number);
}

function integerFrom(text: string): bigint {
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}

function readRecord(node: YamlNode): ExpectedRecord {
  const fields = entriesOf(node).filter(({ key }) => key.text !== "at");
  return {
    at: timeAt(node),
    fields: fields.map(({ key, value }) => ({ name: key, value: valueText(valueFrom(value)) })),
    span: node.span,
  };
}

function readAlert(node: YamlNode): ExpectedAlert {
  const [alert, summary] = [textOf(valueOf(node, "alert")), textOf(valueOf(node, "summary"))];
  return {
    at: timeAt(node),
    status: textOf(valueOf(node, "status")) === "resolved" ? "resolved" : "firing",
    ...(alert !== undefined && { alert }),
    ...commonParts(node),
    ...(summary !== undefined && { summary }),
  };
}

function readState(node: YamlNode): ExpectedState {
  return { at: timeAt(node), state: textOf(valueOf(node, "state")) as ExpectedState["state"], ...commonParts(node) };
}

function commonParts(node: YamlNode): Pick<ExpectedAlert, "labels" | "severity" | "reason" | "span"> {
  const [severity, reason] = [textOf(valueOf(node, "severity")), textOf(valueOf(node, "reason"))];
  return {
    labels: readLabels(valueOf(node, "labels")),
    ...(severity !== undefined && { severity: severity as Level }),
    ...(reason !== undefined && { reason }),
    span: node.span,
  };
}

function readLabels(node: YamlNode | undefined): readonly TestLabel[] {
  return entriesOf(node).map(({ key, value }) => ({ name: key, value: textOf(value) ?? "" }));
}

function timeAt(node: YamlNode): TestTime {
  const at = valueOf(node, "at");
  return { ms: durationMs(textOf(at) ?? "0s"), span: at?.span ?? node.span };
}

function spelledIn(map: YamlNode, key: string): Spelled | undefined {
  const node = valueOf(map, key);
  const text = textOf(node);
  return node === undefined || text === undefined ? undefined : { text, span: node.span };
}
