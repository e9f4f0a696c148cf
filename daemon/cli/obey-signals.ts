import type { EventEmitter } from "node:events";
import type { Daemon } from "../daemon.ts";
import type { Logger } from "../service/logger.ts";

export interface SignalOptions {
  /** the process */
  readonly signals: EventEmitter;
  /**
   * resolves when the daemon runs; never settles if its start failed, which ends the process anyway
   */
  readonly started: Promise<Daemon>;
  readonly logger: Logger;
  /** ends the process within so many seconds, even if something hangs */
  readonly endWithin: (seconds: number) => void;
  /** called after the daemon has stopped */
  readonly exit: () => void;
}

/**
 * Longer than the daemon takes if something hangs, and shorter than systemd waits (TimeoutStopSec).
 */
const STOP_S = 27;
/** Before that, while the log can still be written. */
const LAST_WORD_MS = (STOP_S - 1) * 1000;

/**
 * Handles signals from this call on: SIGTERM and SIGINT stop the daemon, within half a minute even
 * if something hangs, and SIGHUP reloads. A signal during the start is handled after it.
 */
export function obeySignals({ signals, started, logger, endWithin, exit }: SignalOptions): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "stopping");
    endWithin(STOP_S);
    const lastWord = setTimeout(
      () => logger.fatal({ seconds: STOP_S }, "the daemon did not stop in time: the process will be killed"),
      LAST_WORD_MS,
    ).unref();
    const daemon = await started;
    await daemon.stop();
    clearTimeout(lastWord);
    logger.info("stopped");
    exit();
  };
  signals.on("SIGTERM", () => void stop("SIGTERM"));
  signals.on("SIGINT", () => void stop("SIGINT"));
  signals.on("SIGHUP", () => void started.then((daemon) => daemon.reload()));
}
