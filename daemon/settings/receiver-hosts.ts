import { isIP } from "node:net";
import type { Span } from "../../bpf/source/source.ts";
import { textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import { resolveSecret, type Secret, secretName } from "./secret.ts";
import { secretPlaces } from "./secret-places.ts";

/** A host that settings name, and where. */
export interface ReceiverHost {
  readonly host: string;
  /** what messages call it: nothing of a secret is shown */
  readonly name: string;
  readonly span: Span;
}

/**
 * The names of hosts that the settings send to, also in secrets that can be read; addresses need no look-up.
 * @param folder where relative paths of secrets start
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

/** Empty where it cannot be read, which `checkSecrets` says. */
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
