import type { Logger } from "pino";
import type { StepFault } from "./stages/guard.ts";
import { errorText } from "../../bpf/source/error-text.ts";

/** Faults that are remembered as logged: each is one of a rule, a step and an error. */
const MOST = 1000;

/**
 * Returns a function that logs each fault of a step of the notification once: it may come again
 * with every alert and every tick.
 */
export function tellFaultsOnce(logger: Logger): (fault: StepFault) => void {
  const reported = new Set<string>();
  return ({ rule, step, error }) => {
    const key = JSON.stringify([rule, step, errorText(error)]);
    if (reported.has(key)) return;
    if (reported.size >= MOST) reported.clear();
    reported.add(key);
    logger.error({ err: error, rule, step }, "a step of the notification failed: the alert passes without it");
  };
}
