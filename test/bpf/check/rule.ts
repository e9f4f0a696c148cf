import type { Checked } from "../../../bpf/source/diagnostic.ts";
import type { CheckedProgram, ProbeProgram, Step } from "../../../bpf/check/checked-program.ts";
import { checkProgram } from "../../../bpf/check/check-program.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { parseExpression, wholeText } from "../../../bpf/language/parse-expression.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import type {
  NamedExpression,
  ProbeSyntax,
  ProgramSyntax,
  SignalSyntax,
  SpanSyntax,
  Spelled,
} from "../../../bpf/language/program-syntax.ts";

export type Named = Readonly<Record<string, string>>;
export type ProbeText =
  | string
  | readonly ProbeText[]
  | { readonly any: readonly ProbeText[]; readonly filter?: string; readonly with?: Named }
  | { readonly probe: string; readonly except?: readonly string[]; readonly filter?: string; readonly with?: Named }
  | SpanText;

export interface SpanText {
  readonly from: ProbeText;
  readonly to: ProbeText;
  readonly match?: string | readonly string[] | { readonly from: readonly string[]; readonly to: readonly string[] };
  readonly fromFilter?: string;
  readonly toFilter?: string;
  readonly keep?: Named;
  readonly with?: Named;
}

export interface SignalText {
  readonly probe: ProbeText;
  readonly during?: SpanText;
  readonly with?: Named;
  readonly filter?: string;
  readonly aggregate?: string | Named;
  readonly set?: Named;
}

/** A rule as its YAML says it, for tests of the checker alone; each text is its own source. */
export interface RuleText {
  readonly signals: Readonly<Record<string, SignalText>>;
  readonly by?: Named;
  readonly state?: Readonly<Record<string, { readonly by: readonly string[]; readonly keep: readonly string[] }>>;
  readonly event?: Named;
}

export function expression(text: string): Expression {
  const { diagnostics, result } = parseExpression(wholeText({ path: "rule.yaml", text }));
  if (result === undefined) throw new Error(`${text}: ${diagnostics.map(({ message }) => message).join("; ")}`);
  return result;
}

function spelled(text: string): Spelled {
  return { text, span: { source: { path: "rule.yaml", text }, start: 0, end: text.length } };
}

function named(texts: Named = {}): readonly NamedExpression[] {
  return Object.entries(texts).map(([name, text]) => ({ name: spelled(name), expression: expression(text) }));
}

function filterOf(filter: string | undefined): { filter?: Expression } {
  return filter === undefined ? {} : { filter: expression(filter) };
}

function matchSyntax(match: SpanText["match"]): Pick<SpanSyntax, "match"> {
  if (match === undefined) return {};
  if (typeof match === "object" && "from" in match)
    return { match: { from: match.from.map(expression), to: match.to.map(expression) } };
  const both = (typeof match === "string" ? [match] : match).map(expression);
  return { match: { from: both, to: both } };
}

function spanSyntax(span: SpanText): SpanSyntax {
  return {
    kind: "span",
    from: probeSyntax(span.from),
    to: probeSyntax(span.to),
    ...matchSyntax(span.match),
    ...(span.fromFilter === undefined ? {} : { fromFilter: expression(span.fromFilter) }),
    ...(span.toFilter === undefined ? {} : { toFilter: expression(span.toFilter) }),
    keep: named(span.keep),
    with: named(span.with),
    timeoutNs: 10_000_000_000n,
    restart: false,
    span: spelled("{from:, to:}").span,
  };
}

function probeSyntax(probe: ProbeText): ProbeSyntax {
  if (typeof probe === "string") return { kind: "point", point: spelled(probe), with: [] };
  if (Array.isArray(probe)) {
    return {
      kind: "alternatives",
      options: (probe as readonly ProbeText[]).map(probeSyntax),
      span: spelled("[...]").span,
    };
  }
  const one = probe as Exclude<ProbeText, string | readonly ProbeText[]>;
  if ("from" in one) return spanSyntax(one);
  const beside = { ...filterOf(one.filter), with: named(one.with) };
  if ("probe" in one) {
    const except = one.except === undefined ? {} : { except: one.except.map(spelled) };
    return { kind: "point", point: spelled(one.probe), ...except, ...beside };
  }
  return { kind: "any", probes: one.any.map(probeSyntax), ...beside, span: spelled("{any: [...]}").span };
}

function signalSyntax(name: string, text: SignalText): SignalSyntax {
  const aggregates = typeof text.aggregate === "string" ? { [name]: text.aggregate } : text.aggregate;
  return {
    name: spelled(name),
    probe: probeSyntax(text.probe),
    ...(text.during === undefined ? {} : { during: spanSyntax(text.during) }),
    with: named(text.with),
    ...filterOf(text.filter),
    aggregates: named(aggregates),
    ...(text.set === undefined ? {} : { set: named(text.set) }),
  };
}

export function programSyntax(rule: RuleText): ProgramSyntax {
  return {
    rule: spelled("rule"),
    signals: Object.entries(rule.signals).map(([name, text]) => signalSyntax(name, text)),
    by: named(rule.by),
    state: Object.entries(rule.state ?? {}).map(([name, { by, keep }]) => ({
      name: spelled(name),
      by: by.map(expression),
      keep: keep.map(spelled),
    })),
    ...(rule.event === undefined ? {} : { event: named(rule.event) }),
    keyLimit: 10_000,
    keyWindowMs: 60_000,
    leavesOutSelf: false,
    ringBytes: 1 << 20,
    spanLimit: 10_240,
  };
}

export function check(rule: RuleText, kernel: Kernel): Checked<CheckedProgram> {
  return checkProgram(programSyntax(rule), kernel);
}

/** The checked rule; fails with its messages where it has errors. */
export function checked(rule: RuleText, kernel: Kernel): CheckedProgram {
  const { diagnostics, result } = check(rule, kernel);
  if (result === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return result;
}

/** A value without its spans, which tests compare separately. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== "object" || value === null || value instanceof Map || ArrayBuffer.isView(value)) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "span");
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutSpans(part)]));
}

export function onlyProgram(program: CheckedProgram): ProbeProgram {
  const [first, ...others] = program.programs;
  if (first === undefined || others.length > 0)
    throw new Error(`expected one program, found ${program.programs.length}`);
  return first;
}

/** The steps of one kind. */
export function stepsOf<Kind extends Step["do"]>(program: ProbeProgram, kind: Kind): Extract<Step, { do: Kind }>[] {
  return program.steps.filter((step): step is Extract<Step, { do: Kind }> => step.do === kind);
}
