import { Argument, type Command, Option } from "commander";
import { completedCommand } from "./completion/command-model.ts";
import { SHELLS } from "./completion/scripts.ts";
import { fail } from "./host-trouble.ts";
import { RULES_OPTION } from "./rule-files/rule-places.ts";

interface CompletionOptions {
  readonly values?: string;
  readonly config?: string;
}

/** `bpfwarden completion SHELL`: prints the script by which a shell completes command lines. */
export function addCompletion(program: Command, whole: () => Promise<Command>): void {
  program
    .command("completion")
    .description("print the completion script of a shell, which the package installs")
    .addArgument(new Argument("[shell]", "the shell").choices(Object.keys(SHELLS)).argParser((text: string) => text))
    .addOption(new Option("--values <kind>").hideHelp())
    .option(...RULES_OPTION)
    .action((shell: string | undefined, options: CompletionOptions) => completion(shell, options, whole));
}

async function completion(
  shell: string | undefined,
  { values, config }: CompletionOptions,
  whole: () => Promise<Command>,
): Promise<void> {
  if (values !== undefined) return printValues(values, shell ?? "", config);
  const scriptOf = SHELLS[shell ?? ""]?.scriptOf;
  if (scriptOf === undefined)
    return fail(`expected a shell, one of ${Object.keys(SHELLS).join(", ")}, found "${shell ?? ""}"`, 2);
  process.stdout.write(scriptOf(completedCommand(await whole())));
}

/**
 * Words without meaning for a shell: bash does not quote what is completed, and files have any
 * name.
 */
const PLAIN = /^[\p{L}\p{N}_./:=@%+,-]+$/u;

async function printValues(kind: string, beginning: string, config: string | undefined): Promise<void> {
  const { LISTED_KINDS } = await import("./completion/value-kinds.ts");
  const found = (await LISTED_KINDS[kind]?.(beginning, config)) ?? [];
  const words = found.filter((word) => word.startsWith(beginning) && PLAIN.test(word));
  if (words.length > 0) process.stdout.write(`${words.join("\n")}\n`);
}
