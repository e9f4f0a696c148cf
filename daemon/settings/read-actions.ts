import { resolve } from "node:path";
import { durationMs, sizeBytes } from "../yaml/quantity.ts";
import { entriesOf, itemsOf, textOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlNode } from "../yaml/yaml-node.ts";
import { parseSecret } from "./secret.ts";
import type { ActionSettings, ReceiverSettings } from "./settings.ts";

/** Standard output: there without any settings, and whatever else they say. */
const SCREEN: ActionSettings = { name: "screen", kind: "log", path: "-", maxBytes: Infinity, keep: 1 };

/** 1.1 GB in all for each log. */
const DEFAULT_MAX_BYTES = 100 * 1024 * 1024;
const DEFAULT_KEEP = 10;

interface Place {
  readonly folder: string;
  readonly hostname: string;
}

type ReceiverReader = (node: YamlNode, place: Place) => ReceiverSettings;

/** One record a receiver kind. */
const RECEIVERS: Readonly<Record<ReceiverSettings["kind"], ReceiverReader>> = {
  webhook: (node, { folder }) => ({
    kind: "webhook",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    timeoutMs: durationMs(textOf(valueOf(node, "timeout")) ?? "10s"),
  }),
  email: (node, { hostname }) => ({
    kind: "email",
    to: itemsOf(valueOf(node, "to")).flatMap((item) => textOf(item) ?? []),
    from: textOf(valueOf(node, "from")) ?? `bpfwarden@${hostname}`,
  }),
  log: (node, { folder }) => {
    const path = textOf(valueOf(node, "path")) ?? "-";
    return {
      kind: "log",
      path: path === "-" ? path : resolve(folder, path),
      maxBytes: readMaxSize(textOf(valueOf(node, "max_size"))),
      keep: Number(textOf(valueOf(node, "keep")) ?? DEFAULT_KEEP),
    };
  },
};

function readMaxSize(text: string | undefined): number {
  if (text === "none") return Infinity;
  return text === undefined ? DEFAULT_MAX_BYTES : sizeBytes(text);
}

/** The actions of the settings by name, `screen` among them. */
export function readActions(
  node: YamlNode | undefined,
  folder: string,
  hostname: string,
): ReadonlyMap<string, ActionSettings> {
  const actions = new Map([[SCREEN.name, SCREEN]]);
  for (const { key, value } of entriesOf(node)) {
    for (const receiver of entriesOf(value)) {
      if (!isReceiverKind(receiver.key.text)) continue;
      const settings = RECEIVERS[receiver.key.text](receiver.value, { folder, hostname });
      actions.set(key.text, { name: key.text, span: key.span, ...settings });
    }
  }
  return actions;
}

function isReceiverKind(name: string): name is ReceiverSettings["kind"] {
  return Object.hasOwn(RECEIVERS, name);
}
