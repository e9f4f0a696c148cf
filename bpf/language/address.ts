import { badLiteral, goodLiteral, matchAt } from "./token.ts";
import type { Scanned } from "./token.ts";

const V4 = /[0-9]+(?:\.[0-9]+){2,}/y;
const V6 = /[0-9a-fA-F:]{0,60}:(?:[0-9a-fA-F]+(?:\.[0-9]+)*)?/y;
const FULL_V6 = /^(?:[^:]+:){7}[^:.]+$|^(?:[^:]+:){6}[^:]+\.[^:]+$/;
const PREFIX = /\/[0-9]+/y;
const WORD = /[A-Za-z0-9_]+/y;

/**
 *     Network = Address [ "/" Digits ]                 (no space around "/"; the bits after the prefix are 0)
 *     Address = v4 as four decimal numbers | v6 as RFC 4291 §2.2
 *
 * Text with colons is an address if it has `::` or seven colons. So `a?b:c` is not one, and needs
 * no spaces.
 */
export function scanAddress(text: string, start: number): Scanned | undefined {
  const written = matchAt(V6, text, start)?.[0];
  if (written !== undefined && (written.includes("::") || FULL_V6.test(written))) {
    return network(text, start, written, parseV6(written), 128);
  }
  const dotted = matchAt(V4, text, start)?.[0];
  return dotted === undefined ? undefined : network(text, start, dotted, parseV4(dotted), 32);
}

function network(
  text: string,
  start: number,
  written: string,
  address: Uint8Array | undefined,
  width: 32 | 128,
): Scanned {
  const addressEnd = start + written.length;
  const prefix = matchAt(PREFIX, text, addressEnd)?.[0];
  const end = addressEnd + (prefix?.length ?? 0);
  const rest = matchAt(WORD, text, end)?.[0] ?? "";
  const version = width === 32 ? "v4" : "v6";
  if (address === undefined || rest !== "") {
    const message = `expected a ${version} address, found "${text.slice(start, end + rest.length)}"`;
    return badLiteral("bad-address", message, start, end + rest.length);
  }
  const bits = prefix === undefined ? width : Number(prefix.slice(1));
  if (bits > width) {
    return badLiteral("bad-address", `expected a prefix of at most ${width} bits, found "${bits}"`, addressEnd, end);
  }
  const prefixBits = bits + 128 - width;
  if (isNetwork(address, prefixBits)) return goodLiteral({ kind: "network", address, prefixBits }, end);
  const masked = formatAddress(mask(address, prefixBits));
  const help = `write "${masked}/${bits}" for the network, "${written}" for the one address`;
  return badLiteral("bad-address", `expected zeros after the first ${bits} bits, found "${written}"`, start, end, help);
}

function parseV4(text: string): Uint8Array | undefined {
  const bytes = v4Bytes(text);
  return bytes && Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes]);
}

function v4Bytes(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  const valid = parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return valid ? parts.map(Number) : undefined;
}

function parseV6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : groupBytes(half.split(":"))));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])]);
}

/**
 * Returns the bytes of groups of up to four hexadecimal digits. The last group may be a v4 address.
 */
function groupBytes(groups: readonly string[]): readonly number[] | undefined {
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    const value = parseInt(group, 16);
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) bytes.push(value >> 8, value & 0xff);
    else if (index === groups.length - 1 && v4Bytes(group)) bytes.push(...(v4Bytes(group) ?? []));
    else return undefined;
  }
  return bytes;
}

function mask(address: Uint8Array, prefixBits: number): Uint8Array {
  return address.map((byte, index) => byte & (0xff00 >> Math.max(0, Math.min(8, prefixBits - index * 8))));
}

function isNetwork(address: Uint8Array, prefixBits: number): boolean {
  return mask(address, prefixBits).every((byte, index) => byte === address[index]);
}

const V4_MAPPED = "0,0,0,0,0,0,0,0,0,0,255,255";

/** Formats an address by RFC 5952. `::ffff:a.b.c.d` is shown as the v4 address. */
export function formatAddress(address: Uint8Array): string {
  if (address.slice(0, 12).join() === V4_MAPPED) return address.slice(12).join(".");
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((address[index * 2] ?? 0) << 8) | (address[index * 2 + 1] ?? 0),
  );
  const text = groups.map((group) => group.toString(16)).join(":");
  const zeros = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?![^:])/g)];
  const longest = zeros.reduce((best, run) => (run[0].length > best.length ? run[0] : best), "");
  if (longest === "") return text;
  const at = zeros.find((run) => run[0] === longest)?.index ?? 0;
  return `${text.slice(0, at).replace(/:$/, "")}::${text.slice(at + longest.length).replace(/^:/, "")}`;
}

/**
 * Formats a network: the address, and its prefix if it is shorter than the address. A v4 prefix
 * counts from the first bit of the four bytes.
 */
export function formatNetwork(address: Uint8Array, prefixBits: number): string {
  if (prefixBits === 128) return formatAddress(address);
  const isV4 = prefixBits >= 96 && address.slice(0, 12).join() === V4_MAPPED;
  return isV4 ? `${formatAddress(address)}/${prefixBits - 96}` : `${formatV6(address)}/${prefixBits}`;
}

/**
 * Formats an address as v6, even a mapped v4 address: a prefix shorter than 96 bits has no v4 form.
 */
function formatV6(address: Uint8Array): string {
  const isMapped = address.slice(0, 12).join() === V4_MAPPED;
  return isMapped ? `::ffff:${formatAddress(address)}` : formatAddress(address);
}
