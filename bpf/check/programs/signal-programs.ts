import type { NamedExpression, ProgramSyntax, SignalSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { aggregateValue, type AggregateValue } from "../aggregates/aggregate-value.ts";
import type { AggregateCall } from "../aggregates/check-aggregate.ts";
import type { AggregateUpdate } from "../checked-program.ts";
import { columnValue, type ColumnValue } from "../columns.ts";
import { KEY_STRING_BYTES, RECORD_STRING_BYTES } from "../limits.ts";
import { isByChance } from "../probe-cause.ts";
import type { Reporter } from "../reporter.ts";
import type { Scope } from "../scope.ts";
import type { Scalar } from "../typed-expression.ts";
import { leaveOutSelf } from "./leave-out-self.ts";
import type { Memos } from "./memos.ts";
import type { ProgramDraft } from "./merge-programs.ts";
import type { Point } from "./points.ts";
import { ProgramBuilder } from "./program-builder.ts";
import { enterSpan, type OpenedSpan } from "./span-states.ts";

/** One aggregate of a signal, with its index in the rule. */
export interface SignalAggregate {
  readonly index: number;
  readonly call: AggregateCall;
  readonly syntax: NamedExpression;
}

export interface SignalParts {
  readonly rule: ProgramSyntax;
  readonly leavesOutSelf: boolean;
  readonly signal: SignalSyntax;
  readonly aggregates: readonly SignalAggregate[];
  /** the signal's own span, whose ends the points are */
  readonly span?: OpenedSpan;
  readonly during?: OpenedSpan;
  readonly memos: Memos;
  readonly event?: readonly NamedExpression[];
}

/**
 * The values that one program counts and sends, for the types of the rule's columns and aggregates.
 */
export interface SignalProgram {
  readonly draft?: ProgramDraft;
  readonly key: readonly (ColumnValue | undefined)[];
  readonly record: readonly (ColumnValue | undefined)[];
  readonly values: ReadonlyMap<number, AggregateValue>;
}

/** Returns the program at one point: filter, look into spans, filter, count, send. */
export function signalProgram(point: Point, parts: SignalParts, kernel: Kernel, reporter: Reporter): SignalProgram {
  const { rule, signal, span } = parts;
  const withs = [...signal.with, ...(span?.syntax.with ?? [])];
  const builder = new ProgramBuilder(point, withs, kernel, reporter, parts.memos);
  if (span !== undefined) enterSpan(span, "span-close", builder);
  if (parts.during !== undefined) enterSpan(parts.during, "inside", builder);
  // an event that the filter of the end rejects still ends the span: a call that failed must not
  // leave its start to the next call
  if (span?.syntax.toFilter !== undefined) builder.filter(span.syntax.toFilter);
  if (signal.filter !== undefined) builder.filter(signal.filter);
  // the end of a span was caused by its start, which has passed this test
  if (span === undefined && parts.leavesOutSelf) leaveOutSelf(builder, point, rule.rule.span);
  const byChance = isByChance(kernel, point.probe.attach, false);
  const counted = count(parts, rule.by, builder, byChance);
  const record = (parts.event ?? []).map((named) => columnValue(named, RECORD_STRING_BYTES, builder.scope));
  builder.push({ do: "matched" });
  counted.push();
  if (parts.event !== undefined) {
    const fields = record.flatMap((field) => field?.value ?? []);
    builder.push({ do: "emit", fields, byChance, span: rule.rule.span });
  }
  parts.memos.set(signal.set ?? [], builder);
  const draft = builder.finish(span === undefined ? signal.name.text : `${signal.name.text}_to`);
  return { ...(draft === undefined ? {} : { draft }), key: counted.key, record, values: counted.values };
}

interface Counted {
  readonly key: readonly (ColumnValue | undefined)[];
  readonly values: ReadonlyMap<number, AggregateValue>;
  push(): void;
}

function count(parts: SignalParts, by: readonly NamedExpression[], builder: ProgramBuilder, byChance: Scalar): Counted {
  const { aggregates, signal } = parts;
  const scope: Scope = builder.scope;
  const key = by.map((named) => columnValue(named, KEY_STRING_BYTES, scope));
  const values = new Map<number, AggregateValue>();
  const updates: AggregateUpdate[] = [];
  for (const { call, index, syntax } of aggregates) {
    const value = aggregateValue(call, syntax.name, scope);
    if (value === undefined) continue;
    values.set(index, value);
    updates.push({ aggregate: index, ...value.update });
  }
  const push = (): void => {
    const span = aggregates[0]?.syntax.expression.span ?? signal.name.span;
    if (aggregates.length > 0)
      builder.push({ do: "aggregate", key: key.flatMap((column) => column?.value ?? []), updates, byChance, span });
  };
  return { key, values, push };
}
