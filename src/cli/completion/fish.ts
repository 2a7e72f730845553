import type { ShellCommand, ShellModel, ShellOption, Value } from "./model.js";
import { quotedForFish as quoted } from "./quote.js";

export function fishScript({ commands, rules, levels }: ShellModel): string {
  const others = commands.filter(({ name }) => name !== "");
  return `# Completion of fpmlint for fish, made by: fpmlint completion fish

# Whether the command is the one that is named; without a name, the linter.
function __fpmlint_is
    set -l words (commandline -opc)
    set -e words[1]
    set -l first ''
    if contains -- "$words[1]" ${others.map(({ name }) => name).join(" ")}
        set first $words[1]
    end
    test "$first" = "$argv[1]"
end

function __fpmlint_begins
    test (count (commandline -opc)) -eq 1
end

# A rule or a group, =, and a level.
function __fpmlint_rules
    set -l rules ${rules.map(quoted).join(" ")}
    set -l typed (string replace -r '^--rule=' '' -- (commandline -ct))
    if string match -q '*=*' -- $typed
        set -l rule (string replace -r '=.*' '' -- $typed)
        for level in ${levels.join(" ")}
            echo $rule=$level
        end
    else
        for rule in $rules
            echo $rule=
        end
    end
end

# A format, or a format, =, and a file.
function __fpmlint_formats
    set -l typed (string replace -r '^--format=' '' -- (commandline -ct))
    if string match -q '*=*' -- $typed
        set -l format (string replace -r '=.*' '' -- $typed)
        for file in (__fish_complete_path (string replace -r '^[^=]*=' '' -- $typed))
            echo $format=$file
        end
    else
        printf '%s\\n' $argv
    end
end

${others.map(({ name, describe }) => `complete -c fpmlint -n __fpmlint_begins -a ${name} -d ${quoted(describe)}`).join("\n")}
${commands.map(linesOf).join("\n")}
`;
}

function linesOf(command: ShellCommand): string {
  const own = `complete -c fpmlint -n ${quoted(`__fpmlint_is ${command.name === "" ? "''" : command.name}`)}`;
  const words = command.words.map((value) => wordLine(own, value));
  const none = command.words.length === 0 ? [`${own} -f`] : [];
  return [...words, ...none, ...command.options.map((option) => `${own} ${optionWords(option)}`)].join("\n");
}

/** Of the words that are not files fish asks nothing else. */
function wordLine(own: string, value: Value): string {
  const offered = offer(value);
  if (value.kind === "file" || offered === null) return `${own} -F`;
  return `${own} -f -a ${quoted(offered)}`;
}

function optionWords({ long, short, describe, value }: ShellOption): string {
  const names = [...(short === null ? [] : [`-s ${short}`]), `-l ${long}`].join(" ");
  const offered = value === null ? null : offer(value);
  const taken = value === null ? "" : value.kind === "file" ? " -r -F" : " -x";
  const list = offered === null ? "" : ` -a ${quoted(offered)}`;
  return `${names}${taken}${list} -d ${quoted(describe)}`;
}

/** What fish makes words of; `null`: nothing, or files. */
function offer(value: Value): string | null {
  switch (value.kind) {
    case "any":
    case "file":
      return null;
    case "rule":
      return "(__fpmlint_rules)";
    case "format":
      return `(__fpmlint_formats ${value.words.join(" ")})`;
    case "words":
      return value.words.map((word) => (word.includes(" ") ? quoted(word) : word)).join(" ");
  }
}
