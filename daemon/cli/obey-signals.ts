import type { EventEmitter } from "node:events";
import type { Daemon } from "../daemon.ts";
import type { Logger } from "../service/logger.ts";

export interface SignalOptions {
  /** the process */
  readonly signals: EventEmitter;
  /** resolves once the daemon runs; stays open where its start failed, which ends the process anyway */
  readonly started: Promise<Daemon>;
  readonly logger: Logger;
  /** has the process end within so many seconds, whatever hangs */
  readonly endWithin: (seconds: number) => void;
  /** called once the daemon has stopped */
  readonly exit: () => void;
}

/** More than the daemon takes where something hangs, less than systemd waits (TimeoutStopSec). */
const STOP_S = 27;
/** Before that, where the log can still be written. */
const LAST_WORD_MS = (STOP_S - 1) * 1000;

/** SIGTERM and SIGINT stop, within half a minute whatever hangs, SIGHUP reloads, from the call on: a signal that comes during the start is obeyed when that is done. */
export function obeySignals({ signals, started, logger, endWithin, exit }: SignalOptions): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "stopping");
    endWithin(STOP_S);
    const lastWord = setTimeout(
      () => logger.fatal({ seconds: STOP_S }, "stopping hangs: the process is killed"),
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
