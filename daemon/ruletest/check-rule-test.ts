import { pointsWithin } from "../../bpf/interpret/match-event.ts";
import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { TestCode } from "./codes.ts";
import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { KeySeries, RuleTest, TestEvent, TestTime } from "./rule-test.ts";
import { TICK_MS } from "./ticks.ts";

const error = errorAt<TestCode>;

/** Ticks that a test may last: a month. */
const MOST_MS = 31 * 86_400_000;

/** Reports names in a test that its rule does not have, and times that are not ticks. */
export function checkRuleTest(test: RuleTest, rule: RuleSyntax): readonly Diagnostic[] {
  return [
    ...test.series.flatMap((series) => [...checkLabels(series, rule), ...checkSignals(series, rule)]),
    ...test.events.flatMap(({ signal }) => (signal === undefined ? [] : checkSignal(signal, rule))),
    ...test.events.flatMap(({ probe }) => (probe === undefined ? [] : checkProbe(probe, rule))),
    ...[...(test.expect ?? []), ...test.states, ...test.events].flatMap(({ at }) => checkTime(at)),
  ];
}

function checkLabels({ labels, span }: KeySeries, { program }: RuleSyntax): readonly Diagnostic[] {
  const columns = program.by.map(({ name }) => name.text);
  const unknown = labels.filter(({ name }) => !columns.includes(name.text));
  const missing = columns.filter((column) => !labels.some(({ name }) => name.text === column));
  return [
    ...unknown.map(({ name }) => {
      const help = didYouMean(name.text, columns) ?? helpForLabels(columns);
      return error("wrong-label", `the rule has no "${name.text}" in "by"`, name.span, help);
    }),
    ...missing.map((column) =>
      error("wrong-label", `the label "${column}" of "by" is missing`, span, `write "${column}: VALUE"`),
    ),
  ];
}

function helpForLabels(columns: readonly string[]): string {
  if (columns.length === 0) return 'the rule has no "by": write "signals: {NAME: SERIES}"';
  return `the labels are ${listed(columns)}`;
}

function checkSignals({ signals }: KeySeries, { program }: RuleSyntax): readonly Diagnostic[] {
  const names = program.signals.flatMap(({ aggregates }) => aggregates.map(({ name }) => name.text));
  return signals
    .filter(({ name }) => !names.includes(name.text))
    .map(({ name }) => {
      const help =
        didYouMean(name.text, names) ?? (names.length === 0 ? undefined : `the signals are ${listed(names)}`);
      return error("unknown-signal", `the rule has no signal "${name.text}"`, name.span, help);
    });
}

function checkSignal({ text, span }: Spelled, { program }: RuleSyntax): readonly Diagnostic[] {
  const names = program.signals.map(({ name }) => name.text);
  if (names.includes(text)) return [];
  return [
    error(
      "unknown-signal",
      `the rule has no signal "${text}"`,
      span,
      didYouMean(text, names) ?? `the signals are ${listed(names)}`,
    ),
  ];
}

function checkProbe({ text, span }: Spelled, { program }: RuleSyntax): readonly Diagnostic[] {
  const names = program.signals.flatMap(({ probe }) => pointsWithin(probe)).map(({ point }) => point.text);
  if (names.includes(text)) return [];
  const help = didYouMean(text, names) ?? `its probes are ${listed([...new Set(names)])}`;
  return [error("wrong-probe", `the rule has no probe "${text}"`, span, help)];
}

/** Reports a value that the rule needs from an event. */
export function lackingValue({ span }: TestEvent, missing: string): Diagnostic {
  return error("bad-event", `the event has no value for "${missing}"`, span, `write "with: {'${missing}': VALUE}"`);
}

function checkTime({ ms, span }: TestTime): readonly Diagnostic[] {
  if (ms > MOST_MS) return [error("bad-time", "expected a time within 31 days, found a later one", span)];
  if (ms % TICK_MS === 0) return [];
  const help = `rules are judged every ${TICK_MS / 1000}s`;
  return [
    error("bad-time", `expected whole seconds, found "${span.source.text.slice(span.start, span.end)}"`, span, help),
  ];
}

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
