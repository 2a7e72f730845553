import type { Edit } from "../engine/help.js";
import type { Binding, Host } from "../model/host.js";
import { broughtBy, effectiveParams, type Param, type ParamSet } from "../model/request/fastcgi-params.js";
import { effectiveNode } from "../nginx/tree/effective.js";
import { argument, headPlace } from "../nginx/tree/nodes.js";
import { withoutEnd } from "../source/ends.js";
import type { Place } from "../source/file.js";
import { addAfter, addInto, replace } from "./edit.js";

/** What finds the script below the root of the location. */
export const SCRIPT = "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;";

/** The SCRIPT_FILENAME that a location sends, where it is written, and how to write another. */
export interface SentScript {
  readonly set: ParamSet;
  readonly param: Param;
  /** The value's word, or the `include` line of the location that brought it. */
  readonly at: Place;
}

/** `null`: not known, none, or not sent for sure. */
export function sentScript(binding: Binding): SentScript | null {
  const set = effectiveParams(binding.block);
  const param = set?.params.get("SCRIPT_FILENAME");
  // Of a set that was not read whole a later line may send another.
  if (set === null || set === undefined || !set.complete) return null;
  if (param === undefined || param.node.directive.args.length !== 2) return null;
  const own = param.node.via.length === set.level.via.length;
  return { set, param, at: own ? param.place : broughtBy(set, param.node) };
}

/** PHP-FPM takes the last of several, so that a line behind the `include` is enough. */
export function writeScript(
  host: Host,
  binding: Binding,
  { set, at, param }: SentScript,
  value: string,
): Edit {
  const line = `fastcgi_param SCRIPT_FILENAME ${value};`;
  if (set.level !== binding.block)
    return addInto(host, headPlace(binding.block), "include fastcgi_params;", line);
  return param.place === at ? replace(host, at, line) : addAfter(host, at, line);
}

/** The root of a location, where it is written out. */
export function literalRoot(binding: Binding): { readonly path: string; readonly place: Place } | null {
  const root = effectiveNode(binding.block, "root");
  const path = root.kind === "set" ? (argument(root.node, 0) ?? "") : "";
  if (root.kind !== "set" || !path.startsWith("/") || path.includes("$")) return null;
  return { path: withoutEnd(path, "/"), place: headPlace(root.node) };
}
