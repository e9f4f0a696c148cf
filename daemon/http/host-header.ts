import { isIPv4 } from "node:net";
import type { HttpSettings } from "../settings/http-settings.ts";

/**
 * Returns true if a request asks for this server by one of its names. A page of another site can
 * make a browser send requests to an address of this host under the site's own name (DNS
 * rebinding), and would then read the answers.
 *
 * @param header the header Host
 * @param localAddress the address to which the client connected
 */
export function isOwnHost(
  header: string | undefined,
  localAddress: string | undefined,
  { address, hosts }: HttpSettings,
): boolean {
  const host = hostOf(header ?? "");
  if (host === undefined) return false;
  const own = [address.host.toLowerCase(), localAddress?.replace(/^::ffff:(?=\d+\.)/, "")];
  return isLoopback(host) || own.includes(host) || hosts.includes(host);
}

/** Returns the host of a header without its port, in lower case. Undefined for another form. */
function hostOf(header: string): string | undefined {
  const parts = /^(?:\[(?<address>[0-9a-f:.%]+)\]|(?<name>[^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(header)?.groups;
  return (parts?.["address"] ?? parts?.["name"])?.toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
