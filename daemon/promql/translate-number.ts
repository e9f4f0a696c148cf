import type { CallExpression, Expression, NameExpression } from "../../bpf/language/expression.ts";
import { printExpression } from "../../bpf/language/printer.ts";
import type { ValueMetric } from "../metrics/metric-name.ts";
import { NotInPromql } from "./not-in-promql.ts";
import { type PromqlContext, recordName } from "./promql-context.ts";
import { joined, promDuration, type Term } from "./term.ts";

/** At most so many earlier windows make a statistic. */
const MAX_WINDOWS = 120;
/** A statistic needs so many of its windows, and this part of them. */
const LEAST_WINDOWS = 5;
const LEAST_PART = 0.25;
const QUANTILES: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 };
const ARITHMETIC: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%"]);
const NANOSECONDS = 1e9;

/** Translates a number of `let` or `threshold`. Throws NotInPromql. */
export function translateNumber(context: PromqlContext, expression: Expression): Term {
  switch (expression.kind) {
    case "integer":
      return constant(Number(expression.value));
    case "decimal":
    case "percentage":
      return constant(expression.value);
    case "size":
      return constant(Number(expression.bytes));
    case "duration":
      return constant(Number(expression.nanoseconds) / NANOSECONDS);
    case "name":
      return named(context, expression);
    case "call":
      return called(context, expression);
    case "unary":
      if (expression.operator !== "-") break;
      return {
        ...translateNumber(context, expression.operand),
        text: `(-${translateNumber(context, expression.operand).text})`,
      };
    case "binary":
      if (ARITHMETIC.has(expression.operator)) return arithmetic(context, expression);
      break;
    case "conditional":
      return chosen(context, expression);
    case "coalesce":
      return firstOf(context, expression.alternatives);
    default:
  }
  throw new NotInPromql(`"${printExpression(expression)}"`, expression.span);
}

const constant = (value: number): Term => ({ text: String(value), over: "number" });

/** Divides by what is not 0: x / 0 is no data, and not infinite. */
function arithmetic(context: PromqlContext, { operator, left, right }: Extract<Expression, { kind: "binary" }>): Term {
  const [one, other] = [translateNumber(context, left), translateNumber(context, right)];
  const divides = (operator === "/" || operator === "%") && other.over !== "number";
  return joined(one, operator, divides ? { ...other, text: `(${other.text} != 0)` } : other, context.shared.join(", "));
}

/** Returns one number where a condition holds, and the other where its opposite does. */
function chosen(context: PromqlContext, expression: Extract<Expression, { kind: "conditional" }>): Term {
  const { test, then, otherwise } = expression;
  const sides = (
    [
      [then, false],
      [otherwise, true],
    ] as const
  ).map(([number, isNegated]): Term => {
    const condition = context.condition(context, test, isNegated);
    const term = translateNumber(context, number);
    if (term.over === "number") return { ...condition, text: `(${condition.text} * 0 + ${term.text})` };
    if (term.over !== condition.over) throw new NotInPromql(`"${printExpression(expression)}"`, expression.span);
    return { ...term, text: `(${term.text} and ${condition.text})` };
  });
  return { text: `(${sides.map(({ text }) => text).join(" or ")})`, over: sides[0]?.over ?? "key" };
}

function firstOf(context: PromqlContext, alternatives: readonly Expression[]): Term {
  const terms = alternatives.map((each) => translateNumber(context, each));
  const [first] = terms;
  const odd = alternatives[terms.findIndex(({ over }) => over !== first?.over || over === "number")];
  if (odd !== undefined) throw new NotInPromql(`"?? ${printExpression(odd)}"`, odd.span);
  return { text: `(${terms.map(({ text }) => text).join(" or ")})`, over: first?.over ?? "key" };
}

function named(context: PromqlContext, expression: NameExpression): Term {
  const meant = context.lets.get(expression.name);
  if (meant !== undefined) return translateNumber(context, meant);
  return seriesOf(context, metricOf(context, expression));
}

function metricOf({ metrics }: PromqlContext, expression: Expression | undefined): ValueMetric {
  const metric = expression?.kind === "name" ? metrics.get(expression.name) : undefined;
  if (metric !== undefined) return metric;
  if (expression === undefined) throw new Error("expected an argument");
  throw new NotInPromql(`"${printExpression(expression)}"`, expression.span);
}

/** Returns the value of an aggregate over the window, for each key; of a histogram its count. */
function seriesOf(context: PromqlContext, metric: ValueMetric): Term {
  const back = offsetText(context);
  const name = `${recordName(metric, "_count")}${back}`;
  const isConverted = metric.scale !== 1 && metric.unit === "seconds" && !isDuration(metric);
  return { text: isConverted ? `(${name} * ${Math.round(1 / metric.scale)})` : name, over: keysOf(context) };
}

