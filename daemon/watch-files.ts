import { watchFolder } from "./rules/watch-folder.ts";
import type { Clock } from "./service/clock.ts";
import type { Logger } from "./service/logger.ts";
import type { Teardown } from "./service/teardown.ts";

export interface WatchedFiles {
  /** the folder of rules and settings */
  readonly folder: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Reloads the daemon when files change, once it has started. */
export function watchFiles(
  { folder, logger, clock }: WatchedFiles,
  teardown: Teardown,
  started: Promise<{ reload(): Promise<void> }>,
): void {
  const watcher = watchFolder({
    folder,
    nowMs: () => clock.bootMs(),
    onChange: () => void started.then((daemon) => daemon.reload()),
    onError: (error) => logger.error({ err: error }, "changes of files are not seen; SIGHUP reads them again"),
  });
  teardown.add("watcher", () => watcher[Symbol.dispose]());
}
