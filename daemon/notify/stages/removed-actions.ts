import type { Logger } from "../../service/logger.ts";
import type { PipelineState } from "./pipeline-state.ts";

/**
 * Returns the actions that were notified of alerts which are still open, and that the settings no
 * longer have, with the number of these alerts. A receiver whose address was removed while no
 * daemon ran cannot be notified of the end.
 */
export function removedActions({ alerts }: PipelineState, actions: ReadonlySet<string>): ReadonlyMap<string, number> {
  const open = new Map<string, number>();
  for (const { notified } of alerts.values()) {
    for (const action of notified.keys()) if (!actions.has(action)) open.set(action, (open.get(action) ?? 0) + 1);
  }
  return open;
}

/** Warns of them: nobody else closes these alerts at the receiver. */
export function warnOfRemoved(logger: Logger, earlier: PipelineState, actions: ReadonlySet<string>): void {
  for (const [action, alerts] of removedActions(earlier, actions))
    logger.warn(
      { action, alerts },
      `the action "${action}" was removed while no daemon ran: close by hand the alerts that it was notified of`,
    );
}
