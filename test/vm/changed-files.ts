import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Says when the whole matrix ran well. `npm run test:all` writes it, for you to commit. */
export const WHOLE_RUN = "test/vm/whole-run.json";

/**
 * Returns the files of the checkout that differ from the commit that last recorded a run of the
 * whole matrix, uncommitted changes too. Undefined if git or its history does not tell.
 */
export function changedFiles(): readonly string[] | undefined {
  try {
    if (!existsSync(".git") || git("rev-parse", "--is-shallow-repository") === "true") return undefined;
    const recorded = git("log", "-1", "--format=%H", "--", WHOLE_RUN);
    if (recorded === "") return undefined;
    const untracked = git("ls-files", "--others", "--exclude-standard");
    return `${git("diff", "--name-only", recorded)}\n${untracked}`.split("\n").filter((path) => path !== "");
  } catch {
    return undefined;
  }
}

function git(...parameters: readonly string[]): string {
  return execFileSync("git", parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trimEnd();
}
