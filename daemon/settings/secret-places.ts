import { entriesOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import { parseSecret } from "./secret.ts";
import type { Secret } from "./settings.ts";

/** Where settings name a secret, or have one written in them. */
export interface SecretPlace {
  readonly node: YamlNode;
  readonly secret: Secret;
  readonly use: "password" | "url";
}

/**
 * The password of the mail server and the URLs of webhooks.
 * @param folder where relative paths of secrets start
 */
export function secretPlaces(root: YamlNode | undefined, folder: string): readonly SecretPlace[] {
  const urls = entriesOf(valueOf(root, "actions")).map(({ value }) => valueOf(valueOf(value, "webhook"), "url"));
  return [
    ...placeOf(valueOf(valueOf(root, "smtp"), "password"), "password", folder),
    ...urls.flatMap((node) => placeOf(node, "url", folder)),
  ];
}

function placeOf(node: YamlNode | undefined, use: SecretPlace["use"], folder: string): readonly SecretPlace[] {
  const text = textOf(node);
  return node === undefined || text === undefined ? [] : [{ node, secret: parseSecret(text, folder), use }];
}
