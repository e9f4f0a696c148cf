import type { Command } from "commander";
import { openKernel } from "../../bpf/load/open-kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { buildRule } from "../build-rule.ts";
import { jsonDiagnostic } from "./json-diagnostic.ts";
import { readPaths } from "./read-paths.ts";

interface CheckOptions {
  readonly json?: boolean;
}

/** `bpfwarden check PATH...`: everything short of loading, against the running kernel. */
export function addCheck(program: Command): void {
  program
    .command("check")
    .description("say what is wrong with rule files and folders")
    .argument("<path...>")
    .option("--json", "print the problems as JSON")
    .action(check);
}

function check(paths: readonly string[], { json }: CheckOptions): void {
  const { rules, diagnostics } = readPaths(paths);
  const kernel = openKernel();
  const found: readonly Diagnostic[] = [
    ...diagnostics,
    ...rules.flatMap((rule) => buildRule(rule, kernel).diagnostics),
  ];
  const errors = found.filter(({ severity }) => severity === "error").length;
  if (json === true) console.log(JSON.stringify({ rules: rules.length, problems: found.map(jsonDiagnostic) }));
  else report(found, rules.length, errors);
  process.exitCode = errors > 0 ? 1 : 0;
}

function report(found: readonly Diagnostic[], rules: number, errors: number): void {
  if (found.length > 0) console.error(formatDiagnostics(found, { color: process.stderr.isTTY }));
  if (errors === 0) console.log(`${rules} ${rules === 1 ? "rule" : "rules"} checked, no problem found`);
}
