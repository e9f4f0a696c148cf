import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import { RECEIVER_KINDS, receiverOf } from "../receivers/receivers.ts";
import { durationMs } from "../yaml/quantity.ts";
import { entryOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import { checkAction } from "./check-notify.ts";
import { SCREEN } from "./read-actions.ts";
import type { SettingsCode } from "./values/codes.ts";

const SHORTEST_MS = 1000;
const LONGEST_MS = 86_400_000;

/**
 * Checks that the action exists and takes heartbeats, and that they are neither too many nor too
 * few.
 */
export function checkHeartbeat(root: YamlNode, actions: readonly string[]): readonly Diagnostic[] {
  const node = valueOf(root, "heartbeat");
  const [action, every] = [valueOf(node, "action"), valueOf(node, "every")];
  const everyMs = durationMs(textOf(every) ?? "1m");
  const isInRange = everyMs === 0 || (everyMs >= SHORTEST_MS && everyMs <= LONGEST_MS);
  return [
    ...(action === undefined ? [] : [...checkAction(action, actions), ...checkKind(root, action)]),
    ...(every === undefined || isInRange
      ? []
      : [errorAt<SettingsCode>("out-of-range", `expected 1s to 1d, found ${textOf(every) ?? ""}`, every.span)]),
  ];
}

function checkKind(root: YamlNode, action: YamlNode): readonly Diagnostic[] {
  const name = textOf(action) ?? "";
  const written = entryOf(valueOf(root, "actions"), name)?.value;
  const own = RECEIVER_KINDS.find((each) => valueOf(written, each) !== undefined);
  const kind = own ?? (name === SCREEN.name ? SCREEN.kind : undefined);
  if (kind === undefined || receiverOf({ kind }).forHeartbeat !== undefined) return [];
  const takers = RECEIVER_KINDS.filter((each) => receiverOf({ kind: each }).forHeartbeat !== undefined).join(" or ");
  const message = `expected an action of kind ${takers}, found ${kind}`;
  return [
    errorAt<SettingsCode>(
      "no-such-action",
      message,
      action.span,
      "heartbeats are for services that page when they stay away",
    ),
  ];
}
