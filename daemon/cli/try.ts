import { wantsColor } from "../service/wants-color.ts";
import { type Command, InvalidArgumentError } from "commander";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import { openKernel } from "../../bpf/load/open-kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { hostClock } from "../service/clock.ts";
import { startTickLoop } from "../service/tick-loop.ts";
import { Trial } from "../run/trial.ts";
import { durationMs, isDuration } from "../yaml/quantity.ts";
import { checkRules } from "./check-rules.ts";
import { fail, reportHostTrouble } from "./host-trouble.ts";
import { readPaths, type ReadPaths } from "./read-paths.ts";
import { openTrialScreen, type TrialScreen } from "./trial-screen.ts";

const TICK_MS = 1_000;
const FOLLOW_MS = 2_000;

interface TryOptions {
  readonly rule?: string;
  readonly for?: number;
  readonly json?: boolean;
}

/**
 * `bpfwarden try RULE`: runs rules in the foreground and shows what they see. Sends and saves
 * nothing.
 */
export function addTry(program: Command): void {
  program
    .command("try")
    .description("run a rule file in the foreground, as root, and show values, events and alerts; sends nothing")
    .argument("<path>")
    .option("--rule <name>", "the rule to run, if the file has several")
    .option("--for <duration>", "the duration, such as 10s; default: until Ctrl-C", readDuration)
    .option("--json", "print JSON Lines: a sample for each tick, events, changes of alerts")
    .action(tryRules);
}

/** A timer has 31 bits of milliseconds. A longer one would end at once. */
const LONGEST_TRIAL_MS = 24 * 86_400_000;

function readDuration(text: string): number {
  if (!isDuration(text) || durationMs(text) === 0)
    throw new InvalidArgumentError(`expected a duration such as "10s", found "${text}"`);
  if (durationMs(text) > LONGEST_TRIAL_MS) throw new InvalidArgumentError(`expected at most 24d, found "${text}"`);
  return durationMs(text);
}

async function tryRules(path: string, options: TryOptions): Promise<void> {
  const read = chosen(await readPaths([path]), options.rule);
  const kernel = openKernel();
  const { diagnostics, trouble, isFaulty } = checkRules(read, kernel);
  report(diagnostics);
  if (trouble !== undefined) return reportHostTrouble(trouble);
  if (isFaulty) return void (process.exitCode = 1);
  if (read.rules.length === 0) return usage(path, options.rule);
  try {
    await run(read, kernel, options);
  } catch (error) {
    reportHostTrouble(error);
  }
}

function chosen(read: ReadPaths, name: string | undefined): ReadPaths {
  if (name === undefined) return read;
  const isChosen = (rule: RuleSyntax): boolean => rule.name.text === name;
  return { ...read, rules: read.rules.filter(isChosen), faulty: read.faulty.filter(({ rule }) => isChosen(rule)) };
}

async function run({ rules, memoryBytesOf }: ReadPaths, kernel: Kernel, options: TryOptions): Promise<void> {
  const screen = openTrialScreen(options.json === true);
  const forMs = options.for;
  const clock = hostClock();
  const host = { clock, kernel, tickMs: TICK_MS, memoryBytesOf, output: screen.output };
  await using trial = new Trial({ ...host, ...(forMs !== undefined && { forMs }) });
  const refused = (await trial.load(rules)).filter(({ severity }) => severity === "error");
  report(refused);
  if (refused.length > 0) return void (process.exitCode = 1);
  await trial.follow();
  trial.start();
  await watch(trial, screen, () => clock.bootMs(), forMs);
  await trial.end();
  screen.close();
}

/** Runs until the time is up, the user ends it, or nobody reads the output any more. */
async function watch(trial: Trial, screen: TrialScreen, nowMs: () => number, forMs?: number): Promise<void> {
  const ticks = startTickLoop(TICK_MS, nowMs, () => trial.tick());
  const following = startTickLoop(FOLLOW_MS, nowMs, () => trial.follow());
  const timeIsUp = Promise.withResolvers<void>();
  const timer = forMs === undefined ? undefined : setTimeout(timeIsUp.resolve, Math.min(forMs, 2 ** 31 - 1));
  await Promise.race([screen.stopped, timeIsUp.promise]);
  clearTimeout(timer);
  await Promise.all([ticks.stop(), following.stop()]);
}

function report(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) console.error(formatDiagnostics(diagnostics, { color: wantsColor(process.stderr) }));
}

function usage(path: string, name: string | undefined): void {
  fail(`expected a rule${name === undefined ? "" : ` "${name}"`} in "${path}", found none`, 2);
}
