import type { Command } from "commander";
import { visible, visibleText } from "../../bpf/source/visible.ts";
import type { ExplainedAlert, ExplainedPart } from "../api/explain/explain-report.ts";
import { jsonLine } from "../text/json-line.ts";
import { wrapped } from "../text/wrapped.ts";
import { askDaemon, CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { outputColumns, printLines } from "./print-lines.ts";
import { labelsText } from "../api/values-text.ts";

interface ExplainOptions extends DaemonOptions {
  readonly json?: boolean;
}

/** `bpfwarden explain ALERT [MATCHER...]`: says in sentences why an alert fires, or does not. */
export function addExplain(program: Command): void {
  program
    .command("explain")
    .description(
      "say in sentences what an alert counts, why it fires or not, what it cannot see, who was notified, and what ends it; also of one that is over",
    )
    .argument("<alert>", "the name of a rule or a notice")
    .argument("[matcher...]", "matchers of its labels, such as comm=dd")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print the daemon's answer as JSON")
    .action(explain);
}

async function explain(alert: string, matchers: readonly string[], options: ExplainOptions): Promise<void> {
  await askDaemon(
    options,
    async (client) => {
      const report = await client.explain(alert, matchers);
      if (options.json === true) return console.log(jsonLine(report));
      const { omitted } = report;
      const columns = Math.min(outputColumns(), WIDEST);
      printLines([
        ...report.alerts.flatMap((each, index) => [...(index === 0 ? [] : [""]), ...alertLines(each, columns)]),
        ...(omitted === 0 ? [] : ["", `${omitted} more alerts: choose with matchers`]),
      ]);
    },
    { waits: "for the history" },
  );
}

/** Longer lines of sentences are hard to read. */
const WIDEST = 100;
const INDENT = "  ";

const TITLES: Readonly<Record<ExplainedPart["about"], string>> = {
  state: "",
  counted: "What it counts",
  why: "Why",
  unseen: "What it does not see",
  notified: "Who was notified",
  end: "What ends it",
};

function alertLines({ alertname, labels, parts }: ExplainedAlert, columns: number): readonly string[] {
  const { alertname: _name, instance: _instance, ...own } = labels;
  return [
    `${visible(alertname)}${labelsText(own)}`,
    ...parts.flatMap(({ about, sentences }) => [
      ...(TITLES[about] === "" ? [] : ["", TITLES[about]]),
      ...sentences
        .flatMap((sentence) => wrapped(visibleText(sentence), columns - INDENT.length))
        .map((line) => INDENT + line),
    ]),
  ];
}
