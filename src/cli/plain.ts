import { COMMANDS, LINT } from "./commands.js";
import { COMMON_OPTIONS, type OptionRow, type OptionTable } from "./options.js";

/** What yargs makes of a command line of the linter, as far as the table of options says it. */
export interface PlainLine {
  readonly paths: readonly string[];
  /** By the names of the table: what was given, or the option's default; without an entry where there is neither. */
  readonly options: Readonly<Record<string, PlainValue>>;
}

export type PlainValue = string | boolean | readonly string[];

const TABLE: OptionTable = { ...COMMON_OPTIONS, ...LINT.options };

const ROWS = new Map(
  Object.entries(TABLE).flatMap(([name, row]) =>
    [`--${name}`, ...[row.alias ?? []].flat().map((one) => `-${one}`)].map(
      (word) => [word, { name, row }] as const,
    ),
  ),
);

/** Words that are, or may be, more to yargs than a path: a command, a word for the help, a value of a switch. */
const MEANING = new Set([...COMMANDS.map(({ name }) => name), "help", "h", "version", "true", "false"]);

/**
 * The words of a plain command line: to load yargs for it takes as long as to lint a site. `null`: anything out of the
 * ordinary, and whatever may be wrong; then yargs reads the line, and says what it does not understand.
 */
export function plainLine(words: readonly string[]): PlainLine | null {
  const paths: string[] = [];
  const given = new Map<string, PlainValue>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("-") || word === "-") {
      if (!isPlain(word)) return null;
      paths.push(word);
      continue;
    }
    const found = ROWS.get(word);
    if (found === undefined || found.name === "changed") return null;
    const { name, row } = found;
    if (row.type === "boolean") {
      given.set(name, true);
      continue;
    }
    at += 1;
    const value = words[at];
    if (value === undefined || value.startsWith("-") || !isPlain(value) || !isChoice(row, value)) return null;
    given.set(name, row.array === true ? [...many(given.get(name)), value] : value);
  }
  const options = Object.entries(TABLE).flatMap(([name, row]): [string, PlainValue][] => {
    const value = given.get(name) ?? row.default;
    return value === undefined ? [] : [[name, value]];
  });
  return { paths, options: Object.fromEntries(options) };
}

/** Not what yargs would take for a command, or unquote, or take for a number. */
function isPlain(word: string): boolean {
  return word !== "" && !MEANING.has(word) && !/^['"]/.test(word) && Number.isNaN(Number(word));
}

function isChoice({ choices }: OptionRow, value: string): boolean {
  return choices === undefined || choices.includes(value);
}

function many(value: PlainValue | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}
