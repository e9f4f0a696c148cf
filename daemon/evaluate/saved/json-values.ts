/** JSON. A value that JSON does not have is an object of one key that begins with `$`. */
export type Encoded = string | number | boolean | null | readonly Encoded[] | { readonly [name: string]: Encoded };

/**
 * Encodes plain data, maps, sets, typed arrays and numbers that JSON does not have as JSON, without
 * loss. Parts that JSON has are not copied: write the result before its source changes.
 */
export function encodeValue(value: unknown): Encoded {
  if (typeof value === "object" && value !== null) return encodeWhole(value);
  if (value === undefined) return { $undefined: true };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  return value as string | number | boolean | null;
}

function encodeWhole(value: object): Encoded {
  if (Array.isArray(value)) return encodeArray(value);
  if (value instanceof Map)
    return { $map: Array.from(value, ([key, one]: [unknown, unknown]) => [encodeValue(key), encodeValue(one)]) };
  if (value instanceof Set) return { $set: Array.from(value, encodeValue) };
  if (value instanceof Float64Array) return { $floats: Array.from(value) };
  return encodeObject(value as Readonly<Record<string, unknown>>);
}

function encodeArray(items: readonly unknown[]): Encoded {
  let copy: Encoded[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const encoded = encodeValue(items[index]);
    if (encoded !== items[index]) (copy ??= [...(items as readonly Encoded[])])[index] = encoded;
  }
  return copy ?? (items as readonly Encoded[]);
}

function encodeObject(value: Readonly<Record<string, unknown>>): Encoded {
  let copy: Record<string, Encoded> | undefined;
  for (const name in value) {
    const encoded = encodeValue(value[name]);
    if (encoded !== value[name]) (copy ??= { ...(value as Readonly<Record<string, Encoded>>) })[name] = encoded;
  }
  return copy ?? (value as Readonly<Record<string, Encoded>>);
}

const DECODERS: Readonly<Record<string, (value: Encoded) => unknown>> = {
  $undefined: () => undefined,
  $bigint: (text) => BigInt(text as string),
  $number: Number,
  $map: (entries) =>
    new Map((entries as [Encoded, Encoded][]).map(([key, one]) => [decodeValue(key), decodeValue(one)])),
  $set: (items) => new Set((items as Encoded[]).map(decodeValue)),
  $floats: (items) => Float64Array.from(items as number[]),
};

/** Decodes a result of `encodeValue`. */
export function decodeValue(value: Encoded): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(decodeValue);
  const entries = Object.entries(value as { readonly [name: string]: Encoded });
  const [first] = entries;
  const decoder = first !== undefined && entries.length === 1 ? DECODERS[first[0]] : undefined;
  if (decoder !== undefined && first !== undefined) return decoder(first[1]);
  return Object.fromEntries(entries.map(([name, one]) => [name, decodeValue(one)]));
}
