import type { RunningRule } from "./running-rule.ts";

/**
 * Returns why the rules are not whole: what a file asks for does not run, or a rule counts nothing
 * that can be trusted through a fault of the daemon or of what it is attached to. A flood of
 * events, or what users may cause, does not count. Undefined if all are whole.
 */
export function notWhole(
  rules: readonly Pick<RunningRule, "name" | "fault">[],
  faultyFiles: number,
): string | undefined {
  if (faultyFiles > 0) return `${faultyFiles} ${faultyFiles === 1 ? "file has" : "files have"} errors`;
  if (rules.length === 0) return "no rule runs";
  const faulty = rules.find(({ fault }) => fault !== undefined);
  return faulty && `the rule "${faulty.name}" is degraded: ${faulty.fault ?? ""}`;
}
