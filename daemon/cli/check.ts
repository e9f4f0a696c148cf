import type { Command } from "commander";
import { openKernel } from "../../bpf/load/open-kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { buildRule } from "../build-rule.ts";
import { ruleRefusal } from "../rule-refusal.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { isHostTrouble, reportHostTrouble } from "./host-trouble.ts";
import { jsonDiagnostic } from "./json-diagnostic.ts";
import { readPaths } from "./read-paths.ts";

interface CheckOptions {
  readonly json?: boolean;
}

/** `bpfwarden check PATH...`: everything short of loading, against the running kernel. */
export function addCheck(program: Command): void {
  program
    .command("check")
    .description("say what is wrong with rule files, folders of them, and folders with settings and rules.d")
    .argument("<path...>")
    .option("--json", "print the problems as JSON")
    .action(check);
}

function check(paths: readonly string[], { json }: CheckOptions): void {
  const { rules, diagnostics } = readPaths(paths);
  const built = buildAll(rules);
  const found = [...diagnostics, ...built.diagnostics];
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

function buildAll(rules: readonly RuleSyntax[]): Built {
  const kernel = openKernel();
  const diagnostics: Diagnostic[] = [];
  for (const rule of rules) {
    try {
      diagnostics.push(...buildRule(rule, kernel).diagnostics);
    } catch (error) {
      if (isHostTrouble(error)) return { diagnostics, trouble: error };
      diagnostics.push(ruleRefusal(rule, error));
    }
  }
  return { diagnostics };
}

function report(found: readonly Diagnostic[], rules: number, isFaulty: boolean): void {
  if (found.length > 0) console.error(formatDiagnostics(found, { color: process.stderr.isTTY }));
  if (!isFaulty) console.log(`${rules} ${rules === 1 ? "rule" : "rules"} checked, no problem found`);
}
