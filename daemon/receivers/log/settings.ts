import { resolve } from "node:path";
import { sizeBytes } from "../../yaml/quantity.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import type { LogSettings } from "../log-settings.ts";
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
    },
    additionalProperties: false,
  },
  read(node, { folder }) {
    const path = textOf(valueOf(node, "path")) ?? "-";
    return {
      kind: "log",
      path: path === "-" ? path : resolve(folder, path),
      maxBytes: readMaxSize(textOf(valueOf(node, "max_size"))),
      keep: Number(textOf(valueOf(node, "keep")) ?? DEFAULT_KEEP),
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
