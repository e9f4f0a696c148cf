import type { KeyState, RuleState } from "../rule-state.ts";
import type { Step } from "../window/window-step.ts";
import { valueAhead } from "./window-ahead.ts";

/**
 * Returns how much a key may still count before its total reaches `limit` in the window of the next
 * tick.
 */
export function slackOf(
  { window }: RuleState,
  key: KeyState | undefined,
  leaving: readonly Step[],
  limit: bigint,
): bigint {
  return limit - BigInt(Math.ceil(valueAhead(window, key?.window, leaving) ?? 0));
}
