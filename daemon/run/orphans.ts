import { isDaemonNotice } from "../notify/notices/daemon-notice-names.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import type { RuleSet } from "./rule-set.ts";

/** The rules that are known, in three ways. */
export interface KnownRules {
  readonly running: RuleSet;
  /** the rules that were found in files */
  readonly found: readonly RuleSyntax[];
  /** by name: the file of each rule that runs, or that ran before its file became unreadable */
  readonly remembered: ReadonlyMap<string, string>;
}

/**
 * Returns a test for rules that are gone. A rule whose file cannot be read, or that is refused, is
 * not gone: nobody can know if it would still fire.
 */
export function goneRules({ running, found, remembered }: KnownRules): (rule: string) => boolean {
  const inFiles = new Set(found.map(({ name }) => name.text));
  return (rule) => running.get(rule) === undefined && !inFiles.has(rule) && !remembered.has(rule);
}

/**
 * Returns why an alert that fires ends without its rule, such as one that an earlier process left
 * open. Returns undefined if it goes on, or waits for its rule.
 */
export function orphanReason(
  running: RuleSet,
  isGone: (rule: string) => boolean,
): (rule: string, event: AlertEvent) => string | undefined {
  return (rule, event) => {
    if (isDaemonNotice(event.rule)) return undefined;
    if (isGone(rule)) return "the rule was removed";
    return running.get(rule)?.fires(event) === false ? "the rule was changed" : undefined;
  };
}
