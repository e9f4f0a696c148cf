import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { nodeModules, root } from "../setup/paths.mjs";
import type { Architecture } from "./architectures.ts";

const MANIFESTS = ["package.json", "package-lock.json", "bpf/libbpf-ts/package.json"];

const OPTIONS = [
  "--ignore-scripts",
  "--no-fund",
  "--no-audit",
  "--omit=dev",
  "--include=optional",
  "--loglevel=error",
  "--os=linux",
  "--libc=glibc",
];

/** The parts of the program that differ by architecture. */
export interface NativeFiles {
  readonly node: string;
  readonly nodeLicense: string;
  readonly koffi: string;
}

/**
 * Returns the native files of an architecture. They are in the packages of package-lock.json, which
 * npm installs for another architecture into a folder of its own.
 * @param spare an empty folder
 */
export function nativeFiles({ node }: Architecture, spare: string): NativeFiles {
  const installed = node === process.arch ? nodeModules : installFor(node, spare);
  const runtime = join(installed, `node-linux-${node}`);
  const files = {
    node: join(runtime, "bin/node"),
    nodeLicense: join(runtime, "LICENSE"),
    koffi: join(installed, `@koromix/koffi-linux-${node}/linux_${node}/koffi.node`),
  };
  for (const path of Object.values(files)) if (!existsSync(path)) throw new Error(`npm did not install ${path}`);
  return files;
}

function installFor(node: string, spare: string): string {
  for (const path of MANIFESTS) {
    mkdirSync(dirname(join(spare, path)), { recursive: true });
    copyFileSync(join(root, path), join(spare, path));
  }
  execFileSync("npm", ["ci", ...OPTIONS, `--cpu=${node}`], { cwd: spare, stdio: ["ignore", "ignore", "inherit"] });
  return join(spare, "node_modules");
}
