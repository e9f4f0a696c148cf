import { durationMs } from "../yaml/quantity.ts";
import { textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import type { ReceiverLimits } from "./receiver.ts";
import { readTls, type TlsSettings } from "./tls-settings.ts";

/** The settings that all receivers over HTTP have. */
export interface HttpSettings {
  /** the limit of one attempt, with all its requests */
  readonly timeoutMs: number;
  /** certificates of one's own; the public authorities, and no certificate of ours if not given */
  readonly tls?: TlsSettings;
}

/** The keys of `HttpSettings` in a schema. */
export const HTTP_KEYS = {
  timeout: { $ref: "#/$defs/positive-duration", description: "The time limit of one attempt. Default: 10s." },
  tls: { $ref: "#/$defs/tls", description: "Certificates of your own: ca, cert, key, server_name." },
} as const;

/** Reads the settings that all receivers over HTTP have. */
export function readHttp(node: YamlNode, folder: string): HttpSettings {
  const tls = valueOf(node, "tls");
  return {
    timeoutMs: durationMs(textOf(valueOf(node, "timeout")) ?? "10s"),
    ...(tls !== undefined && { tls: readTls(tls, folder) }),
  };
}

/** The time after an attempt's timeout at which the attempt is ended by force. */
const SPARE_MS = 5_000;

/** The limits of a receiver over HTTP; a service that takes less replaces some. */
export const HTTP_LIMITS: ReceiverLimits & { readonly attemptMs: (settings: HttpSettings) => number } = {
  isImmediate: false,
  keepsOrder: false,
  takesRecords: false,
  maxAlerts: 500,
  gatherEventsMs: 1000,
  maxEvents: 500,
  attemptMs: ({ timeoutMs }) => timeoutMs + SPARE_MS,
};
