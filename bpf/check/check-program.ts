import type { Checked } from "../source/diagnostic.ts";
import type { NamedExpression, ProgramSyntax, SignalSyntax } from "../language/program-syntax.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { isDistribution } from "./aggregate-functions.ts";
import { aggregateCall } from "./aggregates/check-aggregate.ts";
import type { Aggregate, CheckedProgram, Column, SpanState } from "./checked-program.ts";
import { limitKey, limitRecord } from "./column-sizes.ts";
import { unifyColumns, type ColumnValue } from "./columns.ts";
import { abandoner } from "./programs/abandoned-spans.ts";
import { stepsReadUserMemory } from "./user-memory.ts";
import { missedReturns } from "./programs/missed-returns.ts";
import { createMemos, type Memos } from "./programs/memos.ts";
import { createDuringSpans, type DuringSpans } from "./programs/during-spans.ts";
import { commonMeaning } from "./meaning.ts";
import { atEachPoint } from "./programs/each-point.ts";
import { leavesOutSelf } from "./programs/leave-out-self.ts";
import { mergePrograms, type ProgramDraft } from "./programs/merge-programs.ts";
import { chooseAlternative, findPoints, type Point } from "./programs/points.ts";
import { signalProgram, type SignalAggregate, type SignalProgram } from "./programs/signal-programs.ts";
import { openSpan, spanState, type OpenedSpan } from "./programs/span-states.ts";
import { fieldsRead } from "./records/fields-read.ts";
import { createReporter, type Reporter } from "./reporter.ts";

/**
 * Resolves every name of a rule's kernel half against a kernel. All errors are reported at once;
 * with an error there is no result. Programs come in the order in which they must run: those that
 * open `during` spans, those of the signals, those that close these spans.
 */
export function checkProgram(program: ProgramSyntax, kernel: Kernel): Checked<CheckedProgram> {
  const reporter = createReporter();
  const every = { leavesOutSelf: leavesOutSelf(program), fields: fieldsRead(program) };
  const state: RuleState = {
    program,
    ...every,
    kernel,
    reporter,
    during: createDuringSpans(every, kernel, reporter),
    memos: createMemos(program.state ?? [], kernel, reporter),
    spans: [],
    nextSpan: 0,
  };
  reportEmptiness(program, reporter);
  for (const named of [program.by, program.event ?? []]) reportDuplicates(named, reporter);
  const aggregates = findAggregates(program, reporter);
  const signals = program.signals.map((signal, index) => checkSignal(signal, index === 0, aggregates, state));
  const programs = signals.flatMap((signal) => signal.programs);
  const key = program.by.flatMap(
    (_, index) =>
      column(
        programs.map((one) => one.key[index]),
        state,
      ) ?? [],
  );
  const record = program.event === undefined ? undefined : recordColumns(program.event, programs, state);
  limitKey(
    key,
    program.by,
    aggregates.some(({ call }) => isDistribution(call.function)),
    reporter,
  );
  limitRecord(record ?? [], program.event ?? [], reporter);
  const drafts = orderDrafts(signals, state.during);
  const merged = mergePrograms([...drafts, ...missedReturns(drafts, kernel)], kernel);
  const result: CheckedProgram = {
    rule: program.rule.text,
    span: program.rule.span,
    programs: merged,
    spans: spanStates(state),
    // a memo may be set from another memo
    memos: state.memos.all(merged.some(({ steps }) => stepsReadUserMemory(steps))),
    aggregates: aggregates.flatMap((aggregate) => typedAggregate(aggregate, programs, state) ?? []),
    key,
    ...(record === undefined ? {} : { record }),
    keyLimit: program.keyLimit,
    keyWindowMs: program.keyWindowMs,
    ringBytes: program.ringBytes,
    spanLimit: program.spanLimit,
    ...(program.recordRate === undefined ? {} : { recordRate: program.recordRate }),
  };
  const { diagnostics } = reporter;
  return diagnostics.some(({ severity }) => severity === "error") ? { diagnostics } : { result, diagnostics };
}

interface RuleState {
  readonly program: ProgramSyntax;
  readonly leavesOutSelf: boolean;
  /** the fields of records that the rule reads */
  readonly fields: ReadonlySet<string>;
  readonly kernel: Kernel;
  readonly reporter: Reporter;
  readonly during: DuringSpans;
  readonly memos: Memos;
  readonly spans: OpenedSpan[];
  nextSpan: number;
}

function spanStates({ during, kernel, reporter, spans }: RuleState): readonly SpanState[] {
  const all = [...during.spans, ...spans].toSorted((a, b) => a.id - b.id);
  return all.map((span) => spanState(span, kernel, reporter));
}

interface RuleAggregate extends SignalAggregate {
  readonly signal: SignalSyntax;
}

function findAggregates(program: ProgramSyntax, reporter: Reporter): readonly RuleAggregate[] {
  const found: RuleAggregate[] = [];
  for (const signal of program.signals) {
    for (const syntax of signal.aggregates) {
      const call = aggregateCall(syntax.expression, reporter);
      if (call !== undefined) found.push({ index: found.length, call, syntax, signal });
    }
  }
  reportDuplicates(
    program.signals.flatMap((signal) => signal.aggregates),
    reporter,
  );
  return found;
}

