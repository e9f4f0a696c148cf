/**
 * The form that a value must have. `Type` is the type of such a value: a shape that no longer fits
 * its type does not compile.
 */
export interface Shape<Type> {
  /**
   * Says what is wrong with a value, in words that begin with its place; undefined if nothing is.
   */
  readonly faultOf: (value: unknown, at: string) => string | undefined;
  readonly type?: (value: Type) => Type;
}

function simple<Type>(expected: string, isRight: (value: unknown) => boolean): Shape<Type> {
  return {
    faultOf: (value, at) => (isRight(value) ? undefined : `${at}: expected ${expected}, found ${kindOf(value)}`),
  };
}

export const text: Shape<string> = simple("a text", (value) => typeof value === "string");
/** A number, also NaN and the infinities: they stand for times that never were. */
export const number: Shape<number> = simple("a number", (value) => typeof value === "number");
export const index: Shape<number> = simple("an index", (value) => Number.isSafeInteger(value) && Number(value) >= 0);
/** Unix milliseconds that can be shown: ECMAScript has no other dates. */
export const unixTime: Shape<number> = simple(
  "a time",
  (value) => typeof value === "number" && Math.abs(value) <= 8.64e15,
);
/** Any value: the reader of the part checks it. */
export const anything: Shape<unknown> = { faultOf: () => undefined };
export const bigint: Shape<bigint> = simple("a big integer", (value) => typeof value === "bigint");
export const flag: Shape<boolean> = simple("true or false", (value) => typeof value === "boolean");
export const floats: Shape<Float64Array> = simple("packed numbers", (value) => value instanceof Float64Array);

export function oneOf<const Choice extends string | boolean | number | null>(
  ...choices: readonly Choice[]
): Shape<Choice> {
  return simple(choices.join(" or "), (value) => (choices as readonly unknown[]).includes(value));
}

export function optional<Type>(shape: Shape<Type>): Shape<Type | undefined> {
  return { faultOf: (value, at) => (value === undefined ? undefined : shape.faultOf(value, at)) };
}

export function either<One, Other>(one: Shape<One>, other: Shape<Other>): Shape<One | Other> {
  return { faultOf: (value, at) => (one.faultOf(value, at) === undefined ? undefined : other.faultOf(value, at)) };
}

export function list<Item>(item: Shape<Item>): Shape<readonly Item[]> {
  return {
    faultOf: (value, at) =>
      Array.isArray(value)
        ? firstFault(value.entries(), (each, place) => item.faultOf(each, `${at}[${String(place)}]`))
        : `${at}: expected a list, found ${kindOf(value)}`,
  };
}

/** A list that may be changed later. */
export function array<Item>(item: Shape<Item>): Shape<Item[]> {
  return list(item) as unknown as Shape<Item[]>;
}

export function mapOf<Value>(item: Shape<Value>): Shape<Map<string, Value>> {
  return {
    faultOf: (value, at) =>
      value instanceof Map
        ? firstFault(
            value as Map<unknown, unknown>,
            (each, key) => text.faultOf(key, at) ?? item.faultOf(each, `${at}.${String(key)}`),
          )
        : `${at}: expected a map, found ${kindOf(value)}`,
  };
}

/** A map that is never changed in place. */
export function readonlyMapOf<Value>(item: Shape<Value>): Shape<ReadonlyMap<string, Value>> {
  return mapOf(item) as unknown as Shape<ReadonlyMap<string, Value>>;
}

/** A map from numbers to numbers. */
export const numbersByNumber: Shape<Map<number, number>> = {
  faultOf: (value, at) =>
    value instanceof Map
      ? firstFault(value as Map<unknown, unknown>, (each, key) => number.faultOf(key, at) ?? number.faultOf(each, at))
      : `${at}: expected a map, found ${kindOf(value)}`,
};

export const texts: Shape<Set<string>> = {
  faultOf: (value, at) =>
    value instanceof Set
      ? firstFault([...(value as Set<unknown>)].entries(), (each) => text.faultOf(each, at))
      : `${at}: expected a set, found ${kindOf(value)}`,
};

/** A set of texts that is never changed in place. */
export const readonlyTexts = texts as unknown as Shape<ReadonlySet<string>>;

/** An object of any names. */
export function record<Value>(item: Shape<Value>): Shape<Readonly<Record<string, Value>>> {
  return {
    faultOf: (value, at) =>
      isObject(value)
        ? firstFault(Object.entries(value), (each, name) => item.faultOf(each, `${at}.${name}`))
        : `${at}: expected an object, found ${kindOf(value)}`,
  };
}

export type Fields<Type> = { readonly [Name in keyof Type]-?: Shape<Type[Name]> };

/** An object with these fields; it may have others. */
export function object<Type extends object>(fields: Fields<Type>): Shape<Type> {
  const all: readonly (readonly [string, Shape<unknown>])[] = Object.entries(fields);
  return {
    faultOf: (value, at) =>
      isObject(value)
        ? firstFault(
            all.map(([name, shape]) => [name, shape] as const),
            (shape, name) => shape.faultOf(value[name], `${at}.${name}`),
          )
        : `${at}: expected an object, found ${kindOf(value)}`,
  };
}

function firstFault<Key, Item>(
  items: Iterable<readonly [Key, Item]>,
  faultOf: (item: Item, key: Key) => string | undefined,
): string | undefined {
  for (const [key, item] of items) {
    const fault = faultOf(item, key);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? `a ${value.constructor.name}` : `a ${typeof value}`;
}

/** Returns a value of the shape. Throws if it has another shape. */
export function shaped<Type>(shape: Shape<Type>, value: unknown): Type {
  const fault = shape.faultOf(value, "it");
  if (fault !== undefined) throw new Error(fault);
  return value as Type;
}

/**
 * Returns a function that says in words why a value does not have the shape, or undefined if it
 * has.
 */
export function faultFinder<Type>(shape: Shape<Type>): (value: unknown) => string | undefined {
  return (value) => shape.faultOf(value, "it");
}
