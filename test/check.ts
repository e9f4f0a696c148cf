// `npm run check`: all checks, side by side.
import { checks, runCheck } from "./checks.ts";

const results = await Promise.all(checks.map(runCheck));
for (const { name, passed, durationMs, output } of results) {
  process.stdout.write(`${passed ? "ok    " : "FAILED"} ${name} (${(durationMs / 1000).toFixed(1)} s)\n`);
  if (!passed) process.stdout.write(`${output}\n`);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
