import type { NamedExpression, SpanSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Column, SpanState, Step } from "../checked-program.ts";
import { unifyColumns } from "../columns.ts";
import { describe } from "../describe.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { asInteger } from "../operands.ts";
import type { Reporter } from "../reporter.ts";
import { ERROR, integerType, scalarTerm, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { atEachPoint } from "./each-point.ts";
import { findPoints, type Point } from "./points.ts";
import { ProgramBuilder } from "./program-builder.ts";
import type { ProgramDraft } from "./merge-programs.ts";

/** What the ends of a span have in common: its state, the programs that open it, and where it ends. */
export interface OpenedSpan {
  readonly state: SpanState;
  /** the type of each kept value where it is used; pointers are numbers by then */
  readonly keepTypes: readonly Term[];
  readonly openers: readonly ProgramDraft[];
  readonly ends: readonly Point[];
}

/** Checks a span's start and finds its ends; undefined, reported, where a probe is missing or a kept value is at fault. */
export function openSpan(
  syntax: SpanSyntax,
  id: number,
  name: string,
  kernel: Kernel,
  reporter: Reporter,
): OpenedSpan | undefined {
  if (syntax.match !== undefined) {
    reporter.error(
      "not-supported-yet",
      syntax.match.from.span,
      "matching by something other than the thread is not supported yet",
      'leave "match" out',
    );
  }
  const starts = findPoints(syntax.from, kernel, reporter);
  const ends = findPoints(syntax.to, kernel, reporter);
  const opened = atEachPoint(starts ?? [], kernel, reporter, (start, types, told) =>
    openAt(start, syntax, id, name, types, told),
  );
  if (starts === undefined || ends === undefined) return undefined;
  const keeps = unifyKeeps(opened, syntax.keep, kernel, reporter);
  if (keeps === undefined) return undefined;
  const { restart, span, timeoutNs } = syntax;
  const state: SpanState = { id, name, match: "thread", keeps: keeps.columns, timeoutNs, restart, span };
  return { state, keepTypes: keeps.terms, openers: opened.flatMap(({ draft }) => draft ?? []), ends };
}

interface Opened {
  readonly draft?: ProgramDraft;
  readonly kept: readonly (Kept | undefined)[];
}

interface Kept {
  readonly column: Column;
  readonly term: Term;
  readonly scalar: Scalar;
}

function openAt(
  start: Point,
  syntax: SpanSyntax,
  id: number,
  name: string,
  kernel: Kernel,
  reporter: Reporter,
): Opened {
  const builder = new ProgramBuilder(start, [], kernel, reporter);
  if (syntax.fromFilter !== undefined) builder.filter(syntax.fromFilter);
  const kept = syntax.keep.map((named) => keepValue(named, builder));
  const values = kept.flatMap((value) => value?.scalar ?? []);
  builder.push({ do: "span-open", state: id, keeps: values, span: syntax.span });
  const draft = builder.finish(`${name}_from`);
  return { kept, ...(draft === undefined ? {} : { draft }) };
}

function keepValue(named: NamedExpression, { scope }: ProgramBuilder): Kept | undefined {
  const { expression, name } = named;
  const term = checkExpression(expression, scope);
  if (term.form === "error") return undefined;
  if (term.form !== "scalar") {
    const message = `keeping ${describe(term, scope.kernel.btf)} is not supported yet: expected a number or pointer`;
    scope.reporter.error("not-supported-yet", expression.span, message);
    return undefined;
  }
  const { scalar } = term;
  const stack = term.type.kind === "stack" ? term.type : undefined;
  const type = stack ?? asInteger(term)?.type ?? integerType(64, false, { kind: "hex" });
  const later = term.type.kind === "pointer" ? { ...term.type, direct: false } : term.type;
  return { scalar, column: { name: name.text, type, span: name.span }, term: scalarTerm(later, scalar) };
}

function unifyKeeps(
  opened: readonly Opened[],
  syntax: readonly NamedExpression[],
  kernel: Kernel,
  reporter: Reporter,
): { columns: readonly Column[]; terms: readonly Term[] } | undefined {
  const columns: Column[] = [];
  const terms: Term[] = [];
  for (const index of syntax.keys()) {
    const kept = opened.map((start) => start.kept[index]);
    const [first] = kept;
    if (first === undefined) return undefined;
    let { column } = first;
    for (const other of kept) {
      const both = other === undefined ? undefined : unifyColumns(column, other.column, { kernel, reporter });
      if (both === undefined) return undefined;
      column = both;
    }
    columns.push(column);
    const one = kept.length === 1 || first.term.form !== "scalar" || first.term.type.kind === "pointer";
    terms.push(
      one || column.type.kind !== "integer" ? first.term : scalarTerm(column.type, { op: "constant", value: 0n }),
    );
  }
  return { columns, terms };
}

/** Adds the step that closes a span, or only looks into it, and binds what was kept and, at its end, `elapsed`. */
export function enterSpan(span: OpenedSpan, how: "span-close" | "inside", builder: ProgramBuilder): void {
  const keeps = span.state.keeps.map(() => builder.variable());
  const state = span.state.id;
  if (how === "inside") builder.push({ do: "inside", state, keeps, span: span.state.span });
  else {
    const elapsed = builder.variable();
    const step: Step = { do: "span-close", state, elapsed, keeps, span: span.state.span };
    builder.push(step);
    builder.bind(
      "elapsed",
      scalarTerm(integerType(64, false, { kind: "duration" }), { op: "variable", variable: elapsed }),
    );
  }
  span.state.keeps.forEach(({ name }, index) => builder.bind(name, variableTerm(span.keepTypes[index], keeps[index])));
}

function variableTerm(term: Term | undefined, variable: number | undefined): Term {
  if (term?.form !== "scalar" || variable === undefined) return ERROR;
  return { ...term, literal: false, scalar: { op: "variable", variable } };
}

/** The programs that close a `during` span, and do nothing else. */
export function closers(span: OpenedSpan, name: string, kernel: Kernel, reporter: Reporter): readonly ProgramDraft[] {
  return atEachPoint(span.ends, kernel, reporter, (end, types, told) => {
    const builder = new ProgramBuilder(end, [], types, told);
    enterSpan(span, "span-close", builder);
    return builder.finish(`${name}_to`);
  }).flatMap((draft) => draft ?? []);
}
