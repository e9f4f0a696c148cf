import { entriesOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import { parseSecret, type Secret } from "./secret.ts";
import { ANY_KEY, SECRET_KEYS, type SecretKey } from "./secret-keys.ts";

/** A place in the settings with a secret or a reference to one. */
export interface SecretPlace {
  readonly node: YamlNode;
  readonly secret: Secret;
  readonly use: SecretKey["use"];
}

/**
 * Finds the secrets of the settings at the places that the schema names.
 * @param folder the folder for relative paths of secrets
 */
export function secretPlaces(root: YamlNode | undefined, folder: string): readonly SecretPlace[] {
  return SECRET_KEYS.flatMap(({ path, use }) =>
    nodesAt(root, path).flatMap((node): readonly SecretPlace[] => {
      const text = textOf(node);
      return text === undefined ? [] : [{ node, secret: parseSecret(text, folder), use }];
    }),
  );
}

function nodesAt(node: YamlNode | undefined, [key, ...rest]: readonly string[]): readonly YamlNode[] {
  if (key === undefined) return node === undefined ? [] : [node];
  const inner = key === ANY_KEY ? entriesOf(node).map(({ value }) => value) : [valueOf(node, key)];
  return inner.flatMap((each) => nodesAt(each, rest));
}
