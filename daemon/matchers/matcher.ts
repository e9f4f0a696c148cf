import { RE2JS } from "re2js";

export const OPERATORS = ["=", "!=", "=~", "!~"] as const;
export type MatcherOperator = (typeof OPERATORS)[number];

/** What a label must be: Alertmanager's matcher. Plain data; `parseMatchers` makes sure that a regular expression can be used. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatcherOperator;
  /** the text, or the regular expression, which the whole value must match */
  readonly value: string;
}

/**
 * Whether the labels are as the matcher says; a missing label is the empty text, as in Alertmanager. Throws RE2JSException for a
 * regular expression that `compileRegex` refuses.
 */
export function matches(matcher: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const { name, operator, value } = matcher;
  const found = Object.hasOwn(labels, name) ? (labels[name] ?? "") : "";
  switch (operator) {
    case "=":
      return found === value;
    case "!=":
      return found !== value;
    case "=~":
      return regexOf(matcher).matches(found);
    case "!~":
      return !regexOf(matcher).matches(found);
  }
}

/** Whether all matchers agree; without any, they do. */
export function matchesAll(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every((matcher) => matches(matcher, labels));
}

/** The matcher as `parseMatchers` reads it: `name="value"`. */
export function matcherText({ name, operator, value }: Matcher): string {
  return `${name}${operator}"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/**
 * A regular expression in RE2's syntax, which Alertmanager has too. Users write them, and one with nested repetitions would hold up
 * JavaScript's own engine for minutes; this one takes time linear in the text. Throws RE2JSException.
 */
export function compileRegex(pattern: string): RE2JS {
  return RE2JS.compile(pattern);
}

const compiled = new WeakMap<Matcher, RE2JS>();

function regexOf(matcher: Matcher): RE2JS {
  let regex = compiled.get(matcher);
  if (regex === undefined) compiled.set(matcher, (regex = compileRegex(matcher.value)));
  return regex;
}
