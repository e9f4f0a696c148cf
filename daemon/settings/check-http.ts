import { isIP, isIPv6 } from "node:net";
import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import { itemsOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import { LISTEN_DEFAULT, parseListen } from "./http-settings.ts";
import type { SettingsCode } from "./values/codes.ts";
import { hostFault } from "./values/host-fault.ts";

const MAX_PORT = 65_535;

/** Checks the address of the HTTP server, and the names under which clients may ask. */
export function checkHttp(node: YamlNode | undefined): readonly Diagnostic[] {
  const listen = valueOf(node, "listen");
  const hosts = itemsOf(valueOf(node, "hosts")).flatMap((host) => {
    const text = textOf(host);
    const fault = text === undefined ? undefined : hostFault(text);
    return fault === undefined ? [] : [errorAt<SettingsCode>("bad-listen", fault.message, host.span, fault.help)];
  });
  return [...(listen === undefined ? [] : checkListen(listen)), ...hosts];
}

/** Refuses names: to look one up, the daemon would have to wait for the network. */
function checkListen(node: YamlNode): readonly Diagnostic[] {
  const text = textOf(node);
  if (text === undefined) return [];
  const error = (message: string, help: string): readonly Diagnostic[] => [
    errorAt<SettingsCode>("bad-listen", message, node.span, help),
  ];
  const address = parseListen(text);
  if (address === undefined)
    return error(
      `expected ADDRESS:PORT, found "${text}"`,
      isIPv6(text) ? `write "[${text}]:9435"` : `write such as "${LISTEN_DEFAULT}" or "[::1]:9435"`,
    );
  if (address.port > MAX_PORT)
    return error(`expected a port from 0 to ${MAX_PORT}, found ${address.port}`, "0 takes any free port");
  if (isIP(address.host) !== 0 || address.host === "localhost") return [];
  return error(
    `expected an IP address or localhost, found "${address.host}"`,
    "0.0.0.0 is all addresses of this host; clients that ask by name need hosts",
  );
}
