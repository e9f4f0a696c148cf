import { commandLine } from "./cli/commands.ts";
import { reportHostTrouble } from "./cli/host-trouble.ts";

// SIGUSR1 opens Node's debugger to every local user, unless --disable-sigusr1 was given, or
// somebody listens.
process.on("SIGUSR1", () => undefined);

/**
 * argv → command. A command sets the exit code: 0 for success, 1 for a problem found, 2 for wrong
 * usage.
 */
const program = await commandLine(process.argv[2] ?? "", (error) => process.exit(error.exitCode === 0 ? 0 : 2));

await program.parseAsync().catch(reportHostTrouble);
