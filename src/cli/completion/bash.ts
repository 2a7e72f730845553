import { unique } from "../../source/collect.js";
import type { ShellCommand, ShellModel, ShellOption, Value } from "./model.js";
import { quoted } from "./quote.js";

/** Needs nothing but bash itself: the package bash-completion only finds it. */
export function bashScript({ commands, rules, levels }: ShellModel): string {
  const options = commands.flatMap((command) => command.options);
  const valued = unique(options.filter(({ value }) => value !== null).flatMap(namesOf));
  const names = commands.map(({ name }) => name).filter((name) => name !== "");
  return `# Completion of fpmlint for bash, made by: fpmlint completion bash

# Offers the words that begin with what is typed.
_fpmlint_words() {
  local word
  for word in "\${@:2}"; do
    [[ $word != "$1"* ]] || COMPREPLY+=("$word")
  done
}

_fpmlint_files() {
  local file
  while IFS= read -r file; do
    COMPREPLY+=("$2$file")
  done < <(compgen -f -- "$1")
  compopt -o filenames 2>/dev/null
}

# A rule or a group, =, and a level.
_fpmlint_rule() {
  local rules=(${rules.map(quoted).join(" ")})
  if [[ $1 == *=* ]]; then
    _fpmlint_words "$1" ${levels.map((level) => `"\${1%%=*}"=${quoted(level)}`).join(" ")}
  else
    _fpmlint_words "$1" "\${rules[@]/%/=}"
    compopt -o nospace 2>/dev/null
  fi
}

# A format, or a format, =, and a file.
_fpmlint_format() {
  if [[ $1 == *=* ]]; then
    _fpmlint_files "\${1#*=}" "\${1%%=*}="
  else
    _fpmlint_words "$@"
  fi
}

_fpmlint_command() {
  case $1 in
${commands.map((command) => `    ${quoted(command.name)}) _fpmlint_words "$2" ${command.options.flatMap(namesOf).join(" ")} ;;`).join("\n")}
  esac
}

# The value of an option of a command.
_fpmlint_value() {
  case $1\\ $2 in
${commands.flatMap(valueCases).join("\n")}
  esac
}

# A word that is not an option: the command, its number among the words, what is typed.
_fpmlint_word() {
  case $1\\ $2 in
${commands.flatMap(wordCases).join("\n")}
  esac
}

_fpmlint() {
  COMPREPLY=()
  local line=\${COMP_LINE:0:COMP_POINT} words=() word i glued
  # Words as the shell sees them: readline also ends them at = and :.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]} glued=1
    while [[ $line == [[:space:]]* ]]; do line=\${line:1} glued=; done
    [[ $i -lt $COMP_CWORD ]] || word=$line
    line=\${line:\${#word}}
    if [[ $glued && $i -gt 0 ]]; then words[\${#words[@]}-1]+=$word; else words+=("$word"); fi
  done
  local current=\${words[\${#words[@]}-1]} command= count=0 option= ended=
  for word in "\${words[@]:1:\${#words[@]}-2}"; do
    if [[ $option ]]; then option=
    elif [[ $ended ]]; then count=$((count + 1))
    else
      case $word in
        --) ended=1 ;;
        ${valued.join(" | ")}) option=$word ;;
        -?*) ;;
        *)
          if [[ $count -eq 0 && ! $command ]]; then
            case $word in
              ${names.join(" | ")}) command=$word ;;
              *) count=1 ;;
            esac
          else
            count=$((count + 1))
          fi
          ;;
      esac
    fi
  done
  if [[ $option ]]; then
    _fpmlint_value "$command" "$option" "$current"
  elif [[ ! $ended && $current == --*=* ]]; then
    option=\${current%%=*}
    _fpmlint_value "$command" "$option" "\${current#*=}"
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]=$option=\${COMPREPLY[i]}; done
  elif [[ ! $ended && $current == -* ]]; then
    _fpmlint_command "$command" "$current"
  else
    [[ $command || $count -gt 0 ]] || _fpmlint_words "$current" ${names.join(" ")}
    _fpmlint_word "$command" "$count" "$current"
  fi
  # Readline puts what is offered in the place of the text after the last = or :.
  local last=\${current##*[=:]} head
  head=\${current%"$last"}
  if [[ $head && $COMP_WORDBREAKS == *=* ]]; then
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]=\${COMPREPLY[i]#"$head"}; done
  fi
}

complete -F _fpmlint fpmlint
`;
}

function namesOf({ long, short }: ShellOption): readonly string[] {
  return short === null ? [`--${long}`] : [`-${short}`, `--${long}`];
}

function valueCases({ name, options }: ShellCommand): readonly string[] {
  return options.flatMap((option) => {
    const call = option.value === null ? null : offer(option.value, "$3");
    const patterns = namesOf(option).map((one) => `${name}\\ ${one}`);
    return call === null ? [] : [`    ${patterns.join(" | ")}) ${call} ;;`];
  });
}

function wordCases({ name, words, more }: ShellCommand): readonly string[] {
  return words.map((value, at) => {
    const call = offer(value, "$3");
    const count = more && at === words.length - 1 ? "*" : String(at);
    return `    ${name}\\ ${count}) ${call ?? ":"} ;;`;
  });
}

/** `null`: nothing can be offered. */
function offer(value: Value, typed: string): string | null {
  switch (value.kind) {
    case "any":
      return null;
    case "file":
      return `_fpmlint_files "${typed}"`;
    case "rule":
      return `_fpmlint_rule "${typed}"`;
    case "format":
      return `_fpmlint_format "${typed}" ${value.words.map(quoted).join(" ")}`;
    case "words":
      // A word with a space in it would be two words of the line.
      return `_fpmlint_words "${typed}" ${value.words
        .filter((word) => !word.includes(" "))
        .map(quoted)
        .join(" ")}`;
  }
}
