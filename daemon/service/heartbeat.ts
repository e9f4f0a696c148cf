import type { TickLoop } from "./tick-loop.ts";

const BEAT_MS = 1000;
/** The delay of ticks after which the daemon counts as hung. */
const MAX_LATE_MS = 10_000;

/**
 * Calls `alive` every second while ticks succeed in time. The interval does not depend on the
 * tick's, because the watchdog's time is set in another file.
 */
export function startHeartbeat(loop: () => TickLoop, alive: () => void): Disposable {
  const timer = setInterval(() => {
    if (loop().lateMs() <= MAX_LATE_MS) alive();
  }, BEAT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
