import type { Item } from "./reference.ts";

/** The part of JSON Schema that the pages are made of. */
export interface Schema {
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/**
 * The properties of a schema, and down to `depth` those of what they hold, by their paths such as
 * `limits.keys`. Of routes in routes only the outer ones.
 */
export function propertyItems(
  schema: Schema,
  root: Schema,
  depth = 1,
  prefix = "",
  above: readonly Schema[] = [],
): readonly Item[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]): readonly Item[] => {
    const path = `${prefix}${name}`;
    const { held, suffix } = heldBy(property, root);
    const isShown = depth > 1 && !above.includes(held);
    const inner = isShown ? propertyItems(held, root, depth - 1, `${path}${suffix}.`, [...above, held]) : [];
    return [[path, docOf(property, root)], ...inner];
  });
}

/**
 * Returns the schema below a property: itself, the items of a list, or the values of a map with the
 * user's names.
 */
function heldBy(property: Schema, root: Schema): { readonly held: Schema; readonly suffix: string } {
  const schema = followed(property, root);
  if (schema.items !== undefined) return { held: followed(schema.items, root), suffix: "[]" };
  const { additionalProperties: values } = schema;
  if (typeof values === "object") return { held: followed(values, root), suffix: ".NAME" };
  return { held: schema, suffix: "" };
}

function definition({ $ref }: Schema, root: Schema): Schema | undefined {
  const name = $ref?.split("/").at(-1);
  return name === undefined ? undefined : root.$defs?.[name];
}

function followed(schema: Schema, root: Schema): Schema {
  const found = definition(schema, root);
  return found === undefined ? schema : followed(found, root);
}

/** Its description, else that of the definition it refers to, else the values that it may have. */
function docOf(property: Schema, root: Schema): string {
  if (property.description !== undefined) return property.description;
  const found = definition(property, root);
  if (found !== undefined) return docOf(found, root);
  const values = property.enum ?? [];
  return values.map((value) => `\`${String(value)}\``).join(" or ");
}
