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
 * A turn that was missed by less than this part of the period is made up for: the next one sees
 * that much less of its period, which short windows must bear.
 */
const MADE_UP = 0.25;
/** The part of the period for which a turn that is made up for leaves the event loop to others. */
const PAUSE = 0.05;

/**
 * Runs `tick` every `tickMs`, never two at a time. Turns are due at multiples of the period, so
 * that delays do not add up. A turn that is missed because the one before took too long comes soon
 * after that, so that a busy host looks late, not seldom. One that is missed by more (after
 * suspend) is skipped: the next one covers its time.
 *
 * @param nowMs a clock that also runs during suspend
 * @param tick is given how late it begins; resolves to true if the turn did its work; never rejects
 */
export function startTickLoop(
  tickMs: number,
  nowMs: () => number,
  tick: (lagMs: number) => Promise<boolean>,
): TickLoop {
  const startMs = nowMs();
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();
  let stopped = false;
  let succeededMs = startMs;
  /** the last multiple of the period that a turn covers */
  let last = 0;
  const passed = (): number => (nowMs() - startMs) / tickMs;
  const turn = async (lagMs: number): Promise<void> => {
    if (await tick(lagMs)) succeededMs = nowMs();
    schedule();
  };
  const schedule = (): void => {
    if (stopped) return;
    const passedNow = passed();
    const missed = Math.floor(passedNow);
    const isMadeUp = missed > last && passedNow - missed < MADE_UP;
    last = isMadeUp ? missed : missed + 1;
    const dueMs = startMs + last * tickMs;
    const begin = (): void => {
      const lagMs = Math.max(0, nowMs() - dueMs);
      // A turn that begins late covers what was due meanwhile.
      last = Math.max(last, Math.floor(passed()));
      underWay = turn(lagMs);
    };
    timer = setTimeout(begin, (isMadeUp ? PAUSE : last - passedNow) * tickMs);
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
