import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached } from "./cache.ts";
import { command } from "./command.ts";
import type { Architecture } from "./guests.ts";
import { makeDisk } from "./image.ts";

const MANIFESTS = ["package.json", "package-lock.json", "bpf/libbpf-ts/package.json"];

/** Packages that look at the sources only. */
const CHECKERS = [
  "@oxlint",
  "@oxlint-tsgolint",
  "@typescript",
  "oxlint",
  "oxlint-tsgolint",
  "prettier",
  "typescript",
  ".cache",
];

/**
 * The disk image that is mounted at node_modules: for this machine's architecture what is installed
 * here, for another what npm would install there.
 * @returns its path
 */
export async function packagesImage({ name, node }: Architecture): Promise<string> {
  const recipe = ["2", ...CHECKERS, ...MANIFESTS.map((path) => readFileSync(path, "utf8"))];
  const folder = await cached(`packages-${name}`, recipe, (place) => build(place, node));
  return join(folder, "node_modules.ext4");
}

async function build(folder: string, node: Architecture["node"]): Promise<void> {
  const installed = join(folder, "node_modules");
  if (node === process.arch) cpSync("node_modules", installed, { recursive: true, verbatimSymlinks: true });
  else await install(folder, node);
  for (const each of CHECKERS) rmSync(join(installed, each), { recursive: true, force: true });
  await makeDisk(installed, join(folder, "node_modules.ext4"), "packages");
  rmSync(installed, { recursive: true });
}

async function install(folder: string, node: Architecture["node"]): Promise<void> {
  for (const path of MANIFESTS) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(path, join(folder, path));
  }
  const options = [
    "--ignore-scripts",
    "--no-fund",
    "--no-audit",
    "--include=dev",
    "--include=optional",
    "--loglevel=error",
  ];
  await command("npm", ["ci", ...options, "--os=linux", "--libc=glibc", `--cpu=${node}`], folder);
}
