import { readFileSync } from "node:fs";
import { join, parse } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "../setup/paths.mjs";

/**
 * The files that Node.js is started with: the daemon, its database thread, its reader process, and
 * the process that becomes a program.
 */
const PROGRAMS = [
  ...["daemon/main.ts", "daemon/store/store-thread.ts", "bpf/foreign/reader-main.ts"],
  "daemon/service/program-main.ts",
];

/** The place of the bundle in the installed program. */
export const BUNDLE = "daemon/bundle";

/** The place where the bundled koffi looks for its native part, from the folder of the program. */
export function nativePart(node: string): string {
  return `build/koffi/linux_${node}/koffi.node`;
}

/** A program's path in an expression such as `new URL("./store-thread.ts", import.meta.url)`. */
const PROGRAM_URL = /new URL\("([^"]+\.ts)", import\.meta\.url\)/g;

/** The package that a file of node_modules belongs to. */
const PACKAGE = /^node_modules\/((?:@[^/]+\/)?[^/]+)/;

/** Lets the code find the other programs beside itself: the bundle is one folder. */
const programUrls: Plugin = {
  name: "program URLs",
  setup(bundling) {
    bundling.onLoad({ filter: /[/\\](?:daemon|bpf)[/\\].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(PROGRAM_URL, (_all, file: string) => urlOf(file)),
      loader: "ts",
    }));
  },
};

function urlOf(file: string): string {
  const { name } = parse(file);
  if (!PROGRAMS.some((program) => parse(program).name === name))
    throw new Error(`expected a program of packaging/package/bundle.ts, found "${file}"`);
  return `new URL("./${name}.js", import.meta.url)`;
}

/**
 * Writes the programs and the npm packages that they use as JavaScript with source maps. Code that
 * only one command needs is in a file of its own, so that the others do not load it.
 * @param folder of the installed program
 * @returns the names of the npm packages in the bundle
 */
export async function writeBundle(folder: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outdir: join(folder, BUNDLE),
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node26",
    sourcemap: true,
    // Stack traces name the file and line of the source. The text of the source is not needed.
    sourcesContent: false,
    // This entry of koffi loads its native part from a path instead of a package.
    alias: { koffi: "koffi/indirect" },
    // Packages that are CommonJS call `require` for Node's own modules.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    plugins: [programUrls],
  });
  const packages = Object.keys(metafile.inputs).map((path) => PACKAGE.exec(path)?.[1]);
  return [...new Set(packages)].filter((name) => name !== undefined).toSorted();
}
