import { Command } from "commander";
import { addCheck } from "./cli/check.ts";
import { addCompile } from "./cli/compile.ts";
import { reportHostTrouble } from "./cli/host-trouble.ts";
import { addRun } from "./cli/run.ts";
import { VERSION } from "./version.ts";

/** argv → command. A command sets the exit code: 0 for success, 1 for a problem found, 2 for wrong usage. */
const program = new Command("bpfwarden")
  .description("YAML rules, compiled to BPF, aggregated in the kernel, delivered as alerts")
  .version(VERSION)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

for (const add of [addRun, addCheck, addCompile]) add(program);

await program.parseAsync().catch(reportHostTrouble);
