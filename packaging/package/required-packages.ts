import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeModules } from "../setup/paths.mjs";

/**
 * Packages that the program requires by name while it runs, and that therefore cannot be in the
 * bundle: daemon/yaml/compiled finds the code of ajv beside the schemas that it keeps compiled.
 */
const REQUIRED = ["ajv"];

/** Returns the names of these packages and of all that they depend on. */
export function requiredPackages(): readonly string[] {
  const found = new Set(REQUIRED);
  for (const name of found) for (const each of dependenciesOf(name)) found.add(each);
  return [...found].toSorted();
}

function dependenciesOf(name: string): readonly string[] {
  const text = readFileSync(join(nodeModules, name, "package.json"), "utf8");
  const { dependencies = {} } = JSON.parse(text) as { readonly dependencies?: Readonly<Record<string, string>> };
  return Object.keys(dependencies);
}
