import type { Command } from "commander";
import { dashboard } from "../../promql/dashboard.ts";
import { exportedRules } from "./exported-rules.ts";

interface Options {
  readonly kernel?: string;
}

/** `bpfwarden export grafana PATH...`: writes a dashboard of the rules' values. */
export function addExportGrafana(exported: Command): void {
  exported
    .command("grafana")
    .description("write a Grafana dashboard of the daemon's metrics, with a row for each rule")
    .argument("<path...>", "rule files, or folders of them")
    .option("--kernel <folder>", "check for a kernel that was recorded with probes --record")
    .action(exportGrafana);
}

async function exportGrafana(paths: readonly string[], { kernel }: Options): Promise<void> {
  const rules = await exportedRules(paths, kernel);
  process.stdout.write(`${JSON.stringify(dashboard(rules), undefined, 2)}\n`);
}
