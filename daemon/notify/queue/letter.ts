import { LEVELS } from "../../rules/levels.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import type { Delivery } from "./delivery.ts";
import { receiverOf } from "../../receivers/receivers.ts";

/** A delivery without its content. */
export interface Letter {
  /** the id of the delivery */
  readonly id: string;
  /** the action's name */
  readonly action: string;
  readonly rule: string;
  /**
   * Letters of one lane reach their receiver in the order in which they came. Without one, order
   * does not matter.
   */
  readonly lane?: string;
  /** the highest level of its alerts */
  readonly level: Level;
  /** alerts or records */
  readonly items: number;
  /** the time since which it waits, by the clock of the queue */
  readonly sinceMs: number;
}

export function letterOf(delivery: Delivery, sinceMs: number): Letter {
  const { id, action, content } = delivery;
  const lane = laneOf(delivery);
  const about = { id, action: action.name, rule: content.rule, sinceMs, ...(lane !== undefined && { lane }) };
  if (content.kind === "events") return { ...about, level: "info", items: content.events.length };
  const level = LEVELS.findLast((each) => content.alerts.some((alert) => alert.level === each)) ?? "info";
  return { ...about, level, items: content.alerts.length };
}

/**
 * Returns the lane of a delivery: a start must not come after its end, and the lines of a log stay
 * in order.
 */
function laneOf({ action, content }: Delivery): string | undefined {
  if (receiverOf(action).keepsOrder) return "";
  return content.kind === "alerts" ? content.group.key : undefined;
}
