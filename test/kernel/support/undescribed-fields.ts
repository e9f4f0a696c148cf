/** As much of a JSON Schema as says which fields an object has. */
export interface FieldSchema {
  readonly $ref?: string;
  readonly allOf?: readonly FieldSchema[];
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

export type Definitions = Readonly<Record<string, FieldSchema>>;

/**
 * Returns the paths of the fields that a schema does not describe. The schema itself accepts them,
 * because later versions add fields. An object without `properties` may have any.
 */
export function undescribedFields(
  value: unknown,
  schema: FieldSchema,
  definitions: Definitions,
  path = "",
): readonly string[] {
  const parts = partsOf(schema, definitions);
  if (Array.isArray(value)) {
    const items = parts.find((part) => part.items !== undefined)?.items ?? {};
    return value.flatMap((each) => undescribedFields(each, items, definitions, `${path}[]`));
  }
  if (typeof value !== "object" || value === null) return [];
  if (parts.every(({ properties }) => properties === undefined)) return [];
  const fields: Definitions = Object.assign({}, ...parts.map(({ properties }) => properties));
  return Object.entries(value).flatMap(([name, each]) => {
    const field = fields[name];
    const place = `${path}.${name}`;
    return field === undefined ? [place] : undescribedFields(each, field, definitions, place);
  });
}

/** The schema with those that it refers to. */
function partsOf(schema: FieldSchema, definitions: Definitions): readonly FieldSchema[] {
  const referred = schema.$ref === undefined ? undefined : definitions[schema.$ref.split("/").at(-1) ?? ""];
  const others = [...(referred === undefined ? [] : [referred]), ...(schema.allOf ?? [])];
  return [schema, ...others.flatMap((each) => partsOf(each, definitions))];
}
