import type { Command } from "commander";
import { jsonLine } from "../text/json-line.ts";
import { CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { askHistory } from "./ask-history.ts";
import { fail } from "./host-trouble.ts";
import { pastTime, WrongTime } from "./past-time.ts";
import { outputColumns, printLines } from "./print-lines.ts";
import { reportLines } from "./report-lines.ts";

interface ReportOptions extends DaemonOptions {
  readonly since: string;
  readonly until?: string;
  readonly json?: boolean;
}

/** `bpfwarden report`: sums up the history, for a terminal or a mail. */
export function addReport(program: Command): void {
  program
    .command("report")
    .description(
      "sum up the alerts of a week: how many, for how long, which flap, what was held back or not delivered, what was lost, and which rules never fired",
    )
    .option("--since <time>", "from when on, as a duration such as 7d, or a time", "7d")
    .option("--until <time>", "until when; default: now")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print the answer as JSON")
    .action(report);
}

async function report(options: ReportOptions): Promise<void> {
  const { since, until, json } = options;
  try {
    const query = {
      since: pastTime("--since", since),
      ...(until !== undefined && { until: pastTime("--until", until) }),
    };
    await askHistory(options, "report", query, (answer) => {
      if (json === true) return console.log(jsonLine(answer));
      printLines(reportLines(answer, outputColumns()));
    });
  } catch (error) {
    if (!(error instanceof WrongTime)) throw error;
    fail(error.message, 2);
  }
}
