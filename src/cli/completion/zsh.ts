import type { ShellCommand, ShellModel, ShellOption, Value } from "./model.js";
import { quoted } from "./quote.js";

/** For a file `_fpmlint` in `$fpath`, or for `source <(…)` after `compinit`. */
export function zshScript({ commands, rules, levels }: ShellModel): string {
  const [lint, ...others] = commands;
  return `#compdef fpmlint
# Completion of fpmlint for zsh, made by: fpmlint completion zsh

# A rule or a group, =, and a level.
_fpmlint_rule() {
  local -a rules levels
  rules=(${rules.map(quoted).join(" ")})
  levels=(${levels.map(quoted).join(" ")})
  if compset -P '*='; then
    compadd -a levels
  else
    compadd -S = -a rules
  fi
}

# A format, or a format, =, and a file.
_fpmlint_format() {
  if compset -P '*='; then
    _files
  else
    compadd "$@"
  fi
}

_fpmlint_first() {
  local -a commands
  commands=(
${others.map(({ name, describe }) => `    ${quoted(`${name}:${describe}`)}`).join("\n")}
  )
  _describe -t commands command commands
  _files
}

_fpmlint() {
  local curcontext="$curcontext"
  local -a state line
  case \${words[2]} in
${others.map(commandCase).join("\n")}
  esac
${lint === undefined ? "" : argumentsOf(lint, 2, true)}
}

if [[ $funcstack[1] == _fpmlint ]]; then
  _fpmlint "$@"
else
  compdef _fpmlint fpmlint
fi
`;
}

/** As long as the command itself is typed it may be another one. */
function commandCase(command: ShellCommand): string {
  return `    ${command.name})
      if (( CURRENT > 2 )); then
        shift words
        (( CURRENT-- ))
${argumentsOf(command, 8, false)}
        return
      fi
      ;;`;
}

function argumentsOf(command: ShellCommand, indent: number, first: boolean): string {
  const options = command.options.flatMap((option) => specsOf(option));
  const words = command.words.map((value, at) => {
    const last = at === command.words.length - 1;
    const place = last && command.more ? "*" : String(at + 1);
    return quoted(`${place}:${wordName(value)}:${action(value)}`);
  });
  const start = first ? [quoted("1:command or file:_fpmlint_first")] : [];
  const pad = " ".repeat(indent);
  return [
    `${pad}_arguments -s -S`,
    ...[...options, ...start, ...words].map((spec) => `${pad}  ${spec}`),
  ].join(" \\\n");
}

function specsOf({ long, short, describe, value, repeatable }: ShellOption) {
  const names = short === null ? [`--${long}`] : [`-${short}`, `--${long}`];
  const shown = `[${describe.replace(/[\\[\]]/g, "\\$&")}]`;
  const after = value === null ? "" : `:${wordName(value)}:${action(value)}`;
  return names.map((name) => {
    const excluded = repeatable ? "*" : names.length > 1 ? `(${names.join(" ")})` : "";
    // A long option takes its value after = or as the next word, a short one also right after it.
    const form = value === null ? name : name.startsWith("--") ? `${name}=` : `${name}+`;
    return quoted(`${excluded}${form}${shown}${after}`);
  });
}

function wordName({ kind }: Value): string {
  return kind === "any" ? "value" : kind === "words" ? "word" : kind;
}

function action(value: Value): string {
  switch (value.kind) {
    case "any":
      return " ";
    case "file":
      return "_files";
    case "rule":
      return "_fpmlint_rule";
    case "format":
      return `_fpmlint_format ${value.words.join(" ")}`;
    case "words":
      return `(${value.words.map((word) => word.replace(/[\s:()\\]/g, "\\$&")).join(" ")})`;
  }
}
