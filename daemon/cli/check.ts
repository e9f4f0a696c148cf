import type { Command } from "commander";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { checkFaultyRule } from "../build-rule.ts";
import { ruleRefusal } from "../rule-refusal.ts";
import type { FaultyRule } from "../rules/faulty-rule.ts";
import { isHostTrouble, reportHostTrouble } from "./host-trouble.ts";
import { jsonDiagnostic } from "./json-diagnostic.ts";
import { openKernelOf } from "./open-kernel-of.ts";
import { readPaths, type ReadPaths } from "./read-paths.ts";

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
  const { rules, faulty, diagnostics, memoryBytesOf } = readPaths(paths);
  const built = buildAll(
    rules.map((rule) => ({ rule, faults: [] })),
    kernel,
    memoryBytesOf,
  );
  // where the kernel cannot be asked, what is wrong with faulty rules by themselves is enough
  const more = buildAll(faulty, kernel, memoryBytesOf);
  const found = [...diagnostics, ...built.diagnostics, ...more.diagnostics];
  const isFaulty = built.trouble !== undefined || found.some(({ severity }) => severity === "error");
  if (json === true) console.log(JSON.stringify({ rules: rules.length, problems: found.map(jsonDiagnostic) }));
  else report(found, rules.length, isFaulty);
  if (built.trouble !== undefined) reportHostTrouble(built.trouble);
  process.exitCode = isFaulty ? 1 : 0;
}

interface Built {
  readonly diagnostics: readonly Diagnostic[];
  /** why the rules from here on could not be held against the kernel */
  readonly trouble?: Error;
}

function buildAll(rules: readonly FaultyRule[], kernel: Kernel, memoryBytesOf: ReadPaths["memoryBytesOf"]): Built {
  const diagnostics: Diagnostic[] = [];
  for (const each of rules) {
    try {
      diagnostics.push(...checkFaultyRule(each, kernel, memoryBytesOf(each.rule)));
    } catch (error) {
      if (isHostTrouble(error)) return { diagnostics, trouble: error };
      diagnostics.push(ruleRefusal(each.rule, error));
    }
  }
  return { diagnostics };
}

function report(found: readonly Diagnostic[], rules: number, isFaulty: boolean): void {
  if (found.length > 0) console.error(formatDiagnostics(found, { color: process.stderr.isTTY }));
  if (!isFaulty) console.log(`${rules} ${rules === 1 ? "rule" : "rules"} checked, no problem found`);
}
