import type { TlsSettings } from "../../receivers/tls-settings.ts";
import { pemFaults } from "../../settings/values/pem.ts";
import { type Secret, secretName } from "../../settings/values/secret.ts";

/** Certificates in PEM for a server of one's own. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/**
 * Reads the certificates for one connection, so that renewed ones are used from then on. Throws an
 * error that names the file if one is missing or cannot be used.
 */
export function tlsOptions({ serverName, ...files }: TlsSettings, readSecret: (secret: Secret) => string): TlsOptions {
  const read = (secret: Secret | undefined): string | undefined => secret && readSecret(secret);
  const [ca, cert, key] = [read(files.ca), read(files.cert), read(files.key)];
  const [fault] = pemFaults({ cert, key });
  if (fault !== undefined) {
    const secret = files[fault.of];
    throw new Error(`${secret === undefined ? fault.of : secretName(secret)}: ${fault.message}`);
  }
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}
