import { resolve } from "node:path";
import { sizeBytes } from "../../yaml/quantity.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import type { LogSettings } from "../log-settings.ts";
import { pemSecret } from "../tls-settings.ts";
import type { Receiver } from "../receiver.ts";

/** 1.1 GB in all for each log. */
const DEFAULT_MAX_BYTES = 100 * 1024 * 1024;
const DEFAULT_KEEP = 10;

/**
 * The longest write. A disk that takes longer does not answer; the lines may then be written twice.
 */
const WRITE_MS = 60_000;

export type LogAction = { readonly kind: "log" } & LogSettings;

export const log: Receiver<LogAction> = {
  schema: {
    title: "a map {path}",
    description: "Append to a file, or write to standard output.",
    type: "object",
    required: ["path"],
    properties: {
      path: {
        title: "a path, or - for standard output",
        description: "A file of JSON Lines, relative to the folder of this file. - is standard output.",
        type: "string",
        minLength: 1,
      },
      max_size: {
        title: "a size such as 100MiB, or none",
        description:
          "The largest size of a file. Then it is rotated: PATH becomes PATH.1, PATH.1 becomes PATH.2. none leaves this to logrotate. Default: 100MiB.",
        type: ["string", "integer"],
        minimum: 1,
        pattern: "^(none|[0-9]*[1-9][0-9]*(B|KiB|MiB|GiB|kB|MB|GB))$",
      },
      keep: {
        title: "a number from 1 to 1000",
        description: "The number of rotated files that are kept. Default: 10.",
        type: "integer",
        minimum: 1,
        maximum: 1000,
      },
      seal: {
        title: "true or false",
        description:
          "Seals the lines, so that bpfwarden audit verify finds each later change: a Merkle tree with signed checkpoints, in the folder PATH.seal. Default: false.",
        type: "boolean",
      },
      seal_key: {
        $ref: "#/$defs/tls-key",
        description:
          "The Ed25519 key in PEM that signs the checkpoints: a path, or credential:NAME. Default: seal-key.pem in the state folder, made at the first start.",
      },
    },
    additionalProperties: false,
  },
  read(node, { folder }) {
    const path = textOf(valueOf(node, "path")) ?? "-";
    const key = textOf(valueOf(node, "seal_key"));
    const isSealed = path !== "-" && textOf(valueOf(node, "seal")) === "true";
    return {
      kind: "log",
      path: path === "-" ? path : resolve(folder, path),
      maxBytes: readMaxSize(textOf(valueOf(node, "max_size"))),
      keep: Number(textOf(valueOf(node, "keep")) ?? DEFAULT_KEEP),
      ...(isSealed && { seal: key === undefined ? {} : { key: pemSecret(key, folder) } }),
    };
  },
  isImmediate: true,
  keepsOrder: true,
  takesRecords: true,
  maxAlerts: 2500,
  gatherEventsMs: 0,
  maxEvents: Infinity,
  attemptMs: () => WRITE_MS,
  logOf: (settings) => settings,
};

function readMaxSize(text: string | undefined): number {
  if (text === "none") return Infinity;
  return text === undefined ? DEFAULT_MAX_BYTES : sizeBytes(text);
}
