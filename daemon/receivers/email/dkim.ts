import { createPrivateKey } from "node:crypto";
import type { DkimSettings } from "../../settings/settings.ts";
import { pemFaults } from "../../settings/values/pem.ts";
import { type Secret, secretName } from "../../settings/values/secret.ts";

/** The settings as nodemailer takes them. */
export interface DkimOptions {
  readonly domainName: string;
  readonly keySelector: string;
  readonly privateKey: string;
}

/** Verifiers ignore signatures by shorter keys (RFC 8301, section 3.2). */
const MIN_KEY_BITS = 1024;

/**
 * Reads the key for one mail. Throws an error that names the key if it cannot sign: nodemailer
 * would send the mail without a signature.
 */
export function dkimOptions(
  { domain, selector, key }: DkimSettings,
  readSecret: (secret: Secret) => string,
): DkimOptions {
  const privateKey = readSecret(key);
  const fault = keyFault(privateKey);
  if (fault !== undefined) throw new Error(`${secretName(key)}: ${fault}`);
  return { domainName: domain, keySelector: selector, privateKey };
}

function keyFault(pem: string): string | undefined {
  const [fault] = pemFaults({ key: pem });
  if (fault !== undefined) return fault.message;
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
  if (asymmetricKeyType !== "rsa") return `expected an RSA key for DKIM, found one of the type ${asymmetricKeyType}`;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return bits < MIN_KEY_BITS ? `expected an RSA key of at least ${MIN_KEY_BITS} bits, found ${bits}` : undefined;
}
