import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeModules } from "../setup/paths.mjs";

const OWN = `bpfwarden
Source: https://bpfwarden.dev
Copyright: the authors of bpfwarden
License: Apache-2.0; on Debian systems its text is in /usr/share/common-licenses/Apache-2.0
`;

/**
 * Returns the copyright file: the licenses of bpfwarden, of Node.js and of the npm packages in the
 * bundle.
 */
export function copyrightText(nodeLicense: string, packages: readonly string[]): string {
  const others = packages.map((name) => section(titleOf(name), licenseOf(join(nodeModules, name))));
  const node = section("Node.js (/usr/lib/bpfwarden/node)", readFileSync(nodeLicense, "utf8"));
  return [OWN, ...others, node].join("\n");
}

function titleOf(name: string): string {
  const { version } = JSON.parse(readFileSync(join(nodeModules, name, "package.json"), "utf8")) as { version: string };
  return `${name} ${version} (below /usr/lib/bpfwarden)`;
}

function licenseOf(folder: string): string {
  const [file] = globSync(["LICENSE*", "LICENCE*", "license*"], { cwd: folder });
  if (file === undefined) throw new Error(`expected a license in ${folder}, found none`);
  return readFileSync(join(folder, file), "utf8");
}

function section(title: string, text: string): string {
  return `${"-".repeat(72)}\n${title}\n\n${text.trim()}\n`;
}
