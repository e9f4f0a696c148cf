/** A loop that can be stopped between two turns. */
export interface TickLoop {
  /** Resolves once the turn that is under way has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `tick` every `tickMs`, never two at a time. Turns are due at multiples of the period, so that delays do not add up; a turn that was
 * missed altogether (a suspended host, a busy one) is left out, for the next one covers its time.
 *
 * @param nowMs a clock that runs on in suspend
 */
export function startTickLoop(tickMs: number, nowMs: () => number, tick: () => Promise<void>): TickLoop {
  const startMs = nowMs();
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();
  let stopped = false;
  const schedule = (): void => {
    if (stopped) return;
    const passedMs = nowMs() - startMs;
    const dueMs = (Math.floor(passedMs / tickMs) + 1) * tickMs;
    timer = setTimeout(() => {
      underWay = tick().finally(schedule);
    }, dueMs - passedMs);
  };
  schedule();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
