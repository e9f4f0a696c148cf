import { wantsColor } from "../service/wants-color.ts";
import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { EMITS, type Emitted, type Stage } from "./emit.ts";
import { openKernelOf } from "./open-kernel-of.ts";
import { readPaths } from "./read-paths.ts";
import { fail } from "./host-trouble.ts";

interface CompileOptions {
  readonly emit: Stage;
  readonly kernel?: string;
  readonly output?: string;
  readonly rule?: string;
}

/**
 * `bpfwarden compile RULE`: prints any stage of the compiler, for the running kernel or a recorded
 * one. Loads nothing.
 */
export function addCompile(program: Command): void {
  program
    .command("compile")
    .description("compile a rule file and print the result of one stage")
    .argument("<path>")
    .addOption(new Option("--emit <stage>", "the stage to print").choices(Object.keys(EMITS)).default("asm"))
    .option("-o, --output <file>", "write to a file")
    .option("--kernel <folder>", "compile for a kernel that was recorded with probes --record")
    .option("--rule <name>", "the rule to compile, if the file has several")
    .action(compile);
}

async function compile(path: string, options: CompileOptions): Promise<void> {
  const { rules, diagnostics } = await readPaths([path]);
  const chosen = options.rule === undefined ? rules : rules.filter(({ name }) => name.text === options.rule);
  if (diagnostics.some(({ severity }) => severity === "error")) return report(diagnostics);
  if (chosen.length === 0)
    return usage(`expected a rule${options.rule === undefined ? "" : ` "${options.rule}"`} in "${path}", found none`);
  if (options.emit === "elf" && chosen.length > 1)
    return usage(`expected one rule for ELF, found ${chosen.length}: choose one with --rule`);
  emit(chosen, options);
}

function emit(rules: readonly RuleSyntax[], options: CompileOptions): void {
  const kernel = openKernelOf(options.kernel);
  const outcomes = rules.map((rule) => EMITS[options.emit](rule, kernel));
  const faults = outcomes.flatMap(({ diagnostics }) => diagnostics);
  const results = outcomes.flatMap(({ result }) => result ?? []);
  if (results.length < outcomes.length) return report(faults);
  if (faults.length > 0) console.error(formatDiagnostics(faults, { color: wantsColor(process.stderr) }));
  for (const result of results) write(result, options.output);
}

function write(result: Emitted, output: string | undefined): void {
  if (output === undefined) process.stdout.write(result);
  else writeFileSync(output, result);
}

function report(diagnostics: readonly Diagnostic[]): void {
  console.error(formatDiagnostics(diagnostics, { color: wantsColor(process.stderr) }));
  process.exitCode = 1;
}

const usage = (message: string): void => fail(message, 2);
