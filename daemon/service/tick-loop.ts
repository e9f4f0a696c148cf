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

/** A turn that was missed by less than this part of the period is made up for. */
const MADE_UP = 0.5;
/** The part of the period for which a turn that is made up for leaves the event loop to others. */
const PAUSE = 0.05;

/**
 * Runs `tick` every `tickMs`, never two at a time. Turns are due at multiples of the period, so
 * that delays do not add up. A turn that is missed because the one before took too long comes soon
 * after that, so that a busy host looks late, not seldom. One that is missed by more (after
 * suspend) is skipped: the next one covers its time.
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
  /** the multiple of the period at which the last turn was due */
  let last = 0;
  const turn = async (): Promise<void> => {
    if (await tick()) succeededMs = nowMs();
    schedule();
  };
  const schedule = (): void => {
    if (stopped) return;
    const passed = (nowMs() - startMs) / tickMs;
    const missed = Math.floor(passed);
    const isMadeUp = missed > last && passed - missed < MADE_UP;
    last = isMadeUp ? missed : missed + 1;
    timer = setTimeout(
      () => {
        underWay = turn();
      },
      (isMadeUp ? PAUSE : last - passed) * tickMs,
    );
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
