import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";

/**
 * Runs a program in place of this one: on the same terminal, with signals passed on.
 * @param {string} program path
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code; 128 + the signal's number if a signal ended it
 */
export function runInPlace(program, args) {
  const child = spawn(program, args, { stdio: "inherit", env: withFirstOnPath(dirname(program)) });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      // On a terminal Ctrl-C goes to the whole foreground group: passed on, it would arrive twice.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  ignoreDebuggerSignal();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/**
 * Prevents that SIGUSR1 opens Node's debugger: every local user could connect to it, and this
 * process may run as root. A listener is used because old versions of Node.js, which also run the
 * set-up, do not have the flag.
 */
function ignoreDebuggerSignal() {
  process.on("SIGUSR1", () => {});
}

/**
 * Returns this process's environment with `folder` first on the PATH. The folders of system
 * programs are added, because a user's PATH may lack them.
 * @param {string} folder
 * @returns {NodeJS.ProcessEnv}
 */
function withFirstOnPath(folder) {
  const folders = [folder, process.env["PATH"], "/usr/sbin", "/sbin"];
  return { ...process.env, PATH: folders.filter(Boolean).join(delimiter) };
}
