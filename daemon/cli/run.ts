import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Command } from "commander";
import { ConfigurationError, startDaemon, type Daemon } from "../daemon.ts";
import { hostClock } from "../service/clock.ts";
import { standardErrorLogger, type Logger } from "../service/logger.ts";
import { connectServiceManager, type ServiceManager } from "../service/sd-notify.ts";

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
  const clock = hostClock();
  const logger = standardErrorLogger("info", process.env);
  const manager = connectServiceManager({
    environment: process.env,
    monotonicUs: () => clock.monotonicUs(),
    onError: (error) => logger.warn({ err: error }, "systemd was not told"),
  });
  try {
    const daemon = await startDaemon({ folder: resolve(config), hostname: hostname(), clock, logger, manager });
    obeySignals(daemon, logger, manager);
  } catch (error) {
    // What is wrong with the settings has been shown already.
    if (!(error instanceof ConfigurationError)) logger.fatal({ err: error }, "start failed");
    process.exitCode = 1;
  }
}

function obeySignals(daemon: Daemon, logger: Logger, manager: ServiceManager): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "stopping");
    await daemon.stop();
    logger.info("stopped");
    manager[Symbol.dispose]();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
  process.on("SIGHUP", () => void daemon.reload());
}
