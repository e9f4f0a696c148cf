import type { Ajv2020, ValidateFunction } from "ajv/dist/2020.js";
import { hash } from "node:crypto";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire, getCompileCacheDir } from "node:module";
import { join } from "node:path";

const requireHere = createRequire(import.meta.url);
const OPTIONS = { allErrors: true, verbose: true, strictTypes: false, ownProperties: true } as const;

/** Loads ajv at its first use: most runs find their schemas compiled. */
export function loadAjv(): typeof Ajv2020 {
  return (requireHere("ajv/dist/2020.js") as { readonly Ajv2020: typeof Ajv2020 }).Ajv2020;
}

/**
 * Compiles a JSON Schema (2020-12), which takes longer than reading a rule. So the code that ajv
 * makes is kept in the folder where Node.js keeps compiled code, and is loaded from there the next
 * time. Without such a folder, or if it cannot be written, the schema is compiled each time.
 */
export function compileSchema(schema: object, folder = getCompileCacheDir()): ValidateFunction {
  if (folder === undefined) return new (loadAjv())(OPTIONS).compile(schema);
  const { version } = JSON.parse(readFileSync(requireHere.resolve("ajv/package.json"), "utf8")) as { version: string };
  const key = hash("sha256", JSON.stringify([version, OPTIONS, import.meta.dirname, schema]));
  const path = join(folder, `schema-${key}.cjs`);
  return loadCompiled(path) ?? compileInto(path, schema);
}

/** ajv's maker of code; its types do not describe how it is exported. */
interface Standalone {
  readonly default: (ajv: Ajv2020, compiled: ValidateFunction) => string;
}

/** Loads compiled code that nobody but root or the own user can have written. */
function loadCompiled(path: string): ValidateFunction | undefined {
  try {
    const { mode, uid } = statSync(path);
    if ((uid !== 0 && uid !== process.geteuid?.()) || (mode & 0o022) !== 0) return undefined;
    const loaded: unknown = requireHere(path);
    return typeof loaded === "function" ? (loaded as ValidateFunction) : undefined;
  } catch {
    return undefined;
  }
}

function compileInto(path: string, schema: object): ValidateFunction {
  const ajv = new (loadAjv())({ ...OPTIONS, code: { source: true } });
  const compiled = ajv.compile(schema);
  const made = requireHere("ajv/dist/standalone") as Standalone;
  // the folder of the code is not below node_modules
  const code = made
    .default(ajv, compiled)
    .replaceAll(
      /require\("(ajv\/[^"]+)"\)/g,
      (_, name: string) => `require(${JSON.stringify(requireHere.resolve(name))})`,
    );
  try {
    const partial = `${path}.${process.pid}`;
    writeFileSync(partial, code, { flag: "wx", mode: 0o600 });
    renameSync(partial, path);
  } catch {
    // compiled again the next time
  }
  return compiled;
}
