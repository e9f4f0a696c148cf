/**
 * Ends with exit code 1, having said why.
 * @param {readonly string[]} problems
 */
export function fail(problems) {
  for (const problem of problems) process.stderr.write(`bpfwarden: error: ${problem}\n`);
  process.exitCode = 1;
}
