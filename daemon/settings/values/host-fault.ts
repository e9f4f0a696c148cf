import { isIP } from "node:net";
import { domainToASCII } from "node:url";

/** The fault of a host's name or address. */
export interface Fault {
  readonly message: string;
  readonly help?: string;
  /** it may be intended nevertheless */
  readonly isDoubtful?: boolean;
}

const MAX_NAME = 253;
/** RFC 1123 §2.1, and the underscore, which names in private networks use */
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** Returns why this cannot be a host, or undefined if it can. Does not look it up. */
export function hostFault(text: string): Fault | undefined {
  if (isIP(text) !== 0) return undefined;
  if (text.includes("://"))
    return {
      message: "expected a host, found a URL",
      help: "write only the host, without the parts before and after it",
    };
  const port = /^(?<host>[^:]+|\[.*\]):(?<port>\d+)$/.exec(text)?.groups;
  if (port !== undefined) {
    const host = port["host"]?.replace(/^\[(.*)\]$/, "$1") ?? "";
    return {
      message: `expected a host, found a host with a port: "${text}"`,
      help: `write host: "${host}" and port: ${port["port"] ?? ""}`,
    };
  }
  const address = /^\[(.*)\]$/.exec(text)?.[1] ?? "";
  if (isIP(address) !== 0)
    return { message: `expected a host, found an address in brackets`, help: `write "${address}"` };
  return isName(text) ? undefined : { message: `expected a host's name or address, found "${text}"` };
}

/**
 * Returns true for host names, in ASCII or not. A name does not end in a number, because it would
 * be read as an address.
 */
function isName(text: string): boolean {
  const ascii = /^[\x20-\x7e]*$/.test(text) ? text : domainToASCII(text);
  const labels = ascii.replace(/\.$/, "").split(".");
  const isLong = ascii.length > MAX_NAME;
  return !isLong && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}

const MAX_PORT = 65_535;

/**
 * Returns why nothing can be POSTed to a URL, or undefined if it is possible. Messages contain only
 * host and port of it, because the rest may be a secret.
 */
export function urlFault(text: string): Fault | undefined {
  if (/\s/.test(text))
    return { message: "expected a URL, found a space in it", help: "write %20 for a space that is part of it" };
  const authority = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1]?.replace(/^.*@/, "") ?? "";
  const port = /:(\d*)$/.exec(authority)?.[1] ?? "";
  if (port !== "" && (Number(port) < 1 || Number(port) > MAX_PORT))
    return { message: `expected a port from 1 to ${MAX_PORT}, found ${port}` };
  const url = URL.parse(text);
  if (url === null) {
    const host = authority.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
    return hostFault(host) ?? { message: "expected an http or https URL, found one that cannot be read" };
  }
  return hostFault(url.hostname.replace(/^\[(.*)\]$/, "$1"));
}
