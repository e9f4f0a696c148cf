/** A JSON value with one place of it spoilt, and where that is. */
export interface Mutation {
  readonly place: string;
  readonly value: unknown;
}

const SPOILT: readonly unknown[] = [
  null,
  "spoilt",
  -1,
  1e300,
  true,
  [],
  {},
  [null],
  { $bigint: "1" },
  { $map: [["a", 1]] },
];

/** Each place of a JSON value replaced by values of other types, and each name taken out. */
export function* mutationsOf(value: unknown): Generator<Mutation> {
  for (const path of placesOf(value, [])) {
    for (const spoilt of SPOILT) yield { place: path.join("."), value: replaced(value, path, spoilt) };
    if (path.length > 0) yield { place: `${path.join(".")} (gone)`, value: replaced(value, path, undefined) };
  }
}

type Path = readonly (string | number)[];

function* placesOf(value: unknown, path: Path): Generator<Path> {
  yield path;
  if (Array.isArray(value)) {
    // One item is as good as another.
    for (const [index, item] of value.slice(0, 2).entries()) yield* placesOf(item, [...path, index]);
  } else if (typeof value === "object" && value !== null)
    for (const [name, item] of Object.entries(value)) yield* placesOf(item, [...path, name]);
}

function replaced(value: unknown, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value)) return value.map((item, index) => (index === first ? replaced(item, rest, by) : item));
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([name, item]) => {
      if (name !== first) return [[name, item]];
      return rest.length === 0 && by === undefined ? [] : [[name, replaced(item, rest, by)]];
    }),
  );
}
