/**
 * Answers that are remembered. Rules ask the same question for each of thousands of locations; the
 * answer is worked out once and forgotten together with what was asked about.
 */

/** A WeakMap or a Map. */
interface Store<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** Anything but `undefined`, which would look like an answer that is not known yet. */
type Answer = NonNullable<unknown> | null;

/** `build` as a function that works each answer out once, for as long as the object it was asked about lives. */
export function perKey<K extends object, V extends Answer>(build: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = build(key);
    known.set(key, found);
    return found;
  };
}

/** What the store has for a key; built and kept where it has nothing yet. */
export function once<K, V extends Answer>(known: Store<K, V>, key: K, build: () => V): V {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = build();
  known.set(key, found);
  return found;
}

/** What is worked out when it is first asked for. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
