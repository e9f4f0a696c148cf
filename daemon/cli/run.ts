import { statSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Command } from "commander";
import { ConfigurationError, startDaemon, type Daemon } from "../daemon.ts";
import { hostClock } from "../service/clock.ts";
import { standardErrorLogger } from "../service/logger.ts";
import { connectServiceManager } from "../service/sd-notify.ts";
import { fail, isHostTrouble, reportHostTrouble } from "./host-trouble.ts";
import { obeySignals } from "./obey-signals.ts";

interface RunOptions {
  readonly config: string;
}

/** `bpfwarden run`: the service itself. */
export function addRun(program: Command): void {
  program
    .command("run")
    .description("load the rules and watch until SIGTERM; SIGHUP reads them again")
    .option("--config <folder>", "holds rules.d and bpfwarden.yaml", "/etc/bpfwarden")
    .action(run);
}

async function run({ config }: RunOptions): Promise<void> {
  const folder = resolve(config);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    return fail(`expected a folder with rules.d and bpfwarden.yaml, found none at "${folder}"`);
  await runIn(folder);
}

async function runIn(folder: string): Promise<void> {
  const clock = hostClock();
  const logger = standardErrorLogger("info", process.env);
  const manager = connectServiceManager({
    environment: process.env,
    monotonicUs: () => clock.monotonicUs(),
    onError: (error) => logger.warn({ err: error }, "systemd was not told"),
  });
  const { promise: started, resolve: start } = Promise.withResolvers<Daemon>();
  // Before anything is in the kernel: what a signal ends by its default leaves deliveries behind.
  obeySignals({
    signals: process,
    started,
    logger,
    exit() {
      manager[Symbol.dispose]();
      process.exit(0);
    },
  });
  try {
    start(await startDaemon({ folder, hostname: hostname(), clock, logger, manager }));
  } catch (error) {
    process.exitCode = 1;
    // What is wrong with the settings has been shown already.
    if (error instanceof ConfigurationError) return;
    if (isHostTrouble(error)) return reportHostTrouble(error);
    logger.fatal({ err: error }, "start failed");
  }
}
