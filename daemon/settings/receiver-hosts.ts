import { isIP } from "node:net";
import type { Span } from "../../bpf/source/source.ts";
import { textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import { resolveSecret, type Secret, secretName } from "./values/secret.ts";
import { secretPlaces } from "./secret-places.ts";

/** A host in the settings, with its place. */
export interface ReceiverHost {
  readonly host: string;
  /** its name in messages, which contains no secret */
  readonly name: string;
  readonly span: Span;
}

/**
 * Returns the host names of receivers, including those in readable secrets. Addresses need no
 * lookup.
 * @param folder the folder for relative paths of secrets
 */
export function receiverHosts(root: YamlNode | undefined, folder: string): readonly ReceiverHost[] {
  const urls = secretPlaces(root, folder).filter(({ use }) => use === "url");
  const webhooks = urls.flatMap(({ node, secret }) => {
    const host = URL.parse(textOfSecret(secret).trim())?.hostname;
    return hostAt(host, node, secret.from === "plain" ? undefined : `the host of ${secretName(secret)}`);
  });
  const smtp = valueOf(valueOf(root, "smtp"), "host");
  return [...webhooks, ...(smtp === undefined ? [] : hostAt(textOf(smtp), smtp))];
}

/** Returns "" for an unreadable secret, which `checkSecrets` reports. */
function textOfSecret(secret: Secret): string {
  try {
    return resolveSecret(secret);
  } catch {
    return "";
  }
}

function hostAt(host: string | undefined, { span }: YamlNode, name?: string): readonly ReceiverHost[] {
  if (host === undefined || host === "" || isIP(host.replace(/^\[(.*)\]$/, "$1")) !== 0) return [];
  return [{ host, name: name ?? `the host "${host}"`, span }];
}
