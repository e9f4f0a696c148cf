import type { Command } from "commander";
import { jsonLine } from "../text/json-line.ts";
import { CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { askHistory } from "./ask-history.ts";
import { historyLines } from "./history-lines.ts";
import { fail } from "./host-trouble.ts";
import { printLines } from "./print-lines.ts";
import { pastTime, WrongTime } from "./past-time.ts";

interface HistoryOptions extends DaemonOptions {
  readonly since: string;
  readonly until?: string;
  readonly rule?: string;
  readonly receiver?: string;
  readonly limit: string;
  readonly drills?: boolean;
  readonly json?: boolean;
}

/** `bpfwarden history`: lists the alerts of a span of time, and who was notified of them. */
export function addHistory(program: Command): void {
  program
    .command("history")
    .description(
      "list the alerts that fired, with the latest last: why, for how long, who was notified, and what was held back; also if no daemon runs",
    )
    .option("--since <time>", "from when on, as a duration such as 24h, or a time", "24h")
    .option("--until <time>", "until when; default: now")
    .option("--rule <rule>", "alerts of a rule, or notices of this name")
    .option("--receiver <action>", "alerts that this action was notified of")
    .option("--limit <number>", "the most alerts, the latest ones", "100")
    .option("--drills", "list drills as well")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print the answer as JSON")
    .action(history);
}

async function history(options: HistoryOptions): Promise<void> {
  const { since, until, rule, receiver, limit, drills, json } = options;
  try {
    const query = {
      since: pastTime("--since", since),
      ...(until !== undefined && { until: pastTime("--until", until) }),
      ...(rule !== undefined && { rule }),
      ...(receiver !== undefined && { receiver }),
      ...(drills === true && { drills: "true" }),
      limit,
    };
    await askHistory(options, "history", query, (report) => {
      if (json === true) return console.log(jsonLine(report));
      printLines(historyLines(report));
    });
  } catch (error) {
    if (!(error instanceof WrongTime)) throw error;
    fail(error.message, 2);
  }
}
