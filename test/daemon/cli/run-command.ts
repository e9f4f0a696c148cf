import { spawnSync } from "node:child_process";
import { join } from "node:path";

export const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");

export interface Outcome {
  readonly exit: number | null;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs `bpfwarden` with these arguments to its end; `before` is what starts it, such as setpriv
 * with its options.
 */
export function bpfwarden(args: readonly string[], before: readonly string[] = []): Outcome {
  const [command = process.execPath, ...rest] = [...before, process.execPath, MAIN, ...args];
  const { status, stdout, stderr, error } = spawnSync(command, rest, { encoding: "utf8" });
  if (error !== undefined) throw error;
  return { exit: status, output: stdout, errors: stderr };
}
