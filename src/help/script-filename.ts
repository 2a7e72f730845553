import type { Edit } from "../engine/help.js";
import type { Binding, Host } from "../model/host.js";
import { broughtBy, effectiveParams, type Param, type ParamSet } from "../model/request/fastcgi-params.js";
import { rootOf, writtenRoot } from "../model/request/root.js";
import { headPlace } from "../nginx/tree/nodes.js";
import { withoutEnd } from "../source/ends.js";
import { type Place, samePlace } from "../source/file.js";
import { addAfter, addInto, replace } from "./edit.js";

/** The line that finds the script below the root of the location. */
export const SCRIPT = "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;";

/** The line that finds the script of a location, below its root or its alias. */
export function scriptLine({ block }: Binding): string {
  return rootOf(block).alias === null ? SCRIPT : "fastcgi_param SCRIPT_FILENAME $request_filename;";
}

/** The SCRIPT_FILENAME that a location sends, and where it is written. */
export interface SentScript {
  readonly set: ParamSet;
  readonly param: Param;
  /** The value's word, or the `include` line of the location that brought it. */
  readonly at: Place;
}

/** The SCRIPT_FILENAME of a location; `null`: unknown, none, or not always sent. */
export function sentScript(binding: Binding): SentScript | null {
  const set = effectiveParams(binding.block);
  const param = set?.params.get("SCRIPT_FILENAME");
  // In a set that was not read completely, a later line may send another.
  if (set === null || set === undefined || !set.read) return null;
  if (param === undefined || param.node.directive.args.length !== 2) return null;
  const own = param.node.via.length === set.level.via.length;
  return { set, param, at: own ? param.place : broughtBy(set, param.node) };
}

/**
 * Makes a location send another SCRIPT_FILENAME. PHP-FPM takes the last of several, so a line after the
 * `include` is enough.
 */
export function writeScript(
  host: Host,
  binding: Binding,
  { set, at, param }: SentScript,
  value: string,
): Edit {
  const line = `fastcgi_param SCRIPT_FILENAME ${value};`;
  if (set.level !== binding.block)
    return addInto(host, headPlace(binding.block), "include fastcgi_params;", line);
  return samePlace(param.place, at) ? replace(host, at, line) : addAfter(host, at, line);
}

/** The root of a location, without a slash at its end; `null`: unknown, relative, or with variables. */
export function literalRoot(binding: Binding): { readonly path: string; readonly place: Place } | null {
  const { node } = rootOf(binding.block);
  const path = writtenRoot(binding.block);
  return node === null || path === null ? null : { path: withoutEnd(path, "/"), place: headPlace(node) };
}
