import { RE2JS } from "re2js";

export const OPERATORS = ["=", "!=", "=~", "!~"] as const;
export type MatcherOperator = (typeof OPERATORS)[number];

/**
 * One of Alertmanager's matchers: a condition on one label. Plain data; `parseMatchers` makes sure
 * that its regular expression is valid.
 */
export interface Matcher {
  readonly name: string;
  readonly operator: MatcherOperator;
  /** the text, or the regular expression that the whole value must match */
  readonly value: string;
}

/**
 * Returns whether the labels satisfy the matcher. A missing label is the empty text, as in
 * Alertmanager. Throws RE2JSException for a regular expression that `compileRegex` refuses.
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

/** Returns whether the labels satisfy all matchers. Without matchers, they do. */
export function matchesAll(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every((matcher) => matches(matcher, labels));
}

/** Formats a matcher as `parseMatchers` reads it: `name="value"`. */
export function matcherText({ name, operator, value }: Matcher): string {
  return `${name}${operator}"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/**
 * Compiles a regular expression of RE2, as in Alertmanager. Users write these expressions: nested
 * repetitions could block JavaScript's own engine for minutes, while RE2 takes linear time. Throws
 * RE2JSException.
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
