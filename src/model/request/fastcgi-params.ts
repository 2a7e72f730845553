import { effectiveList, hiddenList } from "../../nginx/tree/effective.js";
import { argument, argumentPlace, headPlace, headText } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { type Place, place } from "../../source/file.js";
import type { Binding, Host } from "../host.js";

/** The FastCGI parameters that a location sends: which `fastcgi_param` counts, and what its value is worth. */

/** One `fastcgi_param`. */
export interface Param {
  readonly name: string;
  /** As written, variables and all. */
  readonly value: string;
  /** The value's word. */
  readonly place: Place;
  readonly node: Node;
}

/** The parameters of one level: as one list they hide every level further out. */
export interface ParamSet {
  /** By name; PHP-FPM uses the last of several. */
  readonly params: ReadonlyMap<string, Param>;
  /** All of them in order. */
  readonly nodes: readonly Node[];
  /** The block that holds them. */
  readonly level: Node;
  /** `false`: the level was not read whole, so what is not there may be sent all the same. */
  readonly complete: boolean;
}

/** `null`: no level sets any. `undefined`: it cannot be told. */
export type Params = ParamSet | null | undefined;

/** What is sent for requests that a block hands over. */
export function effectiveParams(block: Node): Params {
  return paramsOf(effectiveList(block, "fastcgi_param"));
}

/** What the sets outside of this one would add, nearest first: the sets that it hides. */
export function hiddenParams(set: ParamSet): readonly ParamSet[] {
  const hidden: ParamSet[] = [];
  for (let at: Params = set; at !== null && at !== undefined; ) {
    at = paramsOf(hiddenList(at.level, "fastcgi_param"));
    if (at !== null && at !== undefined) hidden.push(at);
  }
  return hidden;
}

/** `true` also where it cannot be told, so that nobody claims that it is missing. */
export function maySend(set: Params, name: string): boolean {
  if (set === undefined) return true;
  return set !== null && (!set.complete || set.params.has(name));
}

/**
 * What PHP-FPM cannot run a request without and this set does not send. Without a script it answers
 * 404, without a method with a blank page. PATH_TRANSLATED stands in for SCRIPT_FILENAME.
 */
export function missingForPhp(set: Params): readonly ("SCRIPT_FILENAME" | "REQUEST_METHOD")[] {
  const script = maySend(set, "SCRIPT_FILENAME") || maySend(set, "PATH_TRANSLATED");
  const method = maySend(set, "REQUEST_METHOD");
  return [...(script ? [] : ["SCRIPT_FILENAME" as const]), ...(method ? [] : ["REQUEST_METHOD" as const])];
}

/** The nearest hidden set that would send one of the missing parameters; `null` when none would. */
export function hiddenSource(set: ParamSet, missing: readonly string[]): ParamSet | null {
  return hiddenParams(set).find(({ params }) => missing.some((name) => params.has(name))) ?? null;
}

/**
 * Whether PHP is behind a location for sure: a pool of the host is, or the words say so. Others
 * speak FastCGI, too, and need no script.
 */
export function surelyPhp({ targets, location, pass }: Binding): boolean {
  return (
    targets.some(({ pools }) => pools.length > 0) || /php/i.test(`${headText(location)} ${headText(pass)}`)
  );
}

/**
 * Whether a part of the set is in a file that the tree lacks and that packages ship: what it says
 * there is assumed, and old packages and some vendors have SCRIPT_FILENAME in `fastcgi_params`.
 */
export function restsOnStock(host: Host, set: ParamSet): boolean {
  return set.nodes.some(({ file }) => host.fs.entry(file.path).kind !== "file");
}

/** The word of the `include` line in the set's own level that brought a parameter; its own place when it stands there itself. */
export function broughtBy(set: ParamSet, node: Node): Place {
  const depth = set.level.via.length;
  const span = node.via[depth];
  return span === undefined
    ? headPlace(node)
    : place(span.file, span.start, span.end, node.via.slice(0, depth));
}

/** The line that would bring a parameter again: the `include` of the hidden set, or the parameter itself. */
export function lineFor(set: ParamSet, node: Node): string {
  const span = node.via[set.level.via.length];
  const text = ({ file, start, end }: { file: Node["file"]; start: number; end: number }) =>
    file.text.slice(start, end);
  if (span !== undefined) return `include ${text(span)};`;
  return `${text(headPlace(node).span)};`;
}

function paramsOf(found: ReturnType<typeof effectiveList>): Params {
  if (found.kind === "default") return null;
  if (found.kind === "unknown") return undefined;
  const params = new Map<string, Param>();
  for (const node of found.nodes) {
    const name = argument(node, 0) ?? "";
    params.set(name, { name, value: argument(node, 1) ?? "", place: argumentPlace(node, 1), node });
  }
  return { params, nodes: found.nodes, level: found.level, complete: found.complete };
}
