import { allCommands, type CompletedCommand, type CompletedOption, type Values } from "./command-model.ts";

/** Returns the completion script for zsh, for a file `_bpfwarden` in its function path. */
export function zshScript(program: CompletedCommand): string {
  return `#compdef bpfwarden
# Completion of bpfwarden for zsh, made by "bpfwarden completion zsh".

_bpfwarden_values() {
  local kind=$1 index=\${words[(I)--config]}
  local -a config found whole part
  (( index > 0 && index < CURRENT - 1 )) && config=(--config \${(Q)words[index+1]})
  found=(\${(f)"$(\${_bpfwarden_program:-bpfwarden} completion --values $kind $config -- "\${(Q)PREFIX}" 2>/dev/null)"})
  # A word that goes on does not end with a space.
  part=(\${(M)found:#*[:/=]})
  whole=(\${found:#*[:/=]})
  (( $#part > 0 )) && compadd -S '' -- $part
  (( $#whole > 0 )) && compadd -- $whole
  (( $#found > 0 ))
}

${allCommands(program).map(functionOf).join("\n")}
if [[ $funcstack[1] == _bpfwarden ]]; then
  _bpfwarden "$@"
else
  compdef _bpfwarden bpfwarden
fi
`;
}

const functionName = ({ path }: CompletedCommand): string => ["_bpfwarden", ...path].join("_");

function functionOf(command: CompletedCommand): string {
  const name = functionName(command);
  const options = command.options.flatMap(optionSpecs);
  if (command.commands.length === 0)
    return `${name}() {\n  _arguments -s${lines([...options, ...argumentSpecs(command)])}\n}\n`;
  const commands = command.commands.map(({ path, description }) =>
    single(`${path.at(-1)}:${description.replaceAll(":", String.raw`\:`)}`),
  );
  return `${name}() {
  local context state state_descr line
  local -A opt_args
  _arguments -C${lines([...options, "'1: :->command'", "'*:: :->arguments'"])}
  case $state in
    command)
      local -a commands=(${commands.map((each) => `\n        ${each}`).join("")}
      )
      _describe command commands
      ;;
    arguments)
      (( $+functions[${name}_$words[1]] )) && ${name}_$words[1]
      ;;
  esac
}
`;
}

const lines = (specs: readonly string[]): string => specs.map((spec) => ` \\\n    ${spec}`).join("");

function optionSpecs({ short, long, description, values }: CompletedOption): readonly string[] {
  const text = `[${description.replaceAll(/[[\]:\\]/g, String.raw`\$&`)}]`;
  const value = values === undefined ? "" : `:value:${action(values)}`;
  const takes = values === undefined ? "" : "=";
  const spec = single(`${long}${takes}${text}${value}`);
  return short === undefined ? [spec] : [spec, single(`${short}${values === undefined ? "" : "+"}${text}${value}`)];
}

function argumentSpecs({ positions, repeats }: CompletedCommand): readonly string[] {
  return positions.map((values, index) => {
    const place = repeats && index === positions.length - 1 ? "*" : String(index + 1);
    return single(`${place}:value:${action(values)}`);
  });
}

const NATIVE: Readonly<Record<string, string>> = { "": " ", files: "_files", folders: "_files -/" };

/** Without the space, `_arguments` would put options of compadd before the kind. */
const action = (values: Values): string =>
  typeof values === "string" ? (NATIVE[values] ?? ` _bpfwarden_values ${values}`) : `(${values.join(" ")})`;

const single = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
