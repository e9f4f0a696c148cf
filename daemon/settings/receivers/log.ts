import { resolve } from "node:path";
import { sizeBytes } from "../../yaml/quantity.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import type { ReceiverKind } from "./receiver-kind.ts";

export interface LogSettings {
  /** "-" is standard output */
  readonly path: string;
  /** a file that would become larger is rotated; Infinity never */
  readonly maxBytes: number;
  /** rotated files that are kept */
  readonly keep: number;
}

/** 1.1 GB in all for each log. */
const DEFAULT_MAX_BYTES = 100 * 1024 * 1024;
const DEFAULT_KEEP = 10;

export const LOG: ReceiverKind<{ readonly kind: "log" } & LogSettings> = {
  read(node, { folder }) {
    const path = textOf(valueOf(node, "path")) ?? "-";
    return {
      kind: "log",
      path: path === "-" ? path : resolve(folder, path),
      maxBytes: readMaxSize(textOf(valueOf(node, "max_size"))),
      keep: Number(textOf(valueOf(node, "keep")) ?? DEFAULT_KEEP),
    };
  },
  check: () => [],
};

function readMaxSize(text: string | undefined): number {
  if (text === "none") return Infinity;
  return text === undefined ? DEFAULT_MAX_BYTES : sizeBytes(text);
}
