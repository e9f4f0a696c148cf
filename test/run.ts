// `npm test [-- PATTERN...]`: the checks, then every test file. With patterns: those whose name or
// path contains one; a source file stands for its tests.
import { checks } from "./runner/checks.ts";
import { inParallel } from "./runner/in-parallel.ts";
import { isGood, reportOf, summaryOf, totalsOf } from "./runner/report.ts";
import { runInTurn } from "./runner/run-in-turn.ts";
import { runTestFile } from "./runner/run-test-file.ts";
import { secondTriesOf, secondTry } from "./runner/second-try.ts";
import type { Result } from "./runner/tally.ts";
import { findTestFiles, isAskedFor } from "./runner/test-files.ts";
import { thisGuest } from "./vm/features.ts";

const patterns = process.argv.slice(2);
const { ordinary, kernel } = findTestFiles(patterns);

const checked = await inParallel(
  checks.filter(({ name }) => isAskedFor(name, patterns)),
  2,
  shown(({ run }) => run()),
);
const tested = await secondTry(await runFiles(ordinary, kernel), async (files) => {
  say(`once more: ${files.join(", ")}`);
  return runFiles([], files);
});
const results = [...checked, ...tested];

const totals = totalsOf(results);
const continuousIntegration = process.env["CI"] === "true";
if (totals.failed > 0)
  say(
    `failed: ${results
      .filter(({ failures }) => failures.length > 0)
      .map(({ name }) => name)
      .join(", ")}`,
  );
if (continuousIntegration && totals.skipped > 0) say("a skipped test is a failure under CI=true");
const secondTries = secondTriesOf(tested);
if (secondTries !== undefined) say(secondTries);
say(summaryOf(totals));
process.exitCode = isGood(totals, continuousIntegration) ? 0 : 1;

/**
 * Runs independent files two at a time and those that share the kernel one at a time; in a guest
 * all in one process.
 */
async function runFiles(independent: readonly string[], sharing: readonly string[]): Promise<readonly Result[]> {
  if (thisGuest !== undefined) return runInTurn([...independent, ...sharing], (result) => say(reportOf(result)));
  return [
    ...(await inParallel(independent, 2, shown(runTestFile))),
    ...(await inParallel(sharing, 1, shown(runTestFile))),
  ];
}

function shown<Item>(work: (item: Item) => Promise<Result>): (item: Item) => Promise<Result> {
  return async (item) => {
    const result = await work(item);
    say(reportOf(result));
    return result;
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
