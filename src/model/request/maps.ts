import type { Node } from "../../nginx/types.js";
import { unique } from "../../source/collect.js";
import { mapRows, type Table, tablesOf } from "./tables.js";
import type { Written } from "./variable-words.js";

/** The values that `map`, `geo` and `split_clients` can give to variables, whatever the request. */

/** One value for each of the variables. */
export type Choice = ReadonlyMap<string, Written>;

export interface Choices {
  readonly choices: readonly Choice[];
  /** `false`: combined from blocks whose values for one and the same request are unknown. */
  readonly together: boolean;
}

interface Asked {
  /** As the text has it. */
  readonly name: string;
  readonly table: Table;
}

/**
 * The values that the variables can have together, without those that nothing maps. `null`: a part was not
 * read, or there are more than `most`.
 */
export function mapChoices(http: Node | null, names: readonly string[], most: number): Choices | null {
  const asked: Asked[] = [];
  for (const name of http === null ? [] : unique(names)) {
    const table = http === null ? undefined : tablesOf(http).get(name.toLowerCase());
    if (table?.node.partial === true) return null;
    if (table !== undefined) asked.push({ name, table });
  }
  const [first] = asked;
  if (first === undefined) return { choices: [], together: true };
  if (asked.length > 1 && asked.every(({ table }) => isPlain(table) && table.source === first.table.source)) {
    const choices = joined(asked, most);
    return choices === null ? null : { choices, together: true };
  }
  let choices: readonly Choice[] = [new Map()];
  for (const { name, table } of asked) {
    if (choices.length * table.rows.length > most) return null;
    choices = choices.flatMap((choice) => table.rows.map((row) => new Map(choice).set(name, row)));
  }
  return { choices, together: asked.length === 1 };
}

/** Whether its keys are compared as they are: no patterns, no networks, no shares. */
function isPlain(table: Table): boolean {
  if (table.kind !== "map") return false;
  const { leading, trailing, expressions, open } = mapRows(table);
  return leading.size + trailing.size + expressions.length === 0 && !open;
}

/**
 * The values of tables with one source, key by key, without keys that one of them lacks. `null`: too many.
 */
function joined(asked: readonly Asked[], most: number): readonly Choice[] | null {
  const choices: Choice[] = [];
  const all = asked.map(({ name, table }) => ({ name, rows: mapRows(table) }));
  const keys = unique(all.flatMap(({ rows }) => [...rows.exact.keys()]));
  // After the keys: what every other value gets.
  for (const key of [...keys, null]) {
    const choice = new Map<string, Written>();
    for (const { name, rows } of all) {
      const row = (key === null ? undefined : rows.exact.get(key)) ?? rows.byDefault;
      if (row !== null) choice.set(name, row);
    }
    if (choice.size === asked.length) choices.push(choice);
    if (choices.length > most) return null;
  }
  return choices;
}
