import type { Expression } from "../language/expression.ts";
import type { NamedExpression, PointSyntax, ProbeSyntax } from "../language/program-syntax.ts";
import { interpret, type Event } from "./interpret.ts";
import { isMissing, isTrue, type Missing } from "./value.ts";

/** An event that a probe's filters let pass, with the names that the probe gives. */
export interface MatchedEvent {
  readonly event: Event;
}

/**
 * Returns an event with the names of the probe whose filters let it pass, or undefined if none
 * does. Among several probes the first that lets it pass is taken. The event of a span is its end:
 * the filter of its start is not evaluated.
 *
 * @param at the probe where it happened, as the rule spells it; all are tried if absent
 */
export function matchEvent(probe: ProbeSyntax, event: Event, at?: string): MatchedEvent | Missing | undefined {
  switch (probe.kind) {
    case "point":
      return matchPoint(probe, event, at);
    case "alternatives":
      return matchFirst(probe.options, event, at);
    case "any":
      return filtered(matchFirst(probe.probes, withNames(event, probe.with), at), probe.filter);
    case "span":
      return filtered(matchEvent(probe.to, withNames(event, [...probe.keep, ...probe.with]), at), probe.toFilter);
  }
}

function matchPoint(probe: PointSyntax, event: Event, at: string | undefined): MatchedEvent | Missing | undefined {
  if (at !== undefined && probe.point.text !== at) return undefined;
  return filtered({ event: withNames(event, probe.with) }, probe.filter);
}

/**
 * Returns the first probe's result. A value that is missing at one probe matters only if no other
 * probe lets the event pass.
 */
function matchFirst(
  probes: readonly ProbeSyntax[],
  event: Event,
  at: string | undefined,
): MatchedEvent | Missing | undefined {
  const answers = probes.map((probe) => matchEvent(probe, event, at));
  return answers.find((answer) => answer !== undefined && "event" in answer) ?? answers.find(Boolean);
}

function filtered(
  matched: MatchedEvent | Missing | undefined,
  filter: Expression | undefined,
): MatchedEvent | Missing | undefined {
  if (matched === undefined || "missing" in matched || filter === undefined) return matched;
  const passes = interpret(filter, matched.event);
  if (isMissing(passes)) return passes;
  return isTrue(passes) ? matched : undefined;
}

function withNames({ given, names }: Event, own: readonly NamedExpression[]): Event {
  return { given, names: new Map([...names, ...own.map(({ name, expression }) => [name.text, expression] as const)]) };
}

/** Returns the probes whose events a probe counts. For a span these are its ends. */
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
