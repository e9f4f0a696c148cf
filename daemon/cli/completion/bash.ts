import { BASH_FUNCTIONS } from "./bash-functions.ts";
import { allCommands, type CompletedCommand, type CompletedOption, type Values } from "./command-model.ts";

/** Returns the completion script for bash. It needs no other package. */
export function bashScript(program: CompletedCommand): string {
  const commands = allCommands(program);
  return `# Completion of bpfwarden for bash, made by "bpfwarden completion bash".

_bpfwarden_options() {
  case $1 in
${commands.map((each) => `    ${pattern(each)}) echo ${quoted(optionWords(each))} ;;`).join("\n")}
  esac
}

_bpfwarden_commands() {
  case $1 in
${commands
  .filter(({ commands: below }) => below.length > 0)
  .map((each) => `    ${pattern(each)}) echo ${quoted(each.commands.map(({ path }) => path.at(-1)).join(" "))} ;;`)
  .join("\n")}
  esac
}

# The values of an option: "=WORD..." is a list, "-" is no value, anything else a kind.
_bpfwarden_option_values() {
  case "$1 $2" in
${commands.flatMap(optionCases).join("\n")}
    *) echo - ;;
  esac
}

_bpfwarden_argument_values() {
  case "$1 $2" in
${commands.flatMap(argumentCases).join("\n")}
  esac
}

${BASH_FUNCTIONS}
complete -F _bpfwarden bpfwarden
`;
}

const pattern = ({ path }: CompletedCommand): string => quoted(path.join(" "));

const quoted = (text: string): string => `"${text}"`;

const optionWords = ({ options }: CompletedCommand): string =>
  options.flatMap(({ short, long }) => [...(short === undefined ? [] : [short]), long]).join(" ");

function optionCases({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ short, long, values }: CompletedOption) =>
    values === undefined
      ? []
      : [short, long].flatMap((flag) =>
          flag === undefined ? [] : [`    ${quoted(`${path.join(" ")} ${flag}`)}) echo ${valuesText(values)} ;;`],
        ),
  );
}

function argumentCases({ path, positions, repeats }: CompletedCommand): readonly string[] {
  return positions.map((values, index) => {
    const place = repeats && index === positions.length - 1 ? "*" : quoted(String(index));
    return `    ${quoted(`${path.join(" ")} `)}${place}) echo ${valuesText(values)} ;;`;
  });
}

const valuesText = (values: Values): string => quoted(typeof values === "string" ? values : `=${values.join(" ")}`);
