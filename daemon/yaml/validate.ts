import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { schemaDiagnostics } from "./schema-error.ts";
import { plainValue } from "./yaml-node.ts";
import type { YamlNode } from "./yaml-node.ts";

/** A check of a YAML value against one JSON Schema, with every problem at the place where the user must look. */
export type Validator = (root: YamlNode) => readonly Diagnostic[];

/**
 * Compiles a JSON Schema (2020-12), at the first use. Conventions that make its errors readable: `title` is a noun for "expected
 * ..."; a value of several shapes is told apart by if/then/else, so that only the meant shape is judged; what stands below `allOf`
 * is for editors only and said in better words by our own code.
 */
export function validator(schema: object): Validator {
  let check: ValidateFunction | undefined;
  return (root) => {
    check ??= new Ajv2020({ allErrors: true, verbose: true, strictTypes: false, ownProperties: true }).compile(schema);
    if (check(plainValue(root))) return [];
    return schemaDiagnostics(root, (check.errors ?? []).filter(isOurs));
  };
}

function isOurs(error: ErrorObject): boolean {
  return !error.schemaPath.includes("/allOf/") && error.keyword !== "if";
}
