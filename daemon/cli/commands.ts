import { Command, type CommanderError } from "commander";
import { VERSION } from "../version.ts";

/** Adds a command. `whole` returns a command line with all commands, for those that list them. */
type Add = (program: Command, whole: () => Promise<Command>) => void;

/**
 * Loads only the code of one command: reading the daemon's code takes longer than most other
 * commands run.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  run: async () => (await import("./run.ts")).addRun,
  check: async () => (await import("./check.ts")).addCheck,
  compile: async () => (await import("./compile.ts")).addCompile,
  try: async () => (await import("./try.ts")).addTry,
  plan: async () => (await import("./plan.ts")).addPlan,
  status: async () => (await import("./status.ts")).addStatus,
  top: async () => (await import("./top/top.ts")).addTop,
  alerts: async () => (await import("./alerts.ts")).addAlerts,
  explain: async () => (await import("./explain.ts")).addExplain,
  history: async () => (await import("./history.ts")).addHistory,
  report: async () => (await import("./report.ts")).addReport,
  tail: async () => (await import("./tail.ts")).addTail,
  silence: async () => (await import("./silence.ts")).addSilence,
  drill: async () => (await import("./drill.ts")).addDrill,
  audit: async () => (await import("./audit/audit.ts")).addAudit,
  export: async () => (await import("./export.ts")).addExport,
  "verify-webhook": async () => (await import("./verify-webhook.ts")).addVerifyWebhook,
  test: async () => (await import("./test.ts")).addTest,
  cat: async () => (await import("./cat.ts")).addCat,
  diff: async () => (await import("./diff.ts")).addDiff,
  edit: async () => (await import("./edit.ts")).addEdit,
  enable: async () => (await import("./enable.ts")).addEnable,
  disable: async () => (await import("./disable.ts")).addDisable,
  probes: async () => (await import("./probes.ts")).addProbes,
  completion: async () => (await import("./completion.ts")).addCompletion,
};

/**
 * Returns the command line with the command of that name, or with all commands if there is none.
 *
 * @param exit called for `--help`, `--version` and wrong usage
 */
export async function commandLine(wanted: string, exit: (error: CommanderError) => never): Promise<Command> {
  const program = new Command("bpfwarden")
    .description("YAML rules, compiled to BPF, aggregated in the kernel, delivered as alerts")
    .version(VERSION)
    .exitOverride(exit);
  for (const find of neededFor(wanted)) (await find())(program, () => commandLine("", exit));
  return program;
}

/** The words that need no command. */
const ALONE = new Set(["--version", "-V"]);

function neededFor(wanted: string): readonly (() => Promise<Add>)[] {
  if (ALONE.has(wanted)) return [];
  const only = Object.hasOwn(COMMANDS, wanted) ? COMMANDS[wanted] : undefined;
  return only === undefined ? Object.values(COMMANDS) : [only];
}
