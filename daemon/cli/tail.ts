import { once } from "node:events";
import type { Command } from "commander";
import { follow } from "../api/follow-client.ts";
import { askDaemon, CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { fail } from "./host-trouble.ts";
import { tailLine } from "./tail-line.ts";

interface TailOptions extends DaemonOptions {
  readonly json?: boolean;
}

/** `bpfwarden tail [RULE...]`: shows records and changes of alerts as they come. */
export function addTail(program: Command): void {
  program
    .command("tail")
    .description(
      "follow the records and the changes of alerts of the running daemon, of some rules or of all, until Ctrl-C; what is not read in time is left out and counted",
    )
    .argument("[rule...]")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print lines of JSON")
    .action(tail);
}

async function tail(rules: readonly string[], options: TailOptions): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  // A reader such as head has closed it.
  process.stdout.on("error", () => stop.abort());
  await askDaemon(options, async (_client, socket) => {
    const ended = await follow(socket, {
      ...{ rules, signal: stop.signal },
      onLine: async (text, line) => {
        if (line.kind === "start") noteStart(rules);
        const shown = options.json === true ? text : tailLine(line);
        if (shown !== undefined && !process.stdout.write(`${shown}\n`)) await drained(stop.signal);
      },
    });
    if (ended !== undefined) fail(ended);
  });
}

function noteStart(rules: readonly string[]): void {
  console.error(`bpfwarden: follows ${rules.length === 0 ? "all rules" : rules.join(", ")}; Ctrl-C ends this`);
}

/** Resolves when standard output takes more, or when the signal ends the wait. */
async function drained(signal: AbortSignal): Promise<void> {
  await once(process.stdout, "drain", { signal }).catch(() => undefined);
}
