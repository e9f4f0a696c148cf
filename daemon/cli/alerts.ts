import type { Command } from "commander";
import type { AlertsReport } from "../api/alert-report.ts";
import { alertLines, chosenAlerts, type AlertChoice } from "./alert-lines.ts";
import { askDaemon, CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { jsonLine } from "../text/json-line.ts";
import { outputColumns, printLines } from "./print-lines.ts";

interface AlertsOptions extends DaemonOptions, AlertChoice {
  readonly json?: boolean;
}

/** `bpfwarden alerts [MATCHER...]`: what fires over all rules, as `amtool alert` lists it. */
export function addAlerts(program: Command): void {
  program
    .command("alerts")
    .description(
      "list what fires, of all rules and of the daemon itself, and matches all matchers, such as severity=critical; a word alone is an alertname",
    )
    .argument("[matcher...]")
    .option("--active", "those that receivers are told of; what is listed without any of these options")
    .option("--silenced", "those that a silence holds")
    .option("--inhibited", "those that another alert inhibits")
    .option("--muted", "those that their rule mutes now")
    .option("--pending", "those whose threshold holds, but not yet for long enough")
    .option("--all", "all of them")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print what the daemon answers, of those that were chosen")
    .action(alerts);
}

async function alerts(matchers: readonly string[], { json, ...options }: AlertsOptions): Promise<void> {
  await askDaemon(options, async (client) => {
    const report: AlertsReport = await client.alerts(matchers);
    const shown = chosenAlerts(report.alerts, options);
    if (json === true) return console.log(jsonLine({ ...report, alerts: shown }));
    printLines(alertLines(report, shown, outputColumns()));
  });
}
