import type { Command } from "commander";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { checkRules } from "./check-rules.ts";
import { reportHostTrouble } from "./host-trouble.ts";
import { jsonDiagnostic } from "./json-diagnostic.ts";
import { openKernelOf } from "./open-kernel-of.ts";
import { readPaths } from "./read-paths.ts";

interface CheckOptions {
  readonly json?: boolean;
  readonly kernel?: string;
}

/** `bpfwarden check PATH...`: everything short of loading, against the running kernel or a recorded one. */
export function addCheck(program: Command): void {
  program
    .command("check")
    .description("say what is wrong with rule files, folders of them, and folders with settings and rules.d")
    .argument("<path...>")
    .option("--json", "print the problems as JSON")
    .option("--kernel <folder>", "against a kernel that was recorded with probes --record")
    .action(check);
}

function check(paths: readonly string[], { json, kernel: folder }: CheckOptions): void {
  const kernel = openKernelOf(folder);
  const read = readPaths(paths);
  const { diagnostics, trouble, isFaulty } = checkRules(read, kernel);
  const rules = read.rules.length;
  if (json === true) console.log(JSON.stringify({ rules, problems: diagnostics.map(jsonDiagnostic) }));
  else report(diagnostics, rules, isFaulty);
  if (trouble !== undefined) reportHostTrouble(trouble);
  process.exitCode = isFaulty ? 1 : 0;
}

function report(found: readonly Diagnostic[], rules: number, isFaulty: boolean): void {
  if (found.length > 0) console.error(formatDiagnostics(found, { color: process.stderr.isTTY }));
  if (!isFaulty) console.log(`${rules} ${rules === 1 ? "rule" : "rules"} checked, no problem found`);
}
