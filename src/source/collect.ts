/** Items put together by a key; keys and items stay in the order in which they came. */
export function grouped<K, T>(pairs: Iterable<readonly [key: K, item: T]>): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const [key, item] of pairs) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Each once, where it came first. */
export function unique<T>(items: Iterable<T>): T[] {
  return [...new Set(items)];
}

/** Of several with one key the first. */
export function uniqueBy<T>(items: Iterable<T>, key: (item: T) => string): T[] {
  const seen = new Set<string>();
  return [...items].filter((item) => {
    const text = key(item);
    return !seen.has(text) && seen.add(text);
  });
}

/** One list after the other, without putting them together, for who may stop at the first of very many. */
export function* inTurn<T>(lists: readonly (readonly T[])[]): Generator<T> {
  for (const list of lists) yield* list;
}

/** The pairs grouped by what a report is about, in order of first appearance: a pool shared by forty sites is one report. */
export function groupBy<T>(items: Iterable<T>, key: (item: T) => string): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** The items of two lists side by side. Throws when one is longer: then they do not belong together. */
export function zip<A, B>(first: readonly A[], second: readonly B[]): readonly (readonly [A, B])[] {
  if (first.length !== second.length)
    throw new Error(`lists of ${first.length} and ${second.length} items do not belong together`);
  return first.map((item, at) => [item, second[at] as B]);
}
