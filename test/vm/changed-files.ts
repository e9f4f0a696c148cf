import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/**
 * Says which commit the whole matrix ran well at, and single systems since. `npm run test:all` and
 * `npm run test:vm -- SYSTEM` write it, for you to commit.
 */
export const WHOLE_RUN = "test/vm/whole-run.json";

/** The content of `WHOLE_RUN`. */
export interface WholeRun {
  readonly commit: string;
  readonly machines: readonly string[];
  /** systems that ran well alone after that, with their commits */
  readonly systems?: Readonly<Record<string, string>>;
}

/** Reads what is noted. Throws if it cannot be read. */
export const readWholeRun = (): WholeRun => JSON.parse(readFileSync(WHOLE_RUN, "utf8")) as WholeRun;

/** Returns the commit that is checked out. */
export const currentCommit = (): string => git("rev-parse", "HEAD");

/**
 * Returns the files of the checkout that differ from the commit at which the whole matrix last ran
 * well, or a system alone, uncommitted changes too. Undefined if git or its history does not tell.
 */
export function changedFiles(system = ""): readonly string[] | undefined {
  try {
    if (!existsSync(".git") || git("rev-parse", "--is-shallow-repository") === "true") return undefined;
    const { commit, systems: alone = {} } = readWholeRun();
    const untracked = git("ls-files", "--others", "--exclude-standard");
    return `${git("diff", "--name-only", alone[system] ?? commit)}\n${untracked}`
      .split("\n")
      .filter((path) => path !== "");
  } catch {
    return undefined;
  }
}

function git(...parameters: readonly string[]): string {
  return execFileSync("git", parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trimEnd();
}
