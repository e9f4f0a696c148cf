import type { Command } from "commander";
import type { AlertsReport } from "../api/alert-report.ts";
import { alertLines, chosenAlerts, type AlertChoice } from "./alert-lines.ts";
import { askDaemon, CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { jsonLine } from "../text/json-line.ts";
import { outputColumns, printLines } from "./print-lines.ts";

interface AlertsOptions extends DaemonOptions, AlertChoice {
  readonly json?: boolean;
}

/**
 * `bpfwarden alerts [MATCHER...]`: lists the firing alerts of all rules, as `amtool alert` does.
 */
export function addAlerts(program: Command): void {
  program
    .command("alerts")
    .description(
      "list firing alerts of all rules and of the daemon that match all matchers, such as severity=critical; a single word is an alertname",
    )
    .argument("[matcher...]")
    .option("--active", "alerts that receivers are notified of; the default")
    .option("--silenced", "alerts that a silence suppresses")
    .option("--inhibited", "alerts that another alert inhibits")
    .option("--muted", "alerts that are muted now")
    .option("--pending", "alerts whose threshold is exceeded, but not for long enough")
    .option("--all", "all alerts")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print the daemon's answer as JSON, with the chosen alerts")
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
