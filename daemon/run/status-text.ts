import type { RuleCounts } from "./rule-runner.ts";

/**
 * Returns the text for `systemctl status`: `3 rules attached, 1 degraded, 1 file faulty, 2 alerts
 * firing`.
 */
export function statusText({ rules, degraded, firing }: RuleCounts, faultyFiles: number): string {
  return [
    `${counted(rules, "rule")} attached`,
    ...(degraded > 0 ? [`${degraded} degraded`] : []),
    ...(faultyFiles > 0 ? [`${counted(faultyFiles, "file")} faulty`] : []),
    ...(firing > 0 ? [`${counted(firing, "alert")} firing`] : []),
  ].join(", ");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
