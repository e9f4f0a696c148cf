import { spawnSync } from "node:child_process";

/**
 * Runs a program to its end and returns what it wrote to standard output.
 * @throws Error if it is missing or fails
 */
export function command(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    env: { ...process.env, ...environment },
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
  });
  if (error !== undefined) throw new Error(`cannot run "${program}": ${error.message}`);
  if (status !== 0) throw new Error(`"${program}" failed with exit code ${status}: ${stderr}${stdout}`);
  return stdout;
}
