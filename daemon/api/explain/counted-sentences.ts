import { printExpression } from "../../../bpf/language/printer.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import type {
  NamedExpression,
  ProbeSyntax,
  ProgramSyntax,
  SignalSyntax,
  SpanSyntax,
} from "../../../bpf/language/program-syntax.ts";
import { durationText } from "../../text/duration-text.ts";
import type { RuleStatus } from "../rule-status.ts";
import { listed } from "./listed.ts";

/** Says what a rule counts, where, and over which time. */
export function countedSentences({ rule, probes, decided }: RuleStatus): readonly string[] {
  const { program, windowMs } = rule;
  return [
    ...program.signals.flatMap((signal) => signalSentences(signal, program)),
    ...bySentence(program),
    ...rule.let.map(({ name, expression }) => `"${name.text}" is ${printExpression(expression)}.`),
    `It is attached to ${listed(probes)}.`,
    ...(rule.threshold === undefined ? [] : [`It counts over the last ${durationText(windowMs * 1e6)}.`]),
    ...(decided === undefined ? [] : [decidedSentence(decided)]),
  ];
}

function decidedSentence({ when, because }: NonNullable<RuleStatus["decided"]>): string {
  const who =
    when === "at once" ? "The event that crosses the threshold decides it at once" : "It is decided at the tick";
  return because === undefined ? `${who}.` : `${who}, because ${because}.`;
}

function signalSentences(signal: SignalSyntax, { signals, event }: ProgramSyntax): readonly string[] {
  const { probe, during, filter, aggregates } = signal;
  const what = aggregates.map((each) => aggregateText(each, signal, signals.length > 1));
  const recorded = event === undefined || signal.set !== undefined ? "takes note of events" : "records events";
  return [
    `It ${what.length > 0 ? `counts ${what.join(", ")}` : recorded} at ${probeText(probe)}.`,
    ...(during === undefined ? [] : [`Only events within ${spanText(during)} of the same thread count.`]),
    ...[...filtersOf(probe), ...(filter === undefined ? [] : [filter])].map(
      (each) => `Only events count for which this holds: ${printExpression(each)}.`,
    ),
  ];
}

function aggregateText({ name, expression }: NamedExpression, signal: SignalSyntax, areMany: boolean): string {
  const text = printExpression(expression);
  return areMany || name.text !== signal.name.text ? `"${name.text}" as ${text}` : text;
}

/** Returns the filters of a probe itself. Those of alternatives hold for one of them only. */
const filtersOf = (probe: ProbeSyntax): readonly Expression[] =>
  (probe.kind === "point" || probe.kind === "any") && probe.filter !== undefined ? [probe.filter] : [];

function probeText(probe: ProbeSyntax): string {
  if (probe.kind === "point") {
    const except = (probe.except ?? []).map(({ text }) => text);
    return `${probe.point.text}${except.length === 0 ? "" : ` without ${listed(except)}`}`;
  }
  if (probe.kind === "any") return listed(probe.probes.map(probeText));
  if (probe.kind === "span") return `the end of ${spanText(probe)}`;
  const [only, ...others] = probe.options.map(optionText);
  if (only === undefined || others.length === 0) return only ?? "nothing";
  return `the first of ${listed([only, ...others], "or")} that this host has`;
}

/** Probes that feed the same signal are one alternative. */
const optionText = (probe: ProbeSyntax): string => (probe.kind === "any" ? `(${probeText(probe)})` : probeText(probe));

const spanText = ({ from, to }: SpanSyntax): string => `the time from ${probeText(from)} to ${probeText(to)}`;

function bySentence({ by, keyLimit }: ProgramSyntax): readonly string[] {
  if (by.length === 0) return [];
  const names = by.map(({ name, expression }) => {
    const text = printExpression(expression);
    return text === name.text ? text : `${name.text} (${text})`;
  });
  return [
    `Each ${listed(names)} is counted by itself.`,
    `Beyond ${keyLimit} of them, all others are counted together under the key "other".`,
  ];
}
