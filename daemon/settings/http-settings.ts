import { isIPv6 } from "node:net";
import { itemsOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";

/** The HTTP server for metrics and health. */
export interface HttpSettings {
  readonly address: ListenAddress;
  /** further names under which clients may ask, without a port */
  readonly hosts: readonly string[];
}

export interface ListenAddress {
  /** an IP address, or localhost */
  readonly host: string;
  /** 0 for any free port */
  readonly port: number;
}

export const LISTEN_DEFAULT = "127.0.0.1:9435";

/** Reads the HTTP server of the settings, if there is one. */
export function readHttp(node: YamlNode | undefined): HttpSettings | undefined {
  if (node === undefined) return undefined;
  const address = parseListen(textOf(valueOf(node, "listen")) ?? LISTEN_DEFAULT);
  if (address === undefined) return undefined;
  const hosts = itemsOf(valueOf(node, "hosts")).flatMap((item) => textOf(item)?.toLowerCase() ?? []);
  return { address, hosts };
}

/** Splits `HOST:PORT` or `[ADDRESS]:PORT`. Returns undefined for another form. */
export function parseListen(text: string): ListenAddress | undefined {
  const parts = /^(?:\[(?<address>[^\]]*)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/.exec(text)?.groups;
  if (parts === undefined) return undefined;
  return { host: parts["address"] ?? parts["host"] ?? "", port: Number(parts["port"]) };
}

/** Spells an address as `parseListen` reads it. */
export const listenText = ({ host, port }: ListenAddress): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
