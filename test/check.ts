// `npm run check`: all checks, side by side.
import { checks } from "./runner/checks.ts";
import { isGood, reportOf, totalsOf } from "./runner/report.ts";

const results = await Promise.all(checks.map(({ run }) => run()));
process.stdout.write(`${results.map(reportOf).join("\n")}\n`);
process.exitCode = isGood(totalsOf(results), false) ? 0 : 1;
