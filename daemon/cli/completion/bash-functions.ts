/**
 * The functions of the script for bash. They ask the tables of commands and options, which the
 * script has before them.
 */
export const BASH_FUNCTIONS = `_bpfwarden_complete() {
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
`;
