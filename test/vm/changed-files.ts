import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Says which commit the whole matrix ran well at. `npm run test:all` writes it, for you to commit. */
export const WHOLE_RUN = "test/vm/whole-run.json";

/** The content of `WHOLE_RUN`. */
export interface WholeRun {
  readonly commit: string;
  readonly machines: readonly string[];
}

/** Returns the commit that is checked out. */
export const currentCommit = (): string => git("rev-parse", "HEAD");

/**
 * Returns the files of the checkout that differ from the commit at which the whole matrix last ran
 * well, uncommitted changes too. Undefined if git or its history does not tell.
 */
export function changedFiles(): readonly string[] | undefined {
  try {
    if (!existsSync(".git") || git("rev-parse", "--is-shallow-repository") === "true") return undefined;
    const { commit } = JSON.parse(readFileSync(WHOLE_RUN, "utf8")) as WholeRun;
    const untracked = git("ls-files", "--others", "--exclude-standard");
    return `${git("diff", "--name-only", commit)}\n${untracked}`.split("\n").filter((path) => path !== "");
  } catch {
    return undefined;
  }
}

function git(...parameters: readonly string[]): string {
  return execFileSync("git", parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trimEnd();
}
