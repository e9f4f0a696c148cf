import { allCommands, type CompletedCommand, type CompletedOption, type Values } from "./command-model.ts";

/** Returns the completion script for fish. */
export function fishScript(program: CompletedCommand): string {
  return `# Completion of bpfwarden for fish, made by "bpfwarden completion fish".

function __bpfwarden_values
    set -l words (commandline -xpc 2>/dev/null; or commandline -opc)
    set -l config
    if set -l index (contains -i -- --config $words)
        set -l next (math $index + 1)
        test $next -le (count $words); and set config --config $words[$next]
    end
    set -l program bpfwarden
    set -q _bpfwarden_program; and set program $_bpfwarden_program
    set -l beginning (commandline -ct)
    string match -qr '^--[a-z-]+=' -- $beginning; and set beginning (string replace -r '^[^=]*=' '' -- $beginning)
    $program completion --values $argv[1] $config -- $beginning 2>/dev/null
end

# True if these words are the commands of the line, and for a command that holds others, all of them.
function __bpfwarden_at
    set -l words (commandline -xpc 2>/dev/null; or commandline -opc)
    set -l found
    for word in $words[2..-1]
        string match -q -- '-*' $word; or set -a found $word
    end
    set -l wanted $argv[2..-1]
    if test $argv[1] = exactly
        test "$found" = "$wanted"
    else
        set -l depth (count $wanted)
        test (count $found) -ge $depth; and test "$found[1..$depth]" = "$wanted"
    end
end

complete -c bpfwarden -f
${allCommands(program).flatMap(linesOf).join("\n")}
`;
}

function linesOf(command: CompletedCommand): readonly string[] {
  const { path, options, commands, positions } = command;
  const exactly = condition(["exactly", ...path]);
  const below = condition([commands.length > 0 ? "exactly" : "below", ...path]);
  return [
    ...options.map((option) => `complete -c bpfwarden -n ${below} ${optionText(option)}`),
    ...commands.map(
      (each) => `complete -c bpfwarden -n ${exactly} -a ${each.path.at(-1)} -d ${single(each.description)}`,
    ),
    ...(commands.length > 0 ? [] : [...new Set(positions.map(valuesText))])
      .filter((text) => text !== "")
      .map((text) => `complete -c bpfwarden -n ${below} ${text}`),
  ];
}

const condition = (words: readonly string[]): string => single(`__bpfwarden_at ${words.join(" ")}`);

function optionText({ short, long, description, values }: CompletedOption): string {
  const flags = [...(short === undefined ? [] : [`-s ${short.slice(1)}`]), `-l ${long.slice(2)}`].join(" ");
  const value = values === undefined ? "" : ` -r ${valuesText(values)}`.trimEnd();
  return `${flags}${value} -d ${single(description)}`;
}

const NATIVE: Readonly<Record<string, string>> = { "": "", files: "-F", folders: "-a '(__fish_complete_directories)'" };

function valuesText(values: Values): string {
  if (typeof values !== "string") return `-a ${single(values.join(" "))}`;
  return NATIVE[values] ?? `-a '(__bpfwarden_values ${values})'`;
}

const single = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
