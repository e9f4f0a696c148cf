import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { root } from "./paths.mjs";
import { isNewEnough } from "./runtime.mjs";

const OPTIONS = [
  "--ignore-scripts",
  "--no-fund",
  "--no-audit",
  "--include=dev",
  "--include=optional",
  "--loglevel=error",
];

/**
 * Installs the packages of package-lock.json and replaces the present ones. npm skips an optional
 * package if the Node that runs npm is too old for its `engines`, and the native parts of several
 * packages are optional. So an old Node only fetches the pinned Node, which then runs npm. Throws
 * if npm fails.
 */
export function installLocked() {
  if (isNewEnough(process.versions.node)) return npm(process.execPath, ["ci", ...OPTIONS]);
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-node-"));
  try {
    const name = `node-linux-${process.arch}`;
    npm(process.execPath, ["install", ...OPTIONS, "--no-save", "--prefix", folder, `${name}@${pinnedVersion(name)}`]);
    npm(join(folder, "node_modules", name, "bin", "node"), ["ci", ...OPTIONS]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} name of an optional dependency
 * @returns {string}
 */
function pinnedVersion(name) {
  const text = readFileSync(join(root, "package.json"), "utf8");
  const manifest = /** @type {{ readonly optionalDependencies: Readonly<Record<string, string>> }} */ (
    JSON.parse(text)
  );
  return manifest.optionalDependencies[name] ?? "latest";
}

/**
 * Runs npm: the one that started this process, otherwise the one on the PATH. Its standard output
 * is only a summary.
 * @param {string} node that runs it
 * @param {readonly string[]} args
 */
function npm(node, args) {
  const script = process.env["npm_execpath"];
  const [program, first] = script === undefined ? ["npm", []] : [node, [script]];
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env["PATH"] };
  const { status, error } = spawnSync(program, [...first, ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (error !== undefined) throw new Error(`cannot run npm: ${error.message}`);
  if (status !== 0) throw new Error(`"npm ${args[0]}" failed with exit code ${status}`);
}
