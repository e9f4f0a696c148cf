import type { TickLoop } from "./tick-loop.ts";

const BEAT_MS = 1000;
/** How late the ticks may be before the daemon passes for hung. */
const MAX_LATE_MS = 10_000;

/**
 * Calls `alive` every second for as long as ticks do their work in time, however far apart they are: a watchdog's time is set in another
 * file than the tick's.
 */
export function startHeartbeat(loop: () => TickLoop | undefined, alive: () => void): Disposable {
  const timer = setInterval(() => {
    if ((loop()?.lateMs() ?? 0) <= MAX_LATE_MS) alive();
  }, BEAT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
