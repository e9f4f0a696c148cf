import type { Expression } from "../language/expression.ts";
import type { NamedExpression, PointSyntax, ProbeSyntax } from "../language/program-syntax.ts";
import { interpret, type Event } from "./interpret.ts";
import { isMissing, isTrue, type Missing } from "./value.ts";

/** What an event is at a probe that lets it pass: with the names that the probe gives. */
export interface HeardEvent {
  readonly event: Event;
}

/**
 * Whether a probe's own filters let an event pass, and what its names then stand for; undefined where they do not. Of several probes the
 * first that lets it pass is taken. A span's event is its end: what the filter of its start says is not looked at.
 *
 * @param at the probe where it happened, as the rule spells it; where not given, all are tried
 */
export function hearsEvent(probe: ProbeSyntax, event: Event, at?: string): HeardEvent | Missing | undefined {
  switch (probe.kind) {
    case "point":
      return hearsPoint(probe, event, at);
    case "alternatives":
      return hearsFirst(probe.options, event, at);
    case "any":
      return filtered(hearsFirst(probe.probes, withNames(event, probe.with), at), probe.filter);
    case "span":
      return filtered(hearsEvent(probe.to, withNames(event, [...probe.keep, ...probe.with]), at), probe.toFilter);
  }
}

function hearsPoint(probe: PointSyntax, event: Event, at: string | undefined): HeardEvent | Missing | undefined {
  if (at !== undefined && probe.point.text !== at) return undefined;
  return filtered({ event: withNames(event, probe.with) }, probe.filter);
}

/** What is missing at one probe only matters where no other lets the event pass. */
function hearsFirst(
  probes: readonly ProbeSyntax[],
  event: Event,
  at: string | undefined,
): HeardEvent | Missing | undefined {
  const answers = probes.map((probe) => hearsEvent(probe, event, at));
  return answers.find((answer) => answer !== undefined && "event" in answer) ?? answers.find(Boolean);
}

function filtered(
  heard: HeardEvent | Missing | undefined,
  filter: Expression | undefined,
): HeardEvent | Missing | undefined {
  if (heard === undefined || "missing" in heard || filter === undefined) return heard;
  const passes = interpret(filter, heard.event);
  if (isMissing(passes)) return passes;
  return isTrue(passes) ? heard : undefined;
}

function withNames({ given, names }: Event, own: readonly NamedExpression[]): Event {
  return { given, names: new Map([...names, ...own.map(({ name, expression }) => [name.text, expression] as const)]) };
}

/** The probes at which something that a probe hears can happen: of a span its ends. */
export function pointsWithin(probe: ProbeSyntax): readonly PointSyntax[] {
  switch (probe.kind) {
    case "point":
      return [probe];
    case "alternatives":
      return probe.options.flatMap(pointsWithin);
    case "any":
      return probe.probes.flatMap(pointsWithin);
    case "span":
      return pointsWithin(probe.to);
  }
}
