import type { RuleSyntax } from "./rules/rule-syntax.ts";

/** What of a rule decides whether it must be loaded anew. */
export interface RuleIdentity {
  readonly path: string;
  readonly fingerprint: string;
}

export interface ReloadPlan {
  /** new or changed */
  readonly build: readonly RuleSyntax[];
  /** running rules that did not change, and where they were found this time */
  readonly keep: readonly { readonly rule: string; readonly path: string }[];
  /** names of running rules that are in no file any more */
  readonly drop: readonly string[];
}

/**
 * What a reload has to do. A running rule whose text did not change is left alone, so it keeps its counters and alert states; one
 * whose file cannot be read any more runs on as it was.
 *
 * @param running by name
 * @param found rules without errors
 * @param isBroken of a path: whether what stood in the file cannot be known, because something is wrong with it or its folder
 */
export function planReload(
  running: ReadonlyMap<string, RuleIdentity>,
  found: readonly RuleSyntax[],
  fingerprintOf: (rule: RuleSyntax) => string,
  isBroken: (path: string) => boolean,
): ReloadPlan {
  const names = new Set(found.map((rule) => rule.name.text));
  const isSame = (rule: RuleSyntax): boolean => running.get(rule.name.text)?.fingerprint === fingerprintOf(rule);
  return {
    build: found.filter((rule) => !isSame(rule)),
    keep: found.filter(isSame).map(({ name, source }) => ({ rule: name.text, path: source.path })),
    drop: [...running].flatMap(([name, { path }]) => (names.has(name) || isBroken(path) ? [] : [name])),
  };
}
