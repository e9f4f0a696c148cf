import type { Command } from "commander";
import { listProbes } from "../../bpf/check/probes/list-probes.ts";
import { probeArguments, type ProbeArgument } from "../../bpf/check/probes/probe-arguments.ts";
import { kindCalled, PROBE_KINDS } from "../../bpf/check/probes/probe-kinds.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import { fail } from "./host-trouble.ts";
import { openKernelOf } from "./open-kernel-of.ts";
import { jsonLine } from "../text/json-line.ts";

interface ProbesOptions {
  readonly args?: boolean;
  readonly json?: boolean;
  readonly kernel?: string;
  readonly record?: string;
  readonly rules?: readonly string[];
}

/**
 * Up to this number of probes, arguments are shown by default: after such a narrow search, the next
 * step is to write the rule.
 */
const FEW = 5;

/** `bpfwarden probes PATTERN`: lists probes as rules spell them. */
export function addProbes(program: Command): void {
  program
    .command("probes")
    .description("list the probes of this host by a pattern such as tcp_*, tracepoint:tcp:* or uprobe:/bin/bash:read*")
    .argument("[pattern]", 'a name or a whole probe; "*" stands for any characters', "*")
    .option("-v, --args", `show arguments and their types also for more than ${FEW} probes`)
    .option("--json", "print probes with their arguments as JSON")
    .option("--kernel <folder>", "list probes of a kernel that was recorded with --record")
    .option("--record <folder>", "record this kernel instead, for check --kernel on another host")
    .option("--rules <path...>", "with --record: also record the executables and libraries that these rules probe")
    .action(probes);
}

async function probes(pattern: string, options: ProbesOptions): Promise<void> {
  const kernel = openKernelOf(options.kernel);
  if (options.record === undefined) return list(pattern, options, kernel);
  const { record } = await import("./record.ts");
  await record(options.record, options.rules ?? [], kernel);
}

function list(pattern: string, { args, json }: ProbesOptions, kernel: Kernel): void {
  const { probes: found, reasons, leftOut } = listProbes(pattern, kernel);
  if (json === true) console.log(jsonLine(found.map((probe) => asJson(probe, kernel))));
  else print(found, args === true || found.length <= FEW, kernel);
  if (found.length > 0) for (const each of leftOut) console.error(`note: ${each}`);
  if (found.length === 0) fail([noProbe(pattern), ...reasons].join(": "));
}

function noProbe(pattern: string): string {
  const kind = pattern.slice(0, Math.max(pattern.indexOf(":"), 0));
  const help = PROBE_KINDS.some(({ name }) => name === kind) ? undefined : kindCalled(kind);
  return `no probe matches "${pattern}"${help === undefined ? "" : `; ${help}`}`;
}

function asJson(probe: string, kernel: Kernel): object {
  const found = probeArguments(probe, kernel);
  return typeof found === "string" ? { probe, unavailable: found } : { probe, arguments: found };
}

function print(found: readonly string[], withArguments: boolean, kernel: Kernel): void {
  const lines = found.flatMap((probe) => (withArguments ? [probe, ...argumentLines(probe, kernel)] : [probe]));
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

function argumentLines(probe: string, kernel: Kernel): readonly string[] {
  const found = probeArguments(probe, kernel);
  if (typeof found === "string") return [`    ${found}`];
  return registersOf(found) ?? found.map((argument) => `    ${argument.name}: ${saidOf(argument)}`);
}

/**
 * Returns one line if only registers are known of a function's arguments: a line for each would be
 * the same.
 */
function registersOf(found: readonly ProbeArgument[]): readonly string[] | undefined {
  const [first, ...others] = found;
  const last = others.at(-1);
  if (first?.name !== "arg0" || last === undefined) return undefined;
  const areAlike = others.every((each) => /^arg\d/.test(each.name) && saidOf(each) === saidOf(first));
  return areAlike ? [`    ${first.name} to ${last.name}: ${saidOf(first)}`] : undefined;
}

function saidOf(argument: ProbeArgument): string {
  return "type" in argument ? argument.type : `cannot be read: ${argument.unreadable}`;
}
