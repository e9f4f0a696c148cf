import type { Command, Option } from "commander";

/** Words that complete a value: of a fixed list, or of a kind such as "files" or "rules". */
export type Values = readonly string[] | string;

export interface CompletedOption {
  readonly short?: string;
  readonly long: string;
  readonly description: string;
  /** absent for an option without a value */
  readonly values?: Values;
}

/** A command, as completion scripts need it. */
export interface CompletedCommand {
  /** such as ["silence", "add"]; empty for the program */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** of each argument in its position */
  readonly positions: readonly Values[];
  /** the last argument may come again */
  readonly repeats: boolean;
  readonly commands: readonly CompletedCommand[];
}

/** The kinds of values by the names of arguments and of values of options. */
const BY_NAME: Readonly<Record<string, string>> = {
  path: "files",
  file: "files",
  body: "files",
  folder: "folders",
  pattern: "probes",
  rule: "rules",
  matcher: "matchers",
};

/** The kinds of values that the name alone does not say, by command and argument or option. */
const BY_PLACE: Readonly<Record<string, string>> = {
  "cat rule": "all-rules",
  "enable rule": "stopped-rules",
  "disable rule": "enabled-rules",
  "status rule": "enabled-rules",
  "drill rule": "enabled-rules",
  "tail rule": "enabled-rules",
  "explain alert": "enabled-rules",
  "history --rule": "enabled-rules",
  "compile --rule": "rules",
  "try --rule": "rules",
  "silence expire id": "silences",
};

/** The kind of values that nothing completes, such as a duration. */
const FREE = "";

/** Describes a command and its subcommands. */
export function completedCommand(command: Command, path: readonly string[] = []): CompletedCommand {
  const help: CompletedOption = { short: "-h", long: "--help", description: "print the help" };
  const last = command.registeredArguments.at(-1);
  return {
    path,
    description: command.description(),
    options: [...command.options.filter(({ hidden }) => !hidden).map((option) => completedOption(option, path)), help],
    positions: command.registeredArguments.map((argument) => argument.argChoices ?? kindOf(path, argument.name())),
    repeats: last?.variadic === true,
    commands: command.commands.map((each) => completedCommand(each, [...path, each.name()])),
  };
}

function completedOption(option: Option, path: readonly string[]): CompletedOption {
  const { short, long = "", description, flags } = option;
  const value = /<([\w=-]+)(?:\.\.\.)?>/.exec(flags)?.[1];
  return {
    ...{ long, description },
    ...(short !== undefined && { short }),
    ...(value !== undefined && { values: option.argChoices ?? kindOf(path, long, value) }),
  };
}

const kindOf = (path: readonly string[], name: string, value = name): string =>
  BY_PLACE[[...path, name].join(" ")] ?? BY_NAME[value] ?? FREE;

/** Returns the commands that do something, and those that only hold others, from the program on. */
export function allCommands(command: CompletedCommand): readonly CompletedCommand[] {
  return [command, ...command.commands.flatMap(allCommands)];
}
