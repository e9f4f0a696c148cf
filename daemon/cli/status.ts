import type { Command } from "commander";
import { askDaemon, CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { outputColumns, printLines } from "./print-lines.ts";
import { ruleLines } from "./rule-status.ts";
import { statusLines } from "./status-lines.ts";
import { jsonLine } from "../text/json-line.ts";

interface StatusOptions extends DaemonOptions {
  readonly json?: boolean;
}

/**
 * `bpfwarden status [RULE]`: shows the running rules, or for one rule why it fires or not, and why
 * receivers were notified or not.
 */
export function addStatus(program: Command): void {
  program
    .command("status")
    .description("show the running rules, or for one rule why it fires or not, and why receivers were notified or not")
    .argument("[rule]")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print the daemon's answer as JSON")
    .action(status);
}

async function status(rule: string | undefined, options: StatusOptions): Promise<void> {
  const columns = outputColumns();
  await askDaemon(options, async (client) => {
    const report = rule === undefined ? await client.status() : await client.rule(rule);
    if (options.json === true) return console.log(jsonLine(report));
    const lines = "rules" in report ? statusLines(report, columns) : ruleLines(report);
    printLines(lines);
  });
}
