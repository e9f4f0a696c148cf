import { spawnSync } from "node:child_process";

/** Programs to try if no variable names one, as in systemctl(1). */
const USUAL = ["editor", "nano", "vim", "vi"];

/**
 * Lets the user edit a file with the program of SYSTEMD_EDITOR, VISUAL or EDITOR, which may have
 * arguments. Returns why that failed, or undefined.
 */
export function runEditor(path: string, environment: NodeJS.ProcessEnv): string | undefined {
  const named = [environment["SYSTEMD_EDITOR"], environment["VISUAL"], environment["EDITOR"]];
  const programs = [...named.filter((each) => each !== undefined && each.trim() !== ""), ...USUAL];
  for (const program of programs) {
    const [command = "", ...args] = (program ?? "").trim().split(/\s+/);
    const { error, status, signal } = spawnSync(command, [...args, path], { stdio: "inherit" });
    if (error !== undefined && "code" in error && error.code === "ENOENT") continue;
    if (error !== undefined) return `the editor "${command}" cannot be started: ${error.message}`;
    if (status === 0) return undefined;
    return `the editor "${command}" ended with ${status === null ? `the signal ${signal}` : `exit code ${status}`}`;
  }
  return "no editor was found: set EDITOR, or give the text with --stdin";
}
