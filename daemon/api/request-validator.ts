import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { ApiError } from "./api-error.ts";

/** A check of what was sent against a definition of a schema, compiled at the first use. It throws ApiError with all that is wrong. */
export function requestValidator(schema: { readonly $id: string }, name: string): (body: unknown) => unknown {
  let check: ValidateFunction | undefined;
  return (body) => {
    check ??= new Ajv2020({ allErrors: true, strictTypes: false, ownProperties: true })
      .addSchema(schema)
      .compile({ $ref: `${schema.$id}#/$defs/${name}` });
    if (check(body)) return body;
    throw new ApiError(400, "the request is not as it should be", (check.errors ?? []).map(errorText));
  };
}

function errorText({ instancePath, message = "is wrong", params }: ErrorObject): string {
  const place = instancePath === "" ? "the request" : instancePath.slice(1).replaceAll("/", ".");
  const key: unknown = (params as Readonly<Record<string, unknown>>)["additionalProperty"];
  return `${place} ${message}${typeof key === "string" ? ` (found "${key}")` : ""}`;
}
