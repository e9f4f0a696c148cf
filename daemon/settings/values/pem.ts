import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The texts of files in PEM. */
export interface PemTexts {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The fault of one file, in words that follow the name of the file. */
export interface PemFault {
  readonly of: keyof PemTexts;
  readonly message: string;
  readonly help?: string;
}

/** Returns the faults of files in PEM, without showing anything of a key. */
export function pemFaults({ ca, cert, key }: PemTexts): readonly PemFault[] {
  const certificate = certificateFault("cert", cert);
  const own = keyFault(key);
  const faults = [certificateFault("ca", ca), certificate, own].filter((fault) => fault !== undefined);
  if (cert === undefined || key === undefined || certificate !== undefined || own !== undefined) return faults;
  const [first] = certificatesIn(cert);
  if (first?.checkPrivateKey(createPrivateKey(key)) === true) return faults;
  const help = "the first certificate of the file must be our own; those between it and the authority follow it";
  return [...faults, { of: "key", message: "expected the key of the certificate, found that of another one", help }];
}

function certificateFault(of: "ca" | "cert", text: string | undefined): PemFault | undefined {
  if (text === undefined) return undefined;
  try {
    if (certificatesIn(text).length > 0) return undefined;
    return { of, message: `expected a certificate in PEM, found ${found(text)}`, help: PEM_HELP };
  } catch {
    return { of, message: "expected a certificate in PEM, found a broken one" };
  }
}

const PEM_HELP = "the file has lines such as -----BEGIN CERTIFICATE-----; openssl x509 converts other forms";

/** Returns the certificates of a file. Throws if one is broken. */
export function certificatesIn(text: string): readonly X509Certificate[] {
  return [...text.matchAll(CERTIFICATE)].map(([pem]) => new X509Certificate(pem));
}

function found(text: string): string {
  return /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/.test(text) ? "a key" : "another text";
}

function keyFault(text: string | undefined): PemFault | undefined {
  if (text === undefined) return undefined;
  if (/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    const help = "openssl pkey -in FILE writes it without one; only root may read the new file";
    return { of: "key", message: "expected a key without a passphrase, found one with a passphrase", help };
  }
  if (readableKey(text) !== undefined) return undefined;
  const what = text.includes("-----BEGIN CERTIFICATE-----") ? "a certificate" : "another text";
  return { of: "key", message: `expected a private key in PEM, found ${what}` };
}

/** OpenSSL's errors say nothing that helps. */
function readableKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}
