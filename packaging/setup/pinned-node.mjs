import { runInPlace } from "./child.mjs";
import { installDependencies } from "./dependencies.mjs";
import { fail } from "./fail.mjs";
import { root } from "./paths.mjs";
import { findRuntime } from "./runtime.mjs";

/**
 * Installs the npm packages if needed, runs a file of the checkout with the pinned Node, and exits
 * with its exit code.
 * @param {readonly string[]} args the file, relative to the checkout, and its arguments
 * @returns {Promise<void>}
 */
export async function runOnPinnedNode(args) {
  try {
    installDependencies();
  } catch (error) {
    return fail([error instanceof Error ? error.message : String(error)]);
  }
  const runtime = findRuntime();
  if (runtime === undefined)
    return fail([`the pinned Node does not run here, and Node ${process.versions.node} is older than 24`]);
  process.chdir(root);
  process.exitCode = await runInPlace(runtime, args);
}
