import { AGGREGATE_NAMES } from "../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../bpf/check/checked-program.ts";
import { matchEvent } from "../../bpf/interpret/match-event.ts";
import { namesOf } from "../../bpf/interpret/implied-aggregates.ts";
import { type Event, interpret } from "../../bpf/interpret/interpret.ts";
import { isMissing, isTrue, type Missing, numberOf, textOf, type Value } from "../../bpf/interpret/value.ts";
import type { Expression } from "../../bpf/language/expression.ts";
import type { ProgramSyntax, SignalSyntax } from "../../bpf/language/program-syntax.ts";
import type { SampleRow } from "../sample/sample.ts";
import type { TestEvent } from "./rule-test.ts";
import { slotsOf } from "./series-rows.ts";

/** The effects of one event on a rule: the counts of each signal, and the record. */
export interface EventCounts {
  readonly row?: SampleRow;
  readonly record?: Readonly<Record<string, Value>>;
}

interface Matched {
  readonly signal: SignalSyntax;
  readonly event: Event;
}

/**
 * Runs an event through filter, keys, aggregates and record. A value that the test does not provide
 * is `Missing`.
 */
export function countEvent(
  program: ProgramSyntax,
  aggregates: readonly Aggregate[],
  test: TestEvent,
  atMs: number,
): EventCounts | Missing {
  const matched = matchSignals(program.signals, test);
  if ("missing" in matched) return matched;
  const [first] = matched;
  if (first === undefined) return {};
  const row = aggregates.length === 0 ? undefined : rowOf(program, matched, first, aggregates, atMs);
  if (row !== undefined && "missing" in row) return row;
  const isRecorded = program.event !== undefined && first.signal === program.signals[0];
  const record = isRecorded ? evaluated(program.event ?? [], first.event, test.wanted) : undefined;
  if (record !== undefined && "missing" in record) return record;
  return { ...row, ...(record !== undefined && { record: record.columns }) };
}

/** Returns the signals whose probes and filters accept the event. */
function matchSignals(signals: readonly SignalSyntax[], test: TestEvent): readonly Matched[] | Missing {
  const matched: Matched[] = [];
  const given = test.probe === undefined ? test.values : new Map([["probe", test.probe.text], ...test.values]);
  for (const signal of signals) {
    if (test.signal !== undefined && test.signal.text !== signal.name.text) continue;
    const found = matchEvent(signal.probe, { given, names: namesOf(signal) }, test.probe?.text);
    if (found === undefined) continue;
    if ("missing" in found) return found;
    // The signal's values take precedence over its probe's.
    const own = signal.with.map(({ name, expression }) => [name.text, expression] as const);
    const event = { given, names: new Map([...found.event.names, ...own]) };
    const passes = signal.filter === undefined ? true : interpret(signal.filter, event);
    if (isMissing(passes)) return passes;
    if (isTrue(passes)) matched.push({ signal, event });
  }
  return matched;
}

function rowOf(
  { by }: ProgramSyntax,
  matched: readonly Matched[],
  { event }: Matched,
  aggregates: readonly Aggregate[],
  atMs: number,
): { readonly row: SampleRow } | Missing {
  const key = evaluated(by, event);
  if ("missing" in key) return key;
  const values: (readonly number[] | undefined)[] = [];
  for (const aggregate of aggregates) {
    const of = matched.find(({ signal }) => signal.name.text === aggregate.signal);
    const slots = of && slotsFor(of.signal, of.event, aggregate, atMs);
    if (slots !== undefined && "missing" in slots) return slots;
    values.push(slots);
  }
  const labels = Object.entries(key.columns).map(([name, value]) => [name, textOf(value)] as const);
  return { row: { labels: Object.fromEntries(labels), values } };
}

type Named = readonly { readonly name: { readonly text: string }; readonly expression: Expression }[];

type Columns = Readonly<Record<string, Value>>;

/**
 * Evaluates columns by name. A value that is given under the column's own name replaces the column.
 * `wanted` limits the columns.
 */
function evaluated(named: Named, event: Event, wanted?: ReadonlySet<string>): { readonly columns: Columns } | Missing {
  const columns: Record<string, Value> = {};
  for (const { name, expression } of named) {
    const own = interpret(expression, event);
    const value = isMissing(own) ? (event.given.get(name.text) ?? own) : own;
    if (!isMissing(value)) columns[name.text] = value;
    else if (wanted === undefined || wanted.has(name.text)) return value;
  }
  return { columns };
}

function slotsFor(signal: SignalSyntax, event: Event, aggregate: Aggregate, atMs: number): readonly number[] | Missing {
  const expression = signal.aggregates.find(({ name }) => name.text === aggregate.name)?.expression;
  const known = AGGREGATE_NAMES.get(aggregate.function);
  const given = expression?.kind === "call" ? expression.arguments : [];
  const [of] = given;
  if (known?.takes === "nothing" || of === undefined) return slotsOf(aggregate, { value: 1, count: 1 }, atMs);
  const value = interpret(of, event);
  if (isMissing(value)) return value;
  const weigher = given[1 + (known?.bounds ?? 0)];
  const weight = weigher === undefined ? 1n : interpret(weigher, event);
  if (typeof weight === "object") return isMissing(weight) ? weight : { missing: "a weight" };
  return slotsOf(aggregate, { value: Number(numberOf(value) ?? 1n), count: Number(numberOf(weight) ?? 1n) }, atMs);
}
