import type { EventEmitter } from "node:events";
import type { Daemon } from "../daemon.ts";
import type { Logger } from "../service/logger.ts";

export interface SignalOptions {
  /** the process */
  readonly signals: EventEmitter;
  /** resolves once the daemon runs; stays open where its start failed, which ends the process anyway */
  readonly started: Promise<Daemon>;
  readonly logger: Logger;
  /** called once the daemon has stopped */
  readonly exit: () => void;
}

/** SIGTERM and SIGINT stop, SIGHUP reloads, from the call on: a signal that comes during the start is obeyed when that is done. */
export function obeySignals({ signals, started, logger, exit }: SignalOptions): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "stopping");
    const daemon = await started;
    await daemon.stop();
    logger.info("stopped");
    exit();
  };
  signals.on("SIGTERM", () => void stop("SIGTERM"));
  signals.on("SIGINT", () => void stop("SIGINT"));
  signals.on("SIGHUP", () => void started.then((daemon) => daemon.reload()));
}