interface CheckedSignal {
  readonly openers: readonly ProgramDraft[];
  readonly programs: readonly SignalProgram[];
  /** programs that count the open spans of threads that have ended */
  readonly abandoners: readonly ProgramDraft[];
}

function checkSignal(
  signal: SignalSyntax,
  first: boolean,
  all: readonly RuleAggregate[],
  state: RuleState,
): CheckedSignal {
  const { kernel, program, reporter } = state;
  const during = signal.during === undefined ? undefined : state.during.use(signal.during, () => state.nextSpan++);
  const { points, span } = placesOf(signal, state);
  const parts = {
    rule: program,
    leavesOutSelf: state.leavesOutSelf,
    memos: state.memos,
    signal,
    aggregates: all.filter((aggregate) => aggregate.signal === signal),
    ...(span === undefined ? {} : { span }),
    ...(during === undefined ? {} : { during }),
    ...(first && program.event !== undefined ? { event: program.event } : {}),
  };
  const programs = atEachPoint(points, kernel, reporter, (point, types, pointReporter) =>
    signalProgram(point, parts, types, pointReporter),
  );
  return { openers: span?.openers ?? [], programs, abandoners: span === undefined ? [] : abandoner(span, kernel) };
}

/**
 * Returns the points where a signal is counted. If they are the ends of a span, it returns the span
 * too. Returns no points if an error was reported.
 */
function placesOf(signal: SignalSyntax, state: RuleState): { points: readonly Point[]; span?: OpenedSpan } {
  const { kernel, reporter } = state;
  const probe = chooseAlternative(signal.probe, kernel, reporter);
  if (probe?.kind !== "span") return { points: (probe && findPoints(probe, state.fields, kernel, reporter)) ?? [] };
  const spanName = {
    id: state.nextSpan++,
    name: signal.name.text,
    leavesOutSelf: state.leavesOutSelf,
    fields: state.fields,
  };
  const span = openSpan(probe, spanName, kernel, reporter);
  if (span === undefined) return { points: [] };
  state.spans.push(span);
  return { points: span.ends, span };
}

function orderDrafts(signals: readonly CheckedSignal[], during: DuringSpans): readonly ProgramDraft[] {
  const own = signals.flatMap(({ openers, programs }) => [...openers, ...programs.flatMap(({ draft }) => draft ?? [])]);
  const abandoners = signals.flatMap((signal) => signal.abandoners);
  return [...during.spans.flatMap((span) => span.openers), ...own, ...during.closers, ...abandoners];
}

/** Returns one column for the values of all programs. */
function column(values: readonly (ColumnValue | undefined)[], state: RuleState): Column | undefined {
  const columns = values.flatMap((value) => value?.column ?? []);
  return columns.reduce<Column | undefined>((whole, next) => whole && unifyColumns(whole, next, state), columns[0]);
}

function recordColumns(
  event: readonly NamedExpression[],
  programs: readonly SignalProgram[],
  state: RuleState,
): readonly Column[] {
  const sending = programs.filter(({ record }) => record.length > 0);
  return event.flatMap(
    (_, index) =>
      column(
        sending.map(({ record }) => record[index]),
        state,
      ) ?? [],
  );
}

function typedAggregate(
  aggregate: RuleAggregate,
  programs: readonly SignalProgram[],
  state: RuleState,
): Aggregate | undefined {
  const { call, index, signal, syntax } = aggregate;
  const types = programs.flatMap(({ values }) => values.get(index)?.type ?? []);
  const [first] = types;
  if (first === undefined) return undefined;
  if (types.some(({ signed }) => signed !== first.signed)) {
    const message = `expected "${syntax.name.text}" to be of one signedness at all probes`;
    state.reporter.error("sign-mismatch", syntax.expression.span, message, 'write cast(x, "s64") or cast(x, "u64")');
  }
  const meaning = types.reduce((common, type) => commonMeaning(common, type.meaning), first.meaning);
  const { steps } = first;
  const { span } = syntax.expression;
  return {
    name: syntax.name.text,
    signal: signal.name.text,
    function: call.function,
    signed: first.signed,
    meaning,
    ...(steps && { steps }),
    span,
  };
}

function reportEmptiness(program: ProgramSyntax, reporter: Reporter): void {
  const idle = program.signals.filter(
    (signal, index) =>
      signal.aggregates.length === 0 && signal.set === undefined && (index > 0 || program.event === undefined),
  );
  for (const { name } of idle) {
    reporter.error(
      "nothing-to-do",
      name.span,
      `"${name.text}" counts nothing`,
      'write "aggregate: count()" or "event: {NAME: EXPR}"',
    );
  }
}

function reportDuplicates(named: readonly NamedExpression[], reporter: Reporter): void {
  const seen = new Set<string>();
  for (const { name } of named) {
    if (seen.has(name.text))
      reporter.error("duplicate-name", name.span, `expected names that differ, found "${name.text}" twice`);
    seen.add(name.text);
  }
}
