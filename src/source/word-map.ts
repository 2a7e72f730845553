/**
 * A table that is looked up with a word from the input. A plain object would answer `constructor`,
 * `toString` and the other names of its prototype with something that no row of it says.
 */
export function wordMap<V>(rows: Readonly<Record<string, V>>): ReadonlyMap<string, V> {
  return new Map(Object.entries(rows));
}
