import { formatAddress, scanAddress } from "../language/address.ts";
import type { NetworkLiteral } from "../language/expression.ts";

/** Returns the 16 bytes of an address, v4 as mapped, or undefined if the text is not an address. */
function addressBytes(text: string): Uint8Array | undefined {
  const { content, end, problems } = scanAddress(text, 0) ?? {};
  if (content?.kind !== "literal" || end !== text.length || problems?.length !== 0) return undefined;
  const { literal } = content;
  return literal.kind === "network" && literal.prefixBits === 128 ? literal.address : undefined;
}

export function isSameAddress(text: string, other: string): boolean {
  const [one, two] = [addressBytes(text), addressBytes(other)];
  return one !== undefined && two !== undefined && formatAddress(one) === formatAddress(two);
}

export function isInNetwork(text: string, { address, prefixBits }: NetworkLiteral): boolean {
  const bytes = addressBytes(text);
  if (bytes === undefined) return false;
  return bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefixBits - 8 * index));
    const mask = 0xff & (0xff << (8 - bits));
    return ((byte ^ (address[index] ?? 0)) & mask) === 0;
  });
}
