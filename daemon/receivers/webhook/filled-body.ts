import { rendered } from "../../text/render.ts";

/**
 * Returns a body with its templates filled in. Only texts are templates, and each stays a text, so
 * that the result is valid JSON whatever an alert quotes. Throws if a template cannot be rendered.
 */
export function filledBody(body: object, fields: Readonly<Record<string, unknown>>): object {
  if (Array.isArray(body)) return body.map((item: unknown) => filled(item, fields));
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, filled(value, fields)]));
}

function filled(value: unknown, fields: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === "string") return rendered(value, fields);
  return typeof value === "object" && value !== null ? filledBody(value, fields) : value;
}
