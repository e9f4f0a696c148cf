import { hostname } from "node:os";
import type { Command } from "commander";
import { Document } from "yaml";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { visible } from "../../bpf/source/visible.ts";
import { findConfiguration } from "../rules/find-configuration.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { settingsPathIn } from "../rules/settings-files.ts";
import { wantsColor } from "../service/wants-color.ts";
import { alertmanagerConfig } from "../settings/alertmanager-config.ts";
import type { Settings } from "../settings/settings.ts";
import { jsonLine } from "../text/json-line.ts";
import { addExportGrafana } from "./export/grafana.ts";
import { addExportPrometheus } from "./export/prometheus.ts";
import { fail } from "./host-trouble.ts";
import { folderOf, RULES_OPTION } from "./rule-files/rule-places.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

/** `bpfwarden export`: writes the configuration of other programs that equals ours. */
export function addExport(program: Command): void {
  const exported = program
    .command("export")
    .description("write the configuration of other programs that equals this one");
  exported
    .command("alertmanager")
    .description("write the route and the inhibitions of Alertmanager that equal route: and inhibit:")
    .option(...RULES_OPTION)
    .option("--json", "write JSON instead of YAML")
    .action(exportAlertmanager);
  addExportPrometheus(exported);
  addExportGrafana(exported);
}

async function exportAlertmanager({ config, json }: Options): Promise<void> {
  const nothing = { settings: undefined, hasSettingsFile: false };
  const folder = folderOf(config);
  const found = await findConfiguration(folder, hostname(), nothing, new Map());
  const { settings, rules, diagnostics } = found;
  // The defaults notify nobody: written for another program, they would look like settings.
  if (settings !== undefined && !found.hasSettingsFile)
    return fail(`expected settings, found no file at "${visible(settingsPathIn(folder))}"`);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    console.error(formatDiagnostics(errors, { color: wantsColor(process.stderr) }));
    process.exitCode = 1;
  }
  if (settings === undefined) return;
  const own = rules.filter(({ actions }) => actions.length > 0);
  const written = alertmanagerConfig(
    settings.notify,
    new Map(own.map(({ name, actions }) => [name.text, actions.map(({ text }) => text)])),
  );
  if (json === true) return console.log(jsonLine(written));
  const document = new Document(written);
  document.commentBefore = notesOf(settings, rules)
    .map((line) => ` ${line}`)
    .join("\n");
  process.stdout.write(document.toString({ lineWidth: 0 }));
}

/** Returns what the configuration cannot say, a line each. */
function notesOf({ notify, actions }: Settings, rules: readonly RuleSyntax[]): readonly string[] {
  const muted = rules.filter(({ mute = [] }) => mute.length > 0).map(({ name }) => name.text);
  return [
    "Written by bpfwarden export alertmanager. Each receiver is a set of actions: give it the",
    "notifications of Alertmanager that equal them.",
    ...[...actions.values()].map(({ name, kind }) => `  ${name}: ${kind}`),
    `Not in Alertmanager: budgets (${notify.budget.rule} messages an hour of a rule, ${notify.budget.action} to an action).`,
    ...(muted.length > 0 ? [`Not written: mute: of ${muted.join(", ")}. Use time_intervals.`] : []),
  ];
}
