import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** The properties of a rule that decide if it must be loaded again. */
export interface RuleIdentity {
  readonly path: string;
  readonly fingerprint: string;
  /** equal for rules with the same condition, whatever their texts and receivers */
  readonly meaning: string;
}

export interface ReloadPlan {
  /** new or changed */
  readonly build: readonly RuleSyntax[];
  /** rules with new texts or receivers and an unchanged condition */
  readonly update: readonly RuleSyntax[];
  /** unchanged running rules, and the files where they were found */
  readonly keep: readonly { readonly rule: string; readonly path: string }[];
  /** names of running rules that are no longer in any file */
  readonly drop: readonly string[];
}

/**
 * Plans a reload. A running rule with an unchanged condition stays in the kernel and keeps its
 * counters and alerts. A rule whose file is now unreadable continues unchanged.
 *
 * @param running by name
 * @param found rules without errors
 * @param identify returns the compared properties of a rule
 * @param isBroken returns true for a path whose content is unknown, because the file or its
 *   folder has an error
 */
export function planReload(
  running: ReadonlyMap<string, RuleIdentity>,
  found: readonly RuleSyntax[],
  identify: (rule: RuleSyntax) => Omit<RuleIdentity, "path">,
  isBroken: (path: string) => boolean,
): ReloadPlan {
  const names = new Set(found.map((rule) => rule.name.text));
  const changeOf = (rule: RuleSyntax): "none" | "texts" | "meaning" => {
    const old = running.get(rule.name.text);
    const now = identify(rule);
    if (old?.fingerprint === now.fingerprint) return "none";
    return old?.meaning === now.meaning ? "texts" : "meaning";
  };
  const changes = new Map(found.map((rule) => [rule, changeOf(rule)]));
  const those = (change: "none" | "texts" | "meaning"): readonly RuleSyntax[] =>
    found.filter((rule) => changes.get(rule) === change);
  return {
    build: those("meaning"),
    update: those("texts"),
    keep: those("none").map(({ name, source }) => ({ rule: name.text, path: source.path })),
    drop: [...running].flatMap(([name, { path }]) => (names.has(name) || isBroken(path) ? [] : [name])),
  };
}
