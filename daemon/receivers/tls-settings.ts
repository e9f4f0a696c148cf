import { resolve } from "node:path";
import { parseSecret, type Secret } from "../settings/values/secret.ts";
import { textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";

/** Certificates in PEM for one server. Each file is read for each connection. */
export interface TlsSettings {
  /** the authorities that may have signed the server's certificate, instead of the public ones */
  readonly ca?: Secret;
  /** our certificate and its key, for servers that ask for one */
  readonly cert?: Secret;
  readonly key?: Secret;
  /** the name in the server's certificate, if it is not that of the URL */
  readonly serverName?: string;
}

/** The keys of `TlsSettings` whose values are files. */
export const PEM_KEYS = ["ca", "cert", "key"] as const;

/** Reads the keys `ca`, `cert`, `key` and `server_name` of a map. */
export function readTls(node: YamlNode | undefined, folder: string): TlsSettings {
  const files = PEM_KEYS.flatMap((key): readonly (readonly [string, Secret])[] => {
    const text = textOf(valueOf(node, key));
    return text === undefined ? [] : [[key, pemSecret(text, folder)]];
  });
  const serverName = textOf(valueOf(node, "server_name"));
  return { ...Object.fromEntries(files), ...(serverName !== undefined && { serverName }) };
}

/** Returns the place of a file in PEM: `credential:NAME`, or a path relative to `folder`. */
export function pemSecret(text: string, folder: string): Secret {
  const secret = parseSecret(text, folder);
  return secret.from === "plain" ? { from: "file", name: resolve(folder, secret.value) } : secret;
}
