import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Runs a program to its end.
 * @returns what it wrote to standard output
 * @throws Error with what it wrote to standard error, where it fails
 */
export async function command(program: string, args: readonly string[], folder?: string): Promise<string> {
  const { stdout } = await run(program, args, { cwd: folder, maxBuffer: 64 * 2 ** 20 });
  return stdout;
}
