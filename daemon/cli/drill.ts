import { type Command, InvalidArgumentError, Option } from "commander";
import { visible, visibleText } from "../../bpf/source/visible.ts";
import type { ControlClient } from "../api/control-client.ts";
import type { AnswerReport, DrillReport } from "../api/drill-report.ts";
import { LEVELS } from "../rules/levels.ts";
import type { Level } from "../rules/rule-syntax.ts";
import { askDaemon, CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { printLines } from "./print-lines.ts";
import { decisionLines } from "./rule-status.ts";
import { labelsText } from "../api/values-text.ts";
import { jsonLine } from "../text/json-line.ts";

interface DrillOptions extends DaemonOptions {
  readonly key: Readonly<Record<string, string>>;
  readonly level?: Level;
  readonly force?: boolean;
  readonly json?: boolean;
}

/**
 * `bpfwarden drill RULE`: sends an alert that is marked as a drill, and its end, and prints the
 * results.
 */
export function addDrill(program: Command): void {
  program
    .command("drill")
    .description(
      "send an alert that is marked as a drill to a rule's real receivers; prints the decision of each stage and the answers",
    )
    .argument("<rule>")
    .option("--key <label=value>", 'a label of by; missing ones are "drill"', readLabel, {})
    .addOption(new Option("--level <level>", "the alert's level; default: the rule's highest").choices(LEVELS))
    .option("--force", "send it even if it is silenced, muted, inhibited or over budget")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print the daemon's answer as JSON")
    .action(drill);
}

function readLabel(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError(`expected label=value, found "${text}"`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

async function drill(rule: string, { key, level, force, json, ...options }: DrillOptions): Promise<void> {
  const request = { rule, key, ...(level !== undefined && { level }), ...(force !== undefined && { force }) };
  const printDrill = async (client: ControlClient): Promise<void> => {
    const report = await client.drill(request);
    if (json === true) console.log(jsonLine(report));
    else printLines(drillLines(report));
    if (!report.ok) process.exitCode = 1;
  };
  await askDaemon(options, printDrill, { waits: "for receivers" });
}

function drillLines({ rule, labels, summary, decisions, answers }: DrillReport): readonly string[] {
  const isHeld = answers.length === 0;
  return [
    `${rule}${labelsText(labels)}`,
    visibleText(summary),
    ...decisionLines(decisions),
    ...answers.map(answerLine),
    ...(isHeld ? ["nothing was sent; send it anyway with --force"] : []),
  ];
}

function answerLine({ action, kind, status, ok, answer, elapsedMs }: AnswerReport): string {
  return `  ${action} (${kind}), ${status}: ${ok ? visible(answer) : `FAILED: ${visible(answer)}`} after ${elapsedMs} ms`;
}
