import { effectiveList, hiddenList } from "../../nginx/tree/effective.js";
import { isAssumed } from "../../nginx/tree/files.js";
import { argument, argumentPlace, headPlace, headText } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { type Place, place } from "../../source/file.js";
import { perKey } from "../../source/memo.js";
import type { Binding, Host } from "../host.js";

/** The FastCGI parameters that a location sends: which `fastcgi_param` is in effect, and with what value. */

/** One `fastcgi_param`. */
export interface Param {
  readonly name: string;
  /** As written, variables and all. */
  readonly value: string;
  /** The value's word. */
  readonly place: Place;
  readonly node: Node;
}

/** The parameters of one level. They hide those of every level further out. */
export interface ParamSet {
  /** By name; PHP-FPM uses the last of several. */
  readonly params: ReadonlyMap<string, Param>;
  /** All of them in order. */
  readonly nodes: readonly Node[];
  /** The block that holds them. */
  readonly level: Node;
  /** `false`: part of the level was not read, so a parameter that is missing here may still be sent. */
  readonly complete: boolean;
  /** Likewise, but where a stock file is only assumed, it is taken to send what nginx ships. */
  readonly read: boolean;
}

/** `null`: no level sets any. `undefined`: unknown. */
export type Params = ParamSet | null | undefined;

/** The parameters that are sent for requests that a block passes on. */
export function effectiveParams(block: Node): Params {
  return effective(block).params;
}

/** Asked by rule after rule, for each location. */
const effective = perKey((block: Node): { readonly params: Params } => ({
  params: paramsOf(effectiveList(block, "fastcgi_param")),
}));

/** The sets of outer levels that this one hides, nearest first. */
export function hiddenParams(set: ParamSet): readonly ParamSet[] {
  const hidden: ParamSet[] = [];
  for (let at: Params = set; at !== null && at !== undefined; ) {
    at = paramsOf(hiddenList(at.level, "fastcgi_param"));
    if (at !== null && at !== undefined) hidden.push(at);
  }
  return hidden;
}

/**
 * Whether a parameter is sent; `true` also where that is unknown, so that no rule claims that it is
 * missing.
 */
export function maySend(set: Params, name: string): boolean {
  if (set === undefined) return true;
  return set !== null && (!set.complete || set.params.has(name));
}

/**
 * The parameters that PHP-FPM needs to run a request and that this set does not send. Without a script it
 * answers 404, without a method with a blank page. PATH_TRANSLATED can replace SCRIPT_FILENAME.
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
 * Whether a location surely passes to PHP: a pool of the host listens there, or the words say so. Other
 * programs also speak FastCGI, and need no script.
 */
export function surelyPhp({ targets, location, pass }: Binding): boolean {
  return (
    targets.some(({ pools }) => pools.length > 0) || /php/i.test(`${headText(location)} ${headText(pass)}`)
  );
}

/**
 * Whether part of the set is in a file that packages ship and that the tree lacks: its lines are assumed
 * then, and old packages and some vendors have SCRIPT_FILENAME in `fastcgi_params`.
 */
export function restsOnStock(host: Host, set: ParamSet): boolean {
  return set.nodes.some(({ file }) => host.fs.entry(file.path).kind !== "file");
}

/**
 * The word of the `include` line on the set's own level that brought a parameter; its own place when it is
 * written there.
 */
export function broughtBy(set: ParamSet, node: Node): Place {
  const depth = set.level.via.length;
  const span = node.via[depth];
  return span === undefined
    ? headPlace(node)
    : place(span.file, span.start, span.end, node.via.slice(0, depth));
}

/** The line that would send a parameter again: the `include` of the hidden set, or the parameter itself. */
export function lineFor(set: ParamSet, node: Node): string {
  const span = node.via[set.level.via.length];
  const text = ({ file, start, end }: { file: Node["file"]; start: number; end: number }) =>
    file.text.slice(start, end);
  if (span !== undefined) return `include ${text(span)};`;
  return `${text(headPlace(node).span)};`;
}

/** Where a stock file is only assumed, it may send more than is known. */
function isComplete(complete: boolean, nodes: readonly Node[]): boolean {
  return complete && !nodes.some(({ file }) => isAssumed(file));
}

/** There may be a million of them, so what is rarely asked for is worked out when it is. */
class Written implements Param {
  constructor(
    readonly name: string,
    readonly node: Node,
  ) {}

  get value(): string {
    return argument(this.node, 1) ?? "";
  }

  get place(): Place {
    return argumentPlace(this.node, 1);
  }
}

function paramsOf(found: ReturnType<typeof effectiveList>): Params {
  if (found.kind === "default") return null;
  if (found.kind === "unknown") return undefined;
  const params = new Map<string, Param>();
  for (const node of found.nodes) {
    const name = argument(node, 0) ?? "";
    params.set(name, new Written(name, node));
  }
  return {
    params,
    nodes: found.nodes,
    level: found.level,
    complete: isComplete(found.complete, found.nodes),
    read: found.complete,
  };
}
