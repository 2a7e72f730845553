import { type Pattern, readPattern } from "../../nginx/location/pattern.js";
import { argument } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { perKey } from "../../source/memo.js";
import { type Part, partsOf } from "./resolve/words.js";

/** The words of `set`, `rewrite` and `return`. `resolve/rewrite.ts` runs them for one request, `rewrite-code.ts` for any. */

const CODE: ReadonlySet<string> = new Set(["set", "if", "rewrite", "break", "return"]);

/** Whether a directive is code that nginx runs in the order of the files. */
export function isCode({ name }: Node): boolean {
  return CODE.has(name);
}

/** Whether every URI matches a regular expression of `rewrite` or `location`. */
export function matchesAll(pattern: string): boolean {
  return /^\^?\/?(?:\.\*|\(\.\*\))?\$?$/.test(pattern) && !/^\^?\/?\$$/.test(pattern);
}

/** Whether nginx redirects to such a replacement instead of going on with it. */
export function leadsAway(text: string): boolean {
  return /^(?:https?:\/\/|\$scheme)/.test(text);
}

export interface Assignment {
  /** Without its `$` and in lower case: nginx does not tell the cases of names apart. */
  readonly name: string;
  /** The value as it is written. */
  readonly text: string;
  /** A template fills in the name. */
  readonly open: boolean;
}

export const setOf = perKey((node: Node): Assignment => {
  const [variable] = node.directive.args;
  return {
    name: (variable?.text ?? "").replace(/^\$/, "").toLowerCase(),
    text: argument(node, 1) ?? "",
    open: variable?.placeholder === true,
  };
});

export interface Rewrite {
  /** `null`: not understood. */
  readonly pattern: Pattern | null;
  /** Every URI matches, or may do so once a template fills the pattern in. */
  readonly all: boolean;
  /** A template fills in what becomes of the URI. */
  readonly open: boolean;
  /** The replacement before its first `?`; of a redirect all of it. `null`: a template makes it. */
  readonly path: readonly Part[] | null;
  /** What follows the `?`; `null`: there is none. */
  readonly args: readonly Part[] | null;
  /** The arguments of the request are appended. */
  readonly addArgs: boolean;
  /** 301 or 302; `null`: it changes the URI. */
  readonly status: 301 | 302 | null;
  /** The replacement of a redirect has a `?`. */
  readonly hasMark: boolean;
  readonly flag: "last" | "break" | null;
}

/** What a `rewrite` does to the URIs that match. */
export const rewriteOf = perKey((node: Node): Rewrite => {
  const written = argument(node, 1) ?? "";
  const flag = argument(node, 2);
  const addArgs = !written.endsWith("?");
  const text = addArgs ? written : written.slice(0, -1);
  const code = flag === "permanent" ? 301 : flag === "redirect" || leadsAway(text) ? 302 : null;
  const parts = node.directive.args.some(({ placeholder }) => placeholder) ? null : partsOf(text);
  const at = parts?.findIndex((part) => part.kind === "text" && part.text.includes("?")) ?? -1;
  const hasMark = at !== -1;
  const part = parts?.[at];
  let [path, args]: [readonly Part[] | null, readonly Part[] | null] = [parts, null];
  if (code === null && parts !== null && part?.kind === "text") {
    const mark = part.text.indexOf("?");
    path = [...parts.slice(0, at), { kind: "text", text: part.text.slice(0, mark) }];
    args = [{ kind: "text", text: part.text.slice(mark + 1) }, ...parts.slice(at + 1)];
  }
  const pattern = readPattern(argument(node, 0) ?? "", false);
  const ends = flag === "last" || flag === "break" ? flag : null;
  const [first, ...rest] = node.directive.args;
  const all = first?.placeholder === true || matchesAll(first?.text ?? "");
  const open = rest.some(({ placeholder }) => placeholder);
  return { pattern, all, open, path, args, addArgs, status: code, hasMark, flag: ends };
});
