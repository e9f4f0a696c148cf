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

_bpfwarden_complete() {
  local values=$1 beginning=$2 config=$3 native=$4 word
  case $values in
    "" | -) ;;
    =*) COMPREPLY=($(compgen -W "\${values#=}" -- "$beginning")) ;;
    files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$native") ;;
    folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$native") ;;
    *)
      while IFS= read -r word; do
        [[ $word == "$beginning"* ]] || continue
        # A word that goes on does not end with a space.
        [[ $word == *[:/=] ]] && compopt -o nospace
        # Bash replaces only what comes after the last colon or equals sign.
        COMPREPLY+=("\${word#"\${beginning%"$native"}"}")
      done < <("\${_bpfwarden_program:-bpfwarden}" completion --values "$values" \${config:+--config "$config"} -- "$beginning" 2>/dev/null)
      ;;
  esac
}

_bpfwarden() {
  COMPREPLY=()
  local _bpfwarden_program=$1 native=\${COMP_WORDS[COMP_CWORD]} words count index word
  local command="" config="" expected="-" option="" position=0
  [[ $native == [:=] ]] && native=""
  # Not COMP_WORDS: bash divides words at colons and equals signs.
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
  count=\${#words[@]}
  for ((index = 1; index < count - 1; index++)); do
    word=\${words[index]}
    if [[ $expected != - ]]; then
      [[ $option == --config ]] && config=$word
      expected=-
    elif [[ $word == --config=* ]]; then
      config=\${word#*=}
    elif [[ $word == -* && $word != *=* ]]; then
      option=$word
      expected=$(_bpfwarden_option_values "$command" "$word")
    elif [[ $word != -* && " $(_bpfwarden_commands "$command") " == *" $word "* ]]; then
      command="\${command:+$command }$word"
    elif [[ $word != -* ]]; then
      position=$((position + 1))
    fi
  done
  word=\${words[count - 1]}
  if [[ $expected != - ]]; then
    _bpfwarden_complete "$expected" "$word" "$config" "$native"
  elif [[ $word == --*=* ]]; then
    _bpfwarden_complete "$(_bpfwarden_option_values "$command" "\${word%%=*}")" "\${word#*=}" "$config" "$native"
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(_bpfwarden_options "$command")" -- "$word"))
  elif [[ -n $(_bpfwarden_commands "$command") ]]; then
    COMPREPLY=($(compgen -W "$(_bpfwarden_commands "$command")" -- "$word"))
  else
    _bpfwarden_complete "$(_bpfwarden_argument_values "$command" "$position")" "$word" "$config" "$native"
  fi
}

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
