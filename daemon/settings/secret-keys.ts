import { type ReceiverKind, RECEIVER_KINDS } from "../receivers/receivers.ts";
import { settingsSchema } from "./settings-schema.ts";

/** A key of the settings whose value is a secret (`writeOnly` in the schema). */
export interface SecretKey {
  /** the keys that lead to it; `ANY_KEY` for a name that users choose */
  readonly path: readonly string[];
  /**
   * a URL can be written in the settings; any other secret is only named there, a key of a
   * certificate by its path
   */
  readonly use: "password" | "url" | "key";
}

export const ANY_KEY = "*";

interface Schema {
  readonly $ref?: string;
  readonly writeOnly?: boolean;
  readonly pattern?: string;
  readonly contentMediaType?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
}

const DEFINITIONS = settingsSchema.$defs as unknown as Readonly<Record<string, Schema>>;

/** Returns the keys below a schema. A definition that contains itself is entered once. */
function keysBelow(schema: Schema, path: readonly string[], entered: readonly string[]): readonly SecretKey[] {
  const definition = schema.$ref?.split("/").at(-1) ?? "";
  if (entered.includes(definition)) return [];
  const whole = { ...DEFINITIONS[definition], ...schema };
  const { additionalProperties, properties = {}, writeOnly } = whole;
  if (writeOnly) return [{ path, use: useOf(whole) }];
  const inside = definition === "" ? entered : [...entered, definition];
  return [
    ...Object.entries(properties).flatMap(([key, each]) => keysBelow(each, [...path, key], inside)),
    ...(typeof additionalProperties === "object" ? keysBelow(additionalProperties, [...path, ANY_KEY], inside) : []),
  ];
}

function useOf({ pattern, contentMediaType }: Schema): SecretKey["use"] {
  if (contentMediaType !== undefined) return "key";
  return pattern !== undefined && new RegExp(pattern).test("https://example.org") ? "url" : "password";
}

/** All secrets of the settings, as the schema names them. */
export const SECRET_KEYS: readonly SecretKey[] = keysBelow(settingsSchema as unknown as Schema, [], []);

/** Returns the receiver whose key it is; undefined for keys outside of actions. */
export const receiverOfKey = ({ path }: SecretKey): ReceiverKind | undefined =>
  path[0] === "actions" ? RECEIVER_KINDS.find((kind) => kind === path[2]) : undefined;

/** Returns the names of the keys that hold a secret of one use. */
export const secretKeyNames = (use: SecretKey["use"]): readonly string[] => [
  ...new Set(SECRET_KEYS.filter((key) => key.use === use).map(({ path }) => path.at(-1) ?? "")),
];

/**
 * Returns the names of the keys directly above a URL, where a user may write the URL itself by
 * mistake.
 */
export const urlParentNames = (): readonly string[] => [
  ...new Set(SECRET_KEYS.filter(({ use }) => use === "url").map(({ path }) => path.at(-2) ?? "")),
];
