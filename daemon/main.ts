import { Command } from "commander";
import { reportHostTrouble } from "./cli/host-trouble.ts";
import { VERSION } from "./version.ts";

type Add = (program: Command) => void;

/** Each command with only the code that it needs: reading the daemon's takes longer than most others take in all. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  run: async () => (await import("./cli/run.ts")).addRun,
  check: async () => (await import("./cli/check.ts")).addCheck,
  compile: async () => (await import("./cli/compile.ts")).addCompile,
  try: async () => (await import("./cli/try.ts")).addTry,
  status: async () => (await import("./cli/status.ts")).addStatus,
  silence: async () => (await import("./cli/silence.ts")).addSilence,
  drill: async () => (await import("./cli/drill.ts")).addDrill,
  test: async () => (await import("./cli/test.ts")).addTest,
  probes: async () => (await import("./cli/probes.ts")).addProbes,
};

/** argv → command. A command sets the exit code: 0 for success, 1 for a problem found, 2 for wrong usage. */
const program = new Command("bpfwarden")
  .description("YAML rules, compiled to BPF, aggregated in the kernel, delivered as alerts")
  .version(VERSION)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const [, , wanted = ""] = process.argv;
const only = Object.hasOwn(COMMANDS, wanted) ? COMMANDS[wanted] : undefined;
for (const find of only === undefined ? Object.values(COMMANDS) : [only]) (await find())(program);

await program.parseAsync().catch(reportHostTrouble);
