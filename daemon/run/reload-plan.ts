import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** What of a rule decides whether it must be loaded anew. */
export interface RuleIdentity {
  readonly path: string;
  readonly fingerprint: string;
  /** the same for rules that judge the same, whatever their alerts say and wherever they go */
  readonly meaning: string;
}

export interface ReloadPlan {
  /** new or changed */
  readonly build: readonly RuleSyntax[];
  /** those whose alerts say something else or go elsewhere now, and that judge as before */
  readonly present: readonly RuleSyntax[];
  /** running rules that did not change, and where they were found this time */
  readonly keep: readonly { readonly rule: string; readonly path: string }[];
  /** names of running rules that are in no file any more */
  readonly drop: readonly string[];
}

/**
 * What a reload has to do. A running rule that judges as before is left alone in the kernel, so it keeps its counters and alert states; one
 * whose file cannot be read any more runs on as it was.
 *
 * @param running by name
 * @param found rules without errors
 * @param identify what of a rule is compared
 * @param isBroken of a path: whether what stood in the file cannot be known, because something is wrong with it or its folder
 */
export function planReload(
  running: ReadonlyMap<string, RuleIdentity>,
  found: readonly RuleSyntax[],
  identify: (rule: RuleSyntax) => Omit<RuleIdentity, "path">,
  isBroken: (path: string) => boolean,
): ReloadPlan {
  const names = new Set(found.map((rule) => rule.name.text));
  const changeOf = (rule: RuleSyntax): "none" | "words" | "meaning" => {
    const old = running.get(rule.name.text);
    const now = identify(rule);
    if (old?.fingerprint === now.fingerprint) return "none";
    return old?.meaning === now.meaning ? "words" : "meaning";
  };
  const changes = new Map(found.map((rule) => [rule, changeOf(rule)]));
  const those = (change: "none" | "words" | "meaning"): readonly RuleSyntax[] =>
    found.filter((rule) => changes.get(rule) === change);
  return {
    build: those("meaning"),
    present: those("words"),
    keep: those("none").map(({ name, source }) => ({ rule: name.text, path: source.path })),
    drop: [...running].flatMap(([name, { path }]) => (names.has(name) || isBroken(path) ? [] : [name])),
  };
}
