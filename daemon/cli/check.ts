import type { Command } from "commander";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { checkRules, type CheckOutcome } from "./check-rules.ts";
import { reportHostTrouble } from "./host-trouble.ts";
import { jsonDiagnostic } from "./json-diagnostic.ts";
import { openKernelOf } from "./open-kernel-of.ts";
import { type ReadPaths, readPaths } from "./read-paths.ts";
import { settingsFileOf, withSettings } from "./read-settings-path.ts";
import { tracepointLines } from "./tracepoint-lines.ts";
import { unknownHosts } from "./unknown-hosts.ts";
import { settingsPathIn } from "../rules/settings-files.ts";
import { ignoredText } from "../rules/report-ignored.ts";
import type { SettingsCode } from "../settings/values/codes.ts";
import { wantsColor } from "../service/wants-color.ts";
import { jsonLine } from "../text/json-line.ts";

interface CheckOptions {
  readonly json?: boolean;
  readonly settings?: string;
  readonly kernel?: string;
}

/**
 * `bpfwarden check PATH...`: checks everything except loading, with the running kernel or a
 * recorded one.
 */
export function addCheck(program: Command): void {
  program
    .command("check")
    .description("check rule files, folders of them, and folders with settings and rules.d")
    .argument("[path...]")
    .option("--settings <path>", "check settings, a file or its folder, with its fragments, alone or for the rules")
    .option("--json", "print the problems as JSON")
    .option("--kernel <folder>", "check with a kernel that was recorded with probes --record")
    .action(check);
}

async function check(
  paths: readonly string[],
  { json, kernel: folder, settings }: CheckOptions,
  command: Command,
): Promise<void> {
  if (paths.length === 0 && settings === undefined)
    command.error("error: expected a path of rules, or --settings with a path of settings", { exitCode: 2 });
  const settingsPath = settings === undefined ? [] : [settingsFileOf(settings)];
  const kernel = openKernelOf(folder);
  const rules = await readPaths(paths);
  const read = refusingSecrets(settingsPath.reduce(withSettings, rules));
  const outcome = checkRules(read, kernel);
  const { notes, tracepoints, trouble, isFaulty } = outcome;
  const diagnostics = [
    ...outcome.diagnostics,
    ...(await unknownHosts([...paths.map(settingsPathIn), ...settingsPath])),
  ];
  if (json === true) {
    const ignored = read.ignored.length === 0 ? {} : { ignored: read.ignored };
    const noted = notes.length === 0 ? {} : { notes };
    const problems = diagnostics.map(jsonDiagnostic);
    console.log(jsonLine({ rules: read.rules.length, ...ignored, ...noted, tracepoints, problems }));
  } else if (trouble === undefined) report({ ...outcome, diagnostics }, read);
  else if (diagnostics.length > 0) print(diagnostics);
  if (trouble !== undefined) reportHostTrouble(trouble);
  process.exitCode = isFaulty ? 1 : 0;
}

/** The faults of files that can be replaced at any time. */
const IN_FILES: readonly string[] = ["bad-secret", "bad-certificate"] satisfies readonly SettingsCode[];

/** Makes errors of faults in files, which `run` only warns of. */
function refusingSecrets(read: ReadPaths): ReadPaths {
  const diagnostics = read.diagnostics.map((each) =>
    IN_FILES.includes(each.code) ? { ...each, severity: "error" as const } : each,
  );
  return { ...read, diagnostics };
}

function report({ diagnostics: found, notes, tracepoints, isFaulty }: CheckOutcome, read: ReadPaths): void {
  if (found.length > 0) print(found, "\n");
  const ignored = read.ignored.map(ignoredText);
  const attached = [...Map.groupBy(tracepoints, ({ rule }) => rule)].flatMap(([rule, all]) =>
    tracepointLines(all).map((line) => `${rule}: ${line}`),
  );
  const noted = notes.map(({ rule, note }) => `note: ${rule}: ${note}`);
  const text = [...ignored, ...attached, ...noted, countsText(found, read)].join("\n");
  if (isFaulty) console.error(text);
  else console.log(text);
}

function print(found: readonly Diagnostic[], end = ""): void {
  console.error(formatDiagnostics(found, { color: wantsColor(process.stderr) }) + end);
}

/** Formats the last line: what was checked, and the number of problems. */
function countsText(found: readonly Diagnostic[], { rules, faulty, files, settings }: ReadPaths): string {
  const errors = found.filter(({ severity }) => severity === "error").length;
  const others = ["", " and the settings"][settings.length] ?? ` and ${settings.length} files of settings`;
  const read = `${counted(rules.length + faulty.length, "rule")} in ${counted(files.length, "file")}${others}`;
  const checked = `${files.length === 0 ? others.replace(/^ and /, "") || read : read} checked`;
  if (found.length === 0) return `${checked}, no problem found`;
  return `${checked}: ${counted(errors, "error")}, ${counted(found.length - errors, "warning")}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
