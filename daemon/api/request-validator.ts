import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { loadAjv } from "../yaml/compiled/compile-schema.ts";
import { ApiError } from "./api-error.ts";

/**
 * Returns a check of a body against a definition of a schema, compiled at its first use. The check
 * throws ApiError with all errors.
 */
export function requestValidator(schema: { readonly $id: string }, name: string): (body: unknown) => unknown {
  let check: ValidateFunction | undefined;
  return (body) => {
    check ??= new (loadAjv())({ allErrors: true, strictTypes: false, ownProperties: true })
      .addSchema(schema)
      .compile({ $ref: `${schema.$id}#/$defs/${name}` });
    if (check(body)) return body;
    throw new ApiError(400, "the request is invalid", (check.errors ?? []).map(errorText));
  };
}

function errorText({ instancePath, message = "is wrong", params }: ErrorObject): string {
  const place = instancePath === "" ? "the request" : instancePath.slice(1).replaceAll("/", ".");
  const key: unknown = (params as Readonly<Record<string, unknown>>)["additionalProperty"];
  return `${place} ${message}${typeof key === "string" ? ` (found "${key}")` : ""}`;
}
