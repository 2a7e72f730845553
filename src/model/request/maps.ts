import { argument, argumentPlace, childrenNamed } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { perKey } from "../../source/memo.js";
import type { Written } from "./variable-words.js";

/** The values that `map`, `geo` and `split_clients` can give to variables. */

/** One value for each of the variables. */
export type Choice = ReadonlyMap<string, Written>;

export interface Choices {
  readonly choices: readonly Choice[];
  /** `false`: combined from blocks whose values for one and the same request are unknown. */
  readonly together: boolean;
}

interface Row extends Written {
  readonly key: string;
}

interface Table {
  readonly name: string;
  /** The text that it is looked up by; empty where that is not one `map`. */
  readonly source: string;
  /** The keys are compared as they are: no patterns, no networks. */
  readonly plain: boolean;
  readonly rows: readonly Row[];
  /** The last row of each key. */
  readonly byKey: ReadonlyMap<string, Row>;
}

/**
 * The values that the variables can have together, without those that nothing maps. `null`: a part was not
 * read, or there are more than `most`.
 */
export function mapChoices(http: Node | null, names: readonly string[], most: number): Choices | null {
  const tables: Table[] = [];
  for (const name of http === null ? [] : new Set(names)) {
    const found = http === null ? undefined : tablesOf(http).get(name);
    if (found === null) return null;
    if (found !== undefined) tables.push(found);
  }
  const [first] = tables;
  if (first === undefined) return { choices: [], together: true };
  const joins = tables.every(({ source, plain }) => plain && source === first.source);
  if (tables.length > 1 && joins) {
    const choices = joined(tables, most);
    return choices === null ? null : { choices, together: true };
  }
  let choices: readonly Choice[] = [new Map()];
  for (const { name, rows } of tables) {
    if (choices.length * rows.length > most) return null;
    choices = choices.flatMap((choice) => rows.map((row) => new Map(choice).set(name, row)));
  }
  return { choices, together: tables.length === 1 };
}

/** By the name of the variable; `null`: a part was not read. Every location of a host may ask for the same few tables. */
const tablesOf = perKey(readTables);

function readTables(http: Node): ReadonlyMap<string, Table | null> {
  const byName = new Map<string, Node[]>();
  for (const block of ["map", "geo", "split_clients"].flatMap((kind) => childrenNamed(http, kind))) {
    const last = block.directive.args.at(-1)?.text ?? "";
    if (!last.startsWith("$")) continue;
    const blocks = byName.get(last.slice(1)) ?? [];
    byName.set(last.slice(1), blocks);
    blocks.push(block);
  }
  return new Map(
    [...byName].map(
      ([name, blocks]) => [name, blocks.some(({ partial }) => partial) ? null : table(name, blocks)] as const,
    ),
  );
}

function table(name: string, blocks: readonly Node[]): Table {
  const lines = blocks.flatMap(({ children, name: kind }) =>
    children.filter(
      (line) => line.directive.args.length === 1 && !(kind === "geo" && /^(?:proxy|delete)$/.test(line.name)),
    ),
  );
  const rows = lines.map((line) => ({
    key: line.name.toLowerCase(),
    text: argument(line, 0) ?? "",
    place: argumentPlace(line, 0),
  }));
  const one = blocks.length === 1 && blocks[0]?.name === "map" ? blocks[0] : null;
  return {
    name,
    source: one === null ? "" : (argument(one, 0) ?? ""),
    plain: one !== null && lines.every(isPlain),
    rows,
    byKey: new Map(rows.map((row) => [row.key, row])),
  };
}

function isPlain({ name, directive }: Node): boolean {
  return !/^[~.]|\*/.test(name) && !directive.name.placeholder;
}

/**
 * The values of tables with one source, key by key, without keys that one of them lacks. `null`: too many.
 */
function joined(tables: readonly Table[], most: number): readonly Choice[] | null {
  const choices: Choice[] = [];
  for (const key of new Set(tables.flatMap(({ byKey }) => [...byKey.keys()]))) {
    const choice = new Map<string, Written>();
    for (const { name, byKey } of tables) {
      const row = byKey.get(key) ?? byKey.get("default");
      if (row !== undefined) choice.set(name, row);
    }
    if (choice.size === tables.length) choices.push(choice);
    if (choices.length > most) return null;
  }
  return choices;
}
