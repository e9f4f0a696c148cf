import type { Command } from "commander";
import { Document } from "yaml";
import { ruleGroup } from "../../promql/rule-group.ts";
import { jsonLine } from "../../text/json-line.ts";
import { exportedRules, reportFaults } from "./exported-rules.ts";

interface Options {
  readonly by?: string;
  readonly kernel?: string;
  readonly json?: boolean;
}

/** `bpfwarden export prometheus PATH...`: writes rules of Prometheus that mean the same. */
export function addExportPrometheus(exported: Command): void {
  exported
    .command("prometheus")
    .description("write alerting rules of Prometheus over the daemon's metrics that mean the same")
    .argument("<path...>", "rule files, or folders of them")
    .option("--by <labels>", 'judge the sum of all hosts, by these labels with commas between them; "" for none')
    .option("--kernel <folder>", "check for a kernel that was recorded with probes --record")
    .option("--json", "write JSON instead of YAML")
    .action(exportPrometheus);
}

async function exportPrometheus(paths: readonly string[], { by, kernel, json }: Options): Promise<void> {
  const labels = by
    ?.split(",")
    .map((label) => label.trim())
    .filter((label) => label !== "");
  const notes: string[] = [];
  const translated = (await exportedRules(paths, kernel)).flatMap(({ rule, formulas }) => {
    const { threshold } = rule;
    if (threshold === undefined) notes.push(`${rule.name.text}: no threshold`);
    return threshold === undefined ? [] : [ruleGroup({ ...rule, threshold }, formulas, labels)];
  });
  reportFaults(translated.flatMap(({ diagnostics }) => diagnostics));
  const file = { groups: translated.flatMap(({ group }) => group ?? []) };
  if (json === true) return console.log(jsonLine(file));
  const document = new Document(file);
  const head = ["Written by bpfwarden export prometheus."];
  document.commentBefore = [...head, ...notes].map((line) => ` ${line}`).join("\n");
  process.stdout.write(document.toString({ lineWidth: 0 }));
}
