import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { compileSchema } from "./compiled/compile-schema.ts";
import { schemaDiagnostics } from "./schema-error.ts";
import { plainValue } from "./yaml-node.ts";
import type { YamlNode } from "./yaml-node.ts";

/**
 * Checks a YAML value against one JSON Schema and reports each problem at the place of the mistake.
 */
export type Validator = (root: YamlNode) => readonly Diagnostic[];

/**
 * Compiles a JSON Schema (2020-12) at its first use. Conventions for readable errors:
 *
 * `title` is a noun for "expected ...". Values of several shapes are distinguished by if/then/else,
 * so that only the intended shape is checked. Content below `allOf` is for editors only; our own
 * code reports it in better words.
 */
export function validator(schema: object): Validator {
  let check: ValidateFunction | undefined;
  return (root) => {
    check ??= compileSchema(schema);
    if (check(plainValue(root))) return [];
    return schemaDiagnostics(root, (check.errors ?? []).filter(isOurs));
  };
}

function isOurs(error: ErrorObject): boolean {
  return !error.schemaPath.includes("/allOf/") && error.keyword !== "if";
}
