/** A loop that can be stopped between two turns. */
export interface TickLoop {
  /**
   * Returns how much time has passed since a successful turn was due; 0 while turns succeed in
   * time.
   */
  lateMs(): number;
  /** Resolves after the current turn has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `tick` every `tickMs`, never two at a time. Turns are due at multiples of the period, so
 * that delays do not add up. A missed turn (after suspend, or on a busy host) is skipped: the next
 * one covers its time.
 *
 * @param nowMs a clock that also runs during suspend
 * @param tick resolves to true if the turn did its work; never rejects
 */
export function startTickLoop(tickMs: number, nowMs: () => number, tick: () => Promise<boolean>): TickLoop {
  const startMs = nowMs();
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();
  let stopped = false;
  let succeededMs = startMs;
  const turn = async (): Promise<void> => {
    if (await tick()) succeededMs = nowMs();
    schedule();
  };
  const schedule = (): void => {
    if (stopped) return;
    const passedMs = nowMs() - startMs;
    const dueMs = (Math.floor(passedMs / tickMs) + 1) * tickMs;
    timer = setTimeout(() => {
      underWay = turn();
    }, dueMs - passedMs);
  };
  schedule();
  return {
    lateMs: () => Math.max(0, nowMs() - succeededMs - tickMs),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
