import { globSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";
import { nativePart } from "./bundle.ts";
import type { Architecture } from "./architectures.ts";
import { requiredPackages } from "./required-packages.ts";
import type { NativeFiles } from "./locked-packages.ts";

/** The folder of the program. */
export const PROGRAM = "usr/lib/bpfwarden";
const DOCUMENTS = "usr/share/doc/bpfwarden";
const LIBRARY = "usr/share/bpfwarden/library";

/** A file of the package that is copied as it is. */
export interface InstalledFile {
  readonly from: string;
  /** relative to the root of the system */
  readonly to: string;
  readonly isProgram?: true;
  /** an administrator may change it, and an upgrade keeps the change */
  readonly isConfiguration?: true;
}

/** Returns the files of the package besides the bundle and what is generated. */
export function installedFiles({ node }: Architecture, native: NativeFiles): readonly InstalledFile[] {
  return [
    { from: native.node, to: `${PROGRAM}/node`, isProgram: true },
    { from: native.koffi, to: `${PROGRAM}/${nativePart(node)}` },
    { from: own("packaging/package/program.json"), to: `${PROGRAM}/package.json` },
    { from: own("packaging/package/bpfwarden"), to: "usr/bin/bpfwarden", isProgram: true },
    { from: own("packaging/bpfwarden.service"), to: "usr/lib/systemd/system/bpfwarden.service" },
    { from: own("packaging/bpfwarden.logrotate"), to: "etc/logrotate.d/bpfwarden", isConfiguration: true },
    { from: own("packaging/package/bpfwarden.yaml"), to: "etc/bpfwarden/bpfwarden.yaml", isConfiguration: true },
    ...requiredPackages().flatMap((name) =>
      files(`node_modules/${name}`, "{*.{js,json},dist/**/*.{js,json},lib/**/*.js}", `${PROGRAM}/node_modules/${name}`),
    ),
    ...files("daemon/page/browser", "*.{html,css,js,svg}", `${PROGRAM}/daemon/page/browser`),
    ...files("rules.d", "*.yaml", `${PROGRAM}/rules.d`),
    ...files("rules.d/library", "**/*", LIBRARY),
    ...files("rules.d/library", ".library", LIBRARY),
    ...files("schemas", "*.json", "usr/share/bpfwarden/schemas"),
    { from: own("packaging/package/debian/lintian-overrides"), to: "usr/share/lintian/overrides/bpfwarden" },
    { from: own("README.md"), to: `${DOCUMENTS}/README.md` },
    ...files("docs", "**/*.{md,png}", `${DOCUMENTS}/docs`),
  ];
}

function files(folder: string, pattern: string, to: string): readonly InstalledFile[] {
  const found = globSync(pattern, { cwd: own(folder), withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((from) => ({ from, to: `${to}${from.slice(own(folder).length)}` }));
}

function own(path: string): string {
  return join(root, path);
}
