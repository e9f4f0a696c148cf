import { entriesOf, itemsOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import { parseSecret, type Secret } from "./values/secret.ts";
import type { ReceiverKind } from "../receivers/receivers.ts";
import { pemSecret } from "../receivers/tls-settings.ts";
import { ANY_KEY, receiverOfKey, SECRET_KEYS, type SecretKey } from "./secret-keys.ts";

/** A place in the settings with a secret or a reference to one. */
export interface SecretPlace {
  readonly node: YamlNode;
  readonly secret: Secret;
  readonly use: SecretKey["use"];
  /** the receiver that it is for; undefined if it is for the mail server */
  readonly receiver: ReceiverKind | undefined;
}

/**
 * Finds the secrets of the settings at the places that the schema names.
 * @param folder the folder for relative paths of secrets
 */
export function secretPlaces(root: YamlNode | undefined, folder: string): readonly SecretPlace[] {
  return SECRET_KEYS.flatMap((key) =>
    nodesAt(root, key.path).flatMap((node): readonly SecretPlace[] => {
      const text = textOf(node);
      if (text === undefined) return [];
      const secret = key.use === "key" ? pemSecret(text, folder) : parseSecret(text, folder);
      return [{ node, secret, use: key.use, receiver: receiverOfKey(key) }];
    }),
  );
}

function nodesAt(node: YamlNode | undefined, [key, ...rest]: readonly string[]): readonly YamlNode[] {
  if (key === undefined) return itemsOf(node);
  const inner = key === ANY_KEY ? entriesOf(node).map(({ value }) => value) : [valueOf(node, key)];
  return inner.flatMap((each) => nodesAt(each, rest));
}
