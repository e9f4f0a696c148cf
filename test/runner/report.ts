import type { Result } from "./tally.ts";

/** The sums that the last line of a run gives. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** left to other machines */
  readonly elsewhere: number;
}

/** Formats the result of a file or a check, which is shown as soon as it has run. */
export function reportOf({ name, durationMs, passed, failures, skips, elsewhere, notes, output }: Result): string {
  const state = failures.length > 0 ? "FAILED" : passed === 0 ? "skip  " : "ok    ";
  const lines = [`${state} ${name} (${passed} passed, ${(durationMs / 1000).toFixed(1)} s)`];
  for (const { test, text } of skips) lines.push(indented(`skipped: ${test}: ${text}`));
  for (const { test, text } of elsewhere) lines.push(indented(`${test}: ${text}`));
  for (const note of notes) lines.push(indented(note));
  if (failures.length > 0 && output !== "") lines.push(indented(output.trimEnd()));
  for (const { test, text } of failures) lines.push(indented(`failed: ${test}`), indented(indented(text.trimEnd())));
  return lines.join("\n");
}

export function totalsOf(results: readonly Result[]): Totals {
  const sum = (count: (result: Result) => number): number => results.reduce((total, each) => total + count(each), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failures }) => failures.length),
    skipped: sum(({ skips }) => skips.length),
    elsewhere: sum(({ elsewhere }) => elsewhere.length),
  };
}

/** The last line of a run. */
export function summaryOf({ passed, failed, skipped, elsewhere }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped, ${elsewhere} elsewhere`;
}

/**
 * True if a run is good. In continuous integration everything must have run: there a skip is a
 * failure, unless the test is left to another machine.
 */
export function isGood({ passed, failed, skipped, elsewhere }: Totals, continuousIntegration: boolean): boolean {
  return passed + skipped + elsewhere > 0 && failed === 0 && !(continuousIntegration && skipped > 0);
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
