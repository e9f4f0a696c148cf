import { entriesOf, type YamlNode } from "../yaml/yaml-node.ts";
import type { ReadFor } from "../receivers/receiver.ts";
import { type ReceiverKind, RECEIVERS } from "../receivers/receivers.ts";
import type { ActionSettings } from "./settings.ts";

/** Standard output, an action that always exists. */
export const SCREEN: ActionSettings = { name: "screen", kind: "log", path: "-", maxBytes: Infinity, keep: 1 };

/** Reads the actions of the settings, by name, `screen` among them. */
export function readActions(node: YamlNode | undefined, readFor: ReadFor): ReadonlyMap<string, ActionSettings> {
  const actions = new Map([[SCREEN.name, SCREEN]]);
  for (const { key, value } of entriesOf(node)) {
    for (const receiver of entriesOf(value)) {
      if (!isReceiverKind(receiver.key.text)) continue;
      const settings = RECEIVERS[receiver.key.text].read(receiver.value, readFor);
      actions.set(key.text, { name: key.text, span: key.span, ...settings });
    }
  }
  return actions;
}

function isReceiverKind(name: string): name is ReceiverKind {
  return Object.hasOwn(RECEIVERS, name);
}
