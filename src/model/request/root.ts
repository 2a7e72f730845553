import { matchingOf } from "../../nginx/location/extensions.js";
import { effectiveEither } from "../../nginx/tree/effective.js";
import { argument, argumentPlace, enclosing, everywhere } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import type { Place } from "../../source/file.js";
import { perKey } from "../../source/memo.js";
import { possibleValues } from "./variables.js";

/** `root` and `alias`: the directory below which nginx looks for the files of a block. */

export interface Root {
  /** The `root` or `alias`, whichever is nearer; `null`: neither is written, or it is unknown which. */
  readonly node: Node | null;
  /** Its word as it is written; empty where none is. */
  readonly written: string;
  /** The same without the slash that nginx takes off a root; nginx's own where nothing is written. */
  readonly text: string;
  /** `null`: it is a root. Else how much of the URI the alias replaces, or `all`: its location is a regular expression. */
  readonly alias: number | "all" | null;
  readonly place: Place | null;
  /** Why it is unknown; `null`: it is known. */
  readonly unread: { readonly reason: string; readonly place: Place | null } | null;
}

/** Where nginx looks without a `root`, counted from its prefix. */
const BUILT_IN = "html";

export const rootOf = perKey((block: Node): Root => {
  const found = effectiveEither(block, ["root", "alias"]);
  const none = { node: null, written: "", text: BUILT_IN, alias: null, place: null, unread: null };
  if (found.kind === "unknown") return { ...none, unread: found };
  const node = found.kind === "set" ? found.nodes.at(-1) : undefined;
  if (node === undefined) return none;
  const written = argument(node, 0) ?? "";
  const place = argumentPlace(node, 0);
  const shared = { node, written, place, unread: null };
  if (node.name === "root") return { ...shared, text: written.replace(/\/$/, ""), alias: null };
  const location = enclosing(node, "location");
  const matching = location === null ? null : matchingOf(location);
  const alias = matching === null ? 0 : matching.modifier.startsWith("~") ? "all" : matching.text.length;
  return { ...shared, text: written, alias };
});

/** The prefix of the location whose `alias` is in effect, which the alias replaces; empty: none is. */
export function aliasedPrefix(block: Node): string {
  const { node, alias } = rootOf(block);
  const location = alias === null || node === null ? null : enclosing(node, "location");
  return location === null ? "" : matchingOf(location).text;
}

/** Every `root` and `alias` of a tree. */
export function rootLines(top: Node): readonly Node[] {
  return [...everywhere(top, "root"), ...everywhere(top, "alias")];
}

/**
 * What a `root` or `alias` may name: its path as it is written, or with the values that `set` and `map` give its
 * variables. None: the request decides, or a template.
 */
export const pathsOf = perKey((node: Node): readonly string[] => {
  const path = argument(node, 0) ?? "";
  if (path === "" || node.directive.args[0]?.placeholder === true) return [];
  if (!path.includes("$")) return [path];
  const values = node.parent === null ? null : possibleValues(node.parent, path, argumentPlace(node, 0));
  return (values ?? []).flatMap(({ text, sure }) =>
    sure && text !== "" && !text.includes("$") ? [text] : [],
  );
});

export interface Mapped {
  readonly path: string;
  /** How long the directory in front of it is. */
  readonly rootLength: number;
}

/** A URI below a root whose variables are replaced. */
export function below(root: Root, directory: string, uri: string, addUri: boolean): Mapped {
  const rest = root.alias === null ? uri : root.alias === "all" ? (addUri ? uri : "") : uri.slice(root.alias);
  return { path: directory + rest, rootLength: directory.length };
}

/**
 * The `root` of a block where it is an absolute path without variables, as it is written; `null`: it is not,
 * an `alias` applies, or it is unknown.
 */
export function writtenRoot(block: Node): string | null {
  const { node, written, alias } = rootOf(block);
  return node === null || alias !== null || !isLiteral(written) ? null : written;
}

function isLiteral(path: string): boolean {
  return path.startsWith("/") && !path.includes("$");
}
