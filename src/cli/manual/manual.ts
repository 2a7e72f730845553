import { version } from "../../version.js";
import { COMMANDS, type CommandRow, type PositionalRow, PURPOSE } from "../commands.js";
import { ANSWERED } from "../completion/model.js";
import { COMMON_OPTIONS, type OptionRow } from "../options.js";

/** The manual page, in the macros man(7), made from the rows that the help is made from. */
export function manualPage(): string {
  const [lint, ...others] = COMMANDS;
  if (lint === undefined) return "";
  return `${[
    `.TH FPMLINT 1 "" "fpmlint ${version}" "User Commands"`,
    // No hyphens in the words that somebody has to type, and no wide spaces between them.
    ".nh",
    ".ad l",
    ".SH NAME",
    `fpmlint \\- ${roff(PURPOSE.replace(/^fpmlint checks (.*)\.$/, "check $1"))}`,
    ".SH SYNOPSIS",
    ...[lint, ...others].flatMap(synopsis),
    ".SH DESCRIPTION",
    roff(PURPOSE),
    ".PP",
    ...described(lint),
    ".SH OPTIONS",
    ...optionRows(lint.options),
    ...optionRows(COMMON_OPTIONS),
    ...optionRows(ANSWERED),
    ".SH COMMANDS",
    ...others.flatMap(section),
    ...paragraphs(lint.epilogue, ".SH"),
    ".SH FILES",
    ".TP",
    ".I fpmlint.json",
    "the configuration of fpmlint itself",
    ".SH SEE ALSO",
    ".BR nginx (8),",
    ".BR php\\-fpm (8)",
  ].join("\n")}\n`;
}

function synopsis(row: CommandRow, at: number): readonly string[] {
  return [...(at === 0 ? [] : [".br"]), `.B fpmlint${row.name === "" ? "" : ` ${row.name}`}`, ...usage(row)];
}

function usage({ words }: CommandRow): readonly string[] {
  return [roff(`${words === "" ? "" : `${words} `}[options]`)];
}

function section(row: CommandRow): readonly string[] {
  return [
    `.SS ${roff(`fpmlint ${row.name}${row.words === "" ? "" : ` ${row.words}`}`)}`,
    ...described(row),
    ...optionRows(row.options),
    ...paragraphs(row.epilogue, ".PP"),
  ];
}

function described({ describe, positionals }: CommandRow): readonly string[] {
  const rows = Object.entries<PositionalRow>(positionals);
  return [
    roff(`${describe.charAt(0).toUpperCase()}${describe.slice(1)}.`),
    ...rows.flatMap(([name, row]) => [".TP", `.I ${roff(name)}`, roff(withChoices(row))]),
  ];
}

function optionRows(table: Readonly<Record<string, OptionRow>>): readonly string[] {
  return Object.entries(table).flatMap(([long, row]) => {
    const short = [row.alias ?? []].flat().map((name) => `\\fB\\-${roff(name)}\\fR, `);
    const value = row.type === "boolean" ? "" : " \\fIvalue\\fR";
    return [".TP", `${short.join("")}\\fB\\-\\-${roff(long)}\\fR${value}`, roff(withChoices(row))];
  });
}

function withChoices({ describe = "", choices, default: preset }: OptionRow | PositionalRow): string {
  const one = choices === undefined ? "" : ` [one of: ${choices.join(", ")}]`;
  return `${describe}${one}${typeof preset === "string" ? ` [default: ${preset}]` : ""}`;
}

/** What a help ends with. Examples are drawn as they are, and what names itself becomes a heading. */
function paragraphs(epilogue: string, heading: ".SH" | ".PP"): readonly string[] {
  if (epilogue === "") return [];
  return epilogue.split("\n\n").flatMap((text) => {
    const [first = "", ...lines] = text.split("\n");
    const [, name, rest = ""] = /^(Examples|Exit status):(.*)$/.exec(first) ?? [];
    const begin = name === undefined || heading === ".PP" ? ".PP" : `.SH ${name.toUpperCase()}`;
    if (name === "Examples")
      return [begin, ...(heading === ".PP" ? ["Examples:"] : []), ".nf", ...lines.map(roff), ".fi"];
    const kept = heading === ".SH" && name !== undefined ? rest.trim() : first;
    return [begin, roff([kept, ...lines].join(" "))];
  });
}

/** A text that stays as it is: no escape, no hyphen where an option has a minus, no request at the start of a line. */
function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll(/[-−]/g, "\\-").replaceAll("'", "\\(aq");
  const plain = escaped.replace(/[^\x20-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  });
  return plain.replace(/^\./, "\\&.");
}
