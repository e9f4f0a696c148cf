import type { SpanSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { SpanState, Step } from "../checked-program.ts";
import { limitMatch, limitSlot } from "../column-sizes.ts";
import { MATCHED_KEEP_STRING_BYTES, THREAD_KEEP_STRING_BYTES } from "../limits.ts";
import { isByChance } from "../probe-cause.ts";
import type { Reporter } from "../reporter.ts";
import { integerType, scalarTerm } from "../term.ts";
import type { Value } from "../typed-expression.ts";
import { stepsReadUserMemory } from "../user-memory.ts";
import { atEachPoint } from "./each-point.ts";
import { keepValue, keptTerm, unifyKept, type Kept, type KeptValue } from "./kept-values.ts";
import { leaveOutSelf } from "./leave-out-self.ts";
import type { ProgramDraft } from "./merge-programs.ts";
import { findPoints, type Point } from "./points.ts";
import { ProgramBuilder } from "./program-builder.ts";
import { isEvenMatch, matchValues, unifyMatch, type MatchValues } from "./span-match.ts";

/**
 * A span with everything that its ends share: the programs that open it, its end points, and the
 * values that it keeps.
 */
export interface OpenedSpan {
  readonly id: number;
  readonly name: string;
  readonly syntax: SpanSyntax;
  readonly kept: readonly Kept[];
  readonly openers: readonly ProgramDraft[];
  readonly ends: readonly Point[];
  /** the values that the starts match by; those of the ends are added when these are checked */
  readonly startMatches: readonly MatchValues[];
  readonly endMatches: MatchValues[];
}

/** A span of a rule before its kept values are known. */
export interface SpanName {
  readonly id: number;
  readonly name: string;
  readonly leavesOutSelf: boolean;
  /** the fields of records that the rule reads */
  readonly fields: ReadonlySet<string>;
}

/**
 * Checks a span's start and finds its ends. If a probe is missing or a kept value has an error, it
 * reports so and returns undefined.
 */
export function openSpan(
  syntax: SpanSyntax,
  { id, name, leavesOutSelf, fields }: SpanName,
  kernel: Kernel,
  reporter: Reporter,
): OpenedSpan | undefined {
  const starts = findPoints(syntax.from, fields, kernel, reporter);
  const ends = findPoints(syntax.to, fields, kernel, reporter);
  const even = isEvenMatch(syntax, reporter);
  const opened = atEachPoint(starts ?? [], kernel, reporter, (start, types, pointReporter) =>
    openAt(start, syntax, { id, name, leavesOutSelf, fields }, types, pointReporter),
  );
  if (starts === undefined || ends === undefined || !even) return undefined;
  const kept = syntax.keep.flatMap((_, index) => {
    const values = opened.map((start) => start.kept[index]);
    return values.includes(undefined) ? [] : (unifyKept(values as KeptValue[], kernel, reporter) ?? []);
  });
  if (kept.length < syntax.keep.length) return undefined;
  return {
    id,
    name,
    syntax,
    kept,
    openers: opened.flatMap(({ draft }) => draft ?? []),
    ends,
    startMatches: opened.map(({ match }) => match),
    endMatches: [],
  };
}

/**
 * Returns the state of a span, after all its ends have been checked. It reports values that differ
 * between the ends or do not fit.
 */
export function spanState(span: OpenedSpan, kernel: Kernel, reporter: Reporter): SpanState {
  const { id, kept, name, syntax } = span;
  const { restart, timeoutNs } = syntax;
  const keeps = kept.map(({ column }) => column);
  limitSlot(keeps, syntax, reporter);
  const unreadable = span.openers.some(({ steps }) => stepsReadUserMemory(steps)) && { unreadable: true as const };
  const common = { id, name, keeps, ...unreadable, timeoutNs, restart, span: syntax.span };
  if (syntax.match === undefined) return common;
  const match = unifyMatch(span.startMatches, span.endMatches, kernel, reporter);
  limitMatch(match.columns, syntax.match.from, reporter);
  return { ...common, match };
}

interface Opened {
  readonly draft?: ProgramDraft;
  readonly match: MatchValues;
  readonly kept: readonly (KeptValue | undefined)[];
}

function openAt(
  start: Point,
  syntax: SpanSyntax,
  { id, name, leavesOutSelf }: SpanName,
  kernel: Kernel,
  reporter: Reporter,
): Opened {
  const builder = new ProgramBuilder(start, [], kernel, reporter);
  if (syntax.fromFilter !== undefined) builder.filter(syntax.fromFilter);
  if (leavesOutSelf) leaveOutSelf(builder, start, syntax.span);
  const match = matchValues(syntax.match?.from ?? [], builder.scope);
  const room = syntax.match === undefined ? THREAD_KEEP_STRING_BYTES : MATCHED_KEEP_STRING_BYTES;
  const kept = syntax.keep.map((named) => keepValue(named, room, builder.scope));
  const keeps = kept.flatMap((each) => each?.value ?? []);
  const byChance = syntax.match === undefined ? {} : { byChance: isByChance(kernel, start.probe.attach, false) };
  builder.push({ do: "span-open", state: id, match: valuesOf(match), keeps, ...byChance, span: syntax.span });
  const draft = builder.finish(`${name}_from`);
  return { match, kept, ...(draft === undefined ? {} : { draft }) };
}

const valuesOf = (match: MatchValues): readonly Value[] => match.flatMap((each) => each?.value ?? []);

/**
 * Adds the step that closes a span or only looks into it. Binds the kept values and, at the end,
 * `elapsed`.
 */
export function enterSpan(span: OpenedSpan, how: "span-close" | "inside", builder: ProgramBuilder): void {
  const { id, kept, syntax } = span;
  const match = matchValues(syntax.match?.to ?? [], builder.scope);
  span.endMatches.push(match);
  const keeps = kept.map(() => builder.variable());
  const elapsed = builder.variable();
  const step: Step = { do: how, state: id, match: valuesOf(match), elapsed, keeps, span: syntax.span };
  builder.push(step);
  if (how === "span-close") {
    const duration = integerType(64, false, { kind: "duration" });
    builder.bind("elapsed", scalarTerm(duration, { op: "variable", variable: elapsed }));
  }
  kept.forEach((each, index) => {
    builder.bind(each.column.name, keptTerm(each, keeps[index], builder.scope.probe.types));
  });
}

/** Returns the programs that close a `during` span, and do nothing else. */
export function closers(span: OpenedSpan, kernel: Kernel, reporter: Reporter): readonly ProgramDraft[] {
  return atEachPoint(span.ends, kernel, reporter, (end, types, pointReporter) => {
    const builder = new ProgramBuilder(end, [], types, pointReporter);
    enterSpan(span, "span-close", builder);
    return builder.finish(`${span.name}_to`);
  }).flatMap((draft) => draft ?? []);
}
