import { enclosing, everywhere } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { perKey } from "../../../source/memo.js";
import { hasPlaceholder } from "../../../source/template.js";

/** The words of directives that have variables in them, cut into parts as nginx compiles them. */

export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "group"; readonly number: number };

/** `null`: a template makes it, or nginx refuses it. */
export type Parts = readonly Part[] | null;

const known = new Map<string, Parts>();
const MOST_KNOWN = 20_000;

/** The parts of a text. */
export function partsOf(text: string): Parts {
  const before = known.get(text);
  if (before !== undefined) return before;
  const found = hasPlaceholder(text) ? null : cut(text);
  if (known.size > MOST_KNOWN) known.clear();
  known.set(text, found);
  return found;
}

function cut(text: string): Parts {
  const parts: Part[] = [];
  let literal = "";
  const flush = (): void => {
    if (literal !== "") parts.push({ kind: "text", text: literal });
    literal = "";
  };
  for (let at = 0; at < text.length; ) {
    if (text[at] !== "$") {
      literal += text[at];
      at += 1;
      continue;
    }
    const found = /^\$(?:([1-9])|\{(\w+)\}|(\w+))/.exec(text.slice(at, at + 200));
    if (found === null) return null;
    flush();
    const [whole, digit, braced, plain] = found;
    const name = (braced ?? plain ?? "").toLowerCase();
    parts.push(digit === undefined ? { kind: "variable", name } : { kind: "group", number: Number(digit) });
    at += whole.length;
  }
  flush();
  return parts;
}

/** The variables that `set` and named groups anywhere in a host define: empty until something gives them a value. */
export const definedIn = perKey((http: Node): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const name of ["set", "auth_request_set"])
    for (const { directive } of everywhere(http, name)) {
      const [first] = directive.args;
      if (first?.text.startsWith("$") === true) names.add(first.text.slice(1).toLowerCase());
    }
  const words = ["location", "server_name", "if", "rewrite"].flatMap((name) =>
    everywhere(http, name).flatMap(({ directive }) => directive.args.map(({ text }) => text)),
  );
  const keys = everywhere(http, "map").flatMap(({ children }) => children.map(({ name }) => name));
  for (const text of [...words, ...keys])
    if (text.includes("(?"))
      for (const group of text.matchAll(/\(\?P?[<'](\w+)[>']/g)) names.add((group[1] ?? "").toLowerCase());
  return names;
});

/** The `http` block around a node; the node itself in a tree without one. */
export function httpOf(node: Node): Node {
  return enclosing(node, "http") ?? node;
}
