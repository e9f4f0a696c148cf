import { statSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Command } from "commander";
import { startDaemon, type Daemon } from "../daemon.ts";
import { ConfigurationError } from "../rules/configuration-reader.ts";
import { hostClock } from "../service/clock.ts";
import { keepHeapSmall } from "../service/memory.ts";
import { endProcessWithin, unfinishedWork } from "../service/end-process.ts";
import { AnotherDaemon } from "../service/sole-use.ts";
import { standardErrorLog, type ProcessLog } from "../service/logger.ts";
import { connectServiceManager } from "../service/sd-notify.ts";
import { fail, isHostTrouble, reportHostTrouble } from "./host-trouble.ts";
import { obeySignals } from "./obey-signals.ts";

interface RunOptions {
  readonly config: string;
  readonly fuse: boolean;
}

/** `bpfwarden run`: runs the service. */
export function addRun(program: Command): void {
  program
    .command("run")
    .description("load the rules and watch until SIGTERM; SIGHUP reads them again")
    .option("--config <folder>", "the folder of rules.d and bpfwarden.yaml", "/etc/bpfwarden")
    .option("--no-fuse", "attach each program alone, not joined with those of other rules at the same place")
    .action(run);
}

async function run({ config, fuse }: RunOptions): Promise<void> {
  const folder = resolve(config);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    return fail(`expected a folder with rules.d and bpfwarden.yaml, found none at "${folder}"`);
  await runIn(folder, fuse);
}

async function runIn(folder: string, fuses: boolean): Promise<void> {
  keepHeapSmall();
  const clock = hostClock();
  const log = standardErrorLog("info", process.env);
  const { logger } = log;
  const manager = connectServiceManager({
    environment: process.env,
    monotonicUs: () => clock.monotonicUs(),
    onError: (error) => logger.warn({ err: error }, "systemd could not be notified"),
  });
  const { promise: started, resolve: start } = Promise.withResolvers<Daemon>();
  // Before anything is in the kernel: the default action of a signal would lose deliveries.
  obeySignals({
    signals: process,
    started,
    logger,
    endWithin: endProcessWithin,
    exit() {
      manager[Symbol.dispose]();
      void exit(log);
    },
  });
  try {
    start(await startDaemon({ folder, hostname: hostname(), clock, logger, manager, fuses }));
  } catch (error) {
    process.exitCode = 1;
    // Errors in the settings have been reported already.
    if (error instanceof ConfigurationError) return;
    if (error instanceof AnotherDaemon) return logger.fatal(error.message);
    if (isHostTrouble(error)) return reportHostTrouble(error);
    logger.fatal({ err: error }, "start failed");
  }
}

const LAST_LINES_MS = 1000;
const EXIT_S = 2;

/** Ends the process. Waits for work on its threads, but not for long. */
async function exit({ logger, flush }: ProcessLog): Promise<void> {
  const work = unfinishedWork();
  if (work.length > 0)
    logger.error(
      { work, seconds: EXIT_S },
      "work on files or names has not ended: the process waits for it and is then killed",
    );
  await flush(LAST_LINES_MS);
  endProcessWithin(EXIT_S);
  process.exit(0);
}
