/**
 * Prints the problems and ends with exit code 1.
 * @param {readonly string[]} problems
 */
export function fail(problems) {
  for (const problem of problems) process.stderr.write(`bpfwarden: error: ${problem}\n`);
  process.exitCode = 1;
}
