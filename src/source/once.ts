/**
 * A function that works out its answer once for each key and remembers it for as long as the key is in
 * use. For what is asked again and again about one host, one pool or one file.
 */
export function once<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly answer: V }>();
  return (key) => {
    const found = known.get(key) ?? { answer: make(key) };
    known.set(key, found);
    return found.answer;
  };
}