const isDuration = ({ aggregate }: ValueMetric): boolean => aggregate?.meaning.kind === "duration";
const keysOf = ({ hasKeys }: PromqlContext): Term["over"] => (hasKeys ? "key" : "rule");
const offsetText = ({ offsetMs }: PromqlContext): string => (offsetMs === 0 ? "" : ` offset ${promDuration(offsetMs)}`);

type Call = (context: PromqlContext, call: CallExpression) => Term;

/** The functions that PromQL can say; one record each. */
const CALLS: Readonly<Record<string, Call>> = {
  rate: (context, { arguments: [of] }) => {
    const { text, over } = seriesOf(context, metricOf(context, of));
    return { text: `(${text} / ${context.windowMs / 1000})`, over };
  },
  count: (context, { arguments: [of] }) => seriesOf(context, metricOf(context, of)),
  total: (context, { arguments: [of] }) => overKeys(context, "sum", seriesOf(context, metricOf(context, of)).text),
  keys: (context, { arguments: [of] }) =>
    overKeys(context, "count", `${recordName(metricOf(context, of), "_count")}{other=""}${offsetText(context)} > 0`),
  previous: (context, { arguments: [of] }) => previousOf(context, of),
  delta: (context, { arguments: [of] }) =>
    joined(argumentOf(context, of), "-", previousOf(context, of), context.shared.join(", ")),
  mean: (context, call) => statistic(context, call, "avg_over_time"),
  stddev: (context, call) => statistic(context, call, "stddev_over_time"),
};

function called(context: PromqlContext, call: CallExpression): Term {
  const part = QUANTILES[call.callee];
  if (part !== undefined) return quantile(context, call, part);
  const translate = Object.hasOwn(CALLS, call.callee) ? CALLS[call.callee] : undefined;
  if (translate === undefined) throw new NotInPromql(`"${printExpression(call)}"`, call.span);
  return translate(context, call);
}

function quantile(context: PromqlContext, { arguments: [of] }: CallExpression, part: number): Term {
  const metric = metricOf(context, of);
  const buckets = `${recordName(metric, "_bucket")}${offsetText(context)}`;
  return { text: `histogram_quantile(${part}, ${buckets})`, over: keysOf(context) };
}

function overKeys({ shared }: PromqlContext, operator: string, text: string): Term {
  return { text: `${operator} by (${shared.join(", ")}) (${text})`, over: "rule" };
}

function argumentOf(context: PromqlContext, of: Expression | undefined): Term {
  if (of === undefined) throw new Error("expected an argument");
  return translateNumber(context, of);
}

/**
 * Returns a value over the window before, if the daemon ran through all of it. A key that is new
 * had none of it: it counted 0.
 */
function previousOf(context: PromqlContext, of: Expression | undefined): Term {
  const { offsetMs, windowMs, by } = context;
  const back = argumentOf({ ...context, offsetMs: offsetMs + windowMs }, of);
  const now = argumentOf(context, of);
  const wasRead =
    by === undefined ? ` and on(job, instance) (bpfwarden_build_info offset ${promDuration(offsetMs + windowMs)})` : "";
  const text =
    of !== undefined && beginsAtZero(context, of) ? `(${back.text} or ${now.text} * 0${wasRead})` : back.text;
  const isWhole = `(time() - process_start_time_seconds >= ${(offsetMs + 2 * windowMs) / 1000})`;
  return { text: by === undefined ? `(${text} and on(job, instance) ${isWhole})` : text, over: back.over };
}

function beginsAtZero({ metrics }: PromqlContext, of: Expression): boolean {
  const type = of.kind === "name" ? metrics.get(of.name)?.type : undefined;
  return type === "counter" || type === "histogram";
}

/** Returns a statistic over earlier windows, if there are enough of them. */
function statistic(context: PromqlContext, call: CallExpression, overTime: string): Term {
  const [of, span] = call.arguments;
  if (of === undefined || span?.kind !== "duration") throw new NotInPromql(`"${printExpression(call)}"`, call.span);
  const spanMs = Number(span.nanoseconds) / 1e6;
  const stepMs = Math.max(context.windowMs, spanMs / MAX_WINDOWS);
  const windows = Math.max(1, Math.floor(spanMs / stepMs + 0.001));
  const needed = Math.min(windows, Math.max(LEAST_WINDOWS, Math.ceil(windows * LEAST_PART)));
  const { text, over } = translateNumber(context, of);
  const range = `(${text})[${promDuration(spanMs)}:${promDuration(stepMs)}] offset ${promDuration(context.windowMs)}`;
  return { text: `(${overTime}(${range}) and count_over_time(${range}) >= ${needed})`, over };
}
