import { type Command } from "commander";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import { openGenerations } from "../../bpf/load/generations.ts";
import { openKernel } from "../../bpf/load/open-kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { planRule, type PlannedRule } from "../run/plan/plan-rule.ts";
import { hostClock } from "../service/clock.ts";
import { wantsColor } from "../service/wants-color.ts";
import { jsonLine } from "../text/json-line.ts";
import { checkRules } from "./check-rules.ts";
import { fail, reportHostTrouble } from "./host-trouble.ts";
import { planLines } from "./plan-lines.ts";
import { outputColumns, printLines } from "./print-lines.ts";
import { readPaths, type ReadPaths } from "./read-paths.ts";

interface PlanOptions {
  readonly rule?: string;
  readonly json?: boolean;
}

/** `bpfwarden plan PATH`: says what rules would take on this host, before they are loaded. */
export function addPlan(program: Command): void {
  program
    .command("plan")
    .description("measure, as root, what a rule file would take on this host: memory, programs, hits and CPU time")
    .argument("<path>")
    .option("--rule <name>", "the rule to plan, if the file has several")
    .option("--json", "print JSON, a line for each rule")
    .action(plan);
}

async function plan(path: string, options: PlanOptions): Promise<void> {
  const read = await readPaths([path]);
  const rules = read.rules.filter(({ name }) => options.rule === undefined || name.text === options.rule);
  const kernel = openKernel();
  const { diagnostics, trouble, isFaulty } = checkRules({ ...read, rules }, kernel);
  report(diagnostics);
  if (trouble !== undefined) return reportHostTrouble(trouble);
  if (isFaulty) return void (process.exitCode = 1);
  if (rules.length === 0)
    return fail(`expected a rule${options.rule === undefined ? "" : ` "${options.rule}"`} in "${path}", found none`, 2);
  try {
    await planAll(rules, kernel, read, options);
  } catch (error) {
    reportHostTrouble(error);
  }
}

async function planAll(
  rules: readonly RuleSyntax[],
  kernel: Kernel,
  read: ReadPaths,
  { json }: PlanOptions,
): Promise<void> {
  using generations = openGenerations();
  const { possibleCpus, pageBytes } = kernel;
  const clock = hostClock();
  const nowMs = (): number => clock.bootMs();
  for (const [index, rule] of rules.entries()) {
    const host = { kernel, generations, nowMs, possibleCpus, pageBytes, memoryBytes: read.memoryBytesOf(rule) };
    if (process.stderr.isTTY) process.stderr.write(`${rule.name.text}: counting for five seconds…\n`);
    const { result, diagnostics } = await planRule(rule, host);
    if (diagnostics.some(({ severity }) => severity === "error")) report(diagnostics);
    if (result === undefined) process.exitCode = 1;
    else show(result, json === true, index > 0);
  }
}

function show(planned: PlannedRule, asJson: boolean, isLater: boolean): void {
  if (asJson) console.log(jsonLine(planned));
  else printLines([...(isLater ? [""] : []), ...planLines(planned, outputColumns())]);
}

function report(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) console.error(formatDiagnostics(diagnostics, { color: wantsColor(process.stderr) }));
}
