import type { Aggregate, CheckedProgram, Column, Step } from "../../../bpf/check/checked-program.ts";
import type { Scalar, ScalarOperator } from "../../../bpf/check/typed-expression.ts";
import type { Type } from "../../../bpf/check/type.ts";
import type { Source, Span } from "../../../bpf/source/source.ts";

/** A rule file for spans to point into, a line a part of the rule. */
export const SOURCE: Source = {
  path: "/rules/test.yaml",
  text: "rule: test\nprobe: tracepoint:x:y\nfilter: a == 1\nby: [comm]\naggregate: count()\nevent: {a: b}\n",
};

/** The line that begins with `word`. */
export function lineSpan(word: string): Span {
  const start = SOURCE.text.indexOf(word);
  if (start < 0) throw new Error(`no line begins with ${word}`);
  return { source: SOURCE, start, end: SOURCE.text.indexOf("\n", start) };
}

export const RULE_SPAN = lineSpan("rule");

export const constant = (value: bigint | number): Scalar => ({ op: "constant", value: BigInt(value) });
export const context = (offset: number, bytes: 1 | 2 | 4 | 8 = 8, signed = false): Scalar => ({
  op: "context",
  offset,
  bytes,
  signed,
});
export const helper = (name: Extract<Scalar, { readonly op: "helper" }>["helper"]): Scalar => ({
  op: "helper",
  helper: name,
});
export const variable = (index: number): Scalar => ({ op: "variable", variable: index });
export const binary = (left: Scalar, operator: ScalarOperator, right: Scalar, signed = false): Scalar => ({
  op: "binary",
  operator,
  signed,
  left,
  right,
});
export const equal = (left: Scalar, right: Scalar): Scalar => binary(left, "==", right);
export const both = (left: Scalar, right: Scalar): Scalar => ({ op: "and", left, right });
export const load = (
  base: Scalar,
  offset: number,
  bytes: 1 | 2 | 4 | 8,
  how: "direct" | "kernel" | "user",
  signed = false,
): Scalar => ({ op: "load", base, offset, bytes, signed, how });

/** The calling process alone, by its tgid. */
export const thisProcess = (pid: number): Scalar =>
  equal(binary(helper("pid_tgid"), ">>", constant(32)), constant(pid));

export const filter = (condition: Scalar): Step => ({ do: "filter", condition, span: lineSpan("filter") });

export const integer = (bits: 8 | 16 | 32 | 64, signed = false): Type => ({
  kind: "integer",
  bits,
  signed,
  meaning: { kind: "plain" },
});
export const text = (maxBytes: number, form: "text" | "bytes" = "text"): Type => ({ kind: "string", maxBytes, form });
export const column = (name: string, type: Type): Column => ({ name, type, span: lineSpan("by") });

export const aggregate = (name: string, kind: Aggregate["function"], signed = false): Aggregate => ({
  name,
  signal: "value",
  function: kind,
  signed,
  meaning: { kind: "plain" },
  span: lineSpan("aggregate"),
});

/** A rule with defaults for what a test does not speak of. */
export const rule = (given: Partial<CheckedProgram>): CheckedProgram => ({
  rule: "test",
  span: RULE_SPAN,
  programs: [],
  spans: [],
  memos: [],
  aggregates: [],
  key: [],
  keyLimit: 1000,
  keyWindowMs: 60_000,
  ringBytes: 1 << 20,
  spanLimit: 10_240,
  ...given,
});
