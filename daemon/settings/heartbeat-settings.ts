import { durationMs } from "../yaml/quantity.ts";
import { textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";

/** A sign of life that is sent again and again. */
export interface HeartbeatSettings {
  /** the name of an action */
  readonly action: string;
  readonly everyMs: number;
  /** instead of the method of the action */
  readonly method?: string;
}

/** Reads the heartbeat of the settings, if there is one. */
export function readHeartbeat(node: YamlNode | undefined): HeartbeatSettings | undefined {
  if (node === undefined) return undefined;
  const method = textOf(valueOf(node, "method"));
  return {
    action: textOf(valueOf(node, "action")) ?? "",
    everyMs: durationMs(textOf(valueOf(node, "every")) ?? "1m"),
    ...(method !== undefined && { method }),
  };
}
