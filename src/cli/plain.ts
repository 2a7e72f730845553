import { COMMANDS, type CommandRow, DIAGNOSE, LINT } from "./commands.js";
import { COMMON_OPTIONS, type OptionRow, type OptionTable } from "./options.js";

/** What yargs makes of a plain command line, as far as the tables say it. */
export interface PlainLine {
  /** Which command: one of `PLAIN`. */
  readonly command: PlainCommand;
  /** Its words that are neither options nor values of them. */
  readonly words: readonly string[];
  /** By the names of the table: what was given, or the option's default; without an entry where there is neither. */
  readonly options: Readonly<Record<string, PlainValue>>;
}

export type PlainValue = string | boolean | readonly string[];

export type PlainCommand = "" | "diagnose";

interface Plain {
  readonly table: OptionTable;
  /** By the word that gives an option. */
  readonly rows: ReadonlyMap<string, { readonly name: string; readonly row: OptionRow }>;
}

/** Commands whose lines are read here, if they are plain: the linter, and what is typed when a site is down. */
const PLAIN = { "": plainOf(LINT), diagnose: plainOf(DIAGNOSE) } as const satisfies Record<
  PlainCommand,
  Plain
>;

function plainOf(command: CommandRow): Plain {
  const table: OptionTable = { ...COMMON_OPTIONS, ...command.options };
  const rows = Object.entries(table).flatMap(([name, row]) =>
    [`--${name}`, ...[row.alias ?? []].flat().map((one) => `-${one}`)].map(
      (word) => [word, { name, row }] as const,
    ),
  );
  return { table, rows: new Map(rows) };
}

/** Words that are, or may be, more to yargs than a path: a command, a word for the help, a value of a switch. */
const MEANING = new Set([...COMMANDS.map(({ name }) => name), "help", "h", "version", "true", "false"]);

/**
 * A plain command line: to load yargs for it takes as long as to lint a site. `null`: anything out of the ordinary, and
 * whatever may be wrong; then yargs reads the line, and says what it does not understand.
 */
export function plainLine(line: readonly string[]): PlainLine | null {
  const command = line[0] === DIAGNOSE.name ? DIAGNOSE.name : LINT.name;
  const { table, rows } = PLAIN[command];
  const words: string[] = [];
  const given = new Map<string, PlainValue>();
  for (let at = command === "" ? 0 : 1; at < line.length; at += 1) {
    const word = line[at] ?? "";
    if (!word.startsWith("-") || word === "-") {
      if (!isPlain(word)) return null;
      words.push(word);
      continue;
    }
    const found = rows.get(word);
    if (found === undefined || found.name === "changed") return null;
    const { name, row } = found;
    if (row.type === "boolean") {
      given.set(name, true);
      continue;
    }
    at += 1;
    const value = line[at];
    if (value === undefined || value.startsWith("-") || !isPlainValue(value) || !isChoice(row, value))
      return null;
    given.set(name, row.array === true ? [...many(given.get(name)), value] : value);
  }
  const options = Object.entries(table).flatMap(([name, row]): [string, PlainValue][] => {
    const value = given.get(name) ?? row.default;
    return value === undefined ? [] : [[name, value]];
  });
  return { command, words, options: Object.fromEntries(options) };
}

/** Not what yargs would take for a command, or unquote, or take for a number. */
function isPlain(word: string): boolean {
  return isPlainValue(word) && Number.isNaN(Number(word));
}

/** The same for the value of an option, which is a text to yargs even where it is a number. */
function isPlainValue(word: string): boolean {
  return word !== "" && !MEANING.has(word) && !/^['"]/.test(word);
}

function isChoice({ choices }: OptionRow, value: string): boolean {
  return choices === undefined || choices.includes(value);
}

function many(value: PlainValue | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}
