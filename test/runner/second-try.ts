import type { Result } from "./tally.ts";

/** More failures are not a coincidence. */
const MOST_FILES = 6;

/**
 * Runs test files that failed once more, alone: real kernels, mail servers and emulated processors
 * share a machine with whatever else it does. A fault fails twice. What failed only once is said in
 * the result's notes, and the last lines of a run name it.
 * @param run gives the results of these files
 * @returns the results, those of a second try in the places of the first ones
 */
export async function secondTry(
  results: readonly Result[],
  run: (files: readonly string[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const failed = results.filter(({ name, failures }) => failures.length > 0 && name.endsWith(".test.ts"));
  if (failed.length === 0 || failed.length > MOST_FILES) return results;
  const again = new Map((await run(failed.map(({ name }) => name))).map((result) => [result.name, result]));
  return results.map((first) => {
    const second = again.get(first.name);
    return second === undefined ? first : { ...second, failedFirst: first.failures.map(({ test }) => test) };
  });
}

/** Formats the last lines about files whose second try was good; undefined if there are none. */
export function secondTriesOf(results: readonly Result[]): string | undefined {
  const unsteady = results.filter(({ failures, failedFirst = [] }) => failures.length === 0 && failedFirst.length > 0);
  if (unsteady.length === 0) return undefined;
  return `good at the second try only: ${unsteady.map(({ name, failedFirst = [] }) => `${name} (${failedFirst.join("; ")})`).join(", ")}`;
}
