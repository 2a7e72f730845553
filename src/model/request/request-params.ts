import { isFixedVariable } from "../../nginx/facts/variables.js";
import { argument, argumentPlace } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { wordMap } from "../../source/word-map.js";
import type { Param, ParamSet } from "./fastcgi-params.js";
import { variablesIn } from "./variable-words.js";
import { possibleValues } from "./variables.js";

/** Whether the parameters that describe the request hold what the client sent, or something else. */

/** nginx's own variables that hold it. */
const CARRIERS: ReadonlyMap<string, readonly string[]> = wordMap({
  CONTENT_LENGTH: ["content_length", "http_content_length"],
  CONTENT_TYPE: ["content_type", "http_content_type"],
  QUERY_STRING: ["query_string", "args", "is_args", "request_uri", "request"],
  REQUEST_METHOD: ["request_method", "request"],
});

/** A value that does not come from the request. */
export interface OtherValue {
  readonly param: Param;
  /**
   * The value that every request gets, `""` for none; `null`: it differs, but never holds what the
   * parameter is for (`CONTENT_LENGTH $content_type`).
   */
  readonly constant: string | null;
  /** The line of the same name that would count without this one; `null`: there is none. */
  readonly replaced: Node | null;
}

/**
 * The line of that name that PHP-FPM uses, the last one of several. An empty value with `if_not_empty` is
 * not sent at all. `null`: nothing is sent.
 */
export function sentParam(set: ParamSet, name: string): (Param & { readonly before: Node | null }) | null {
  const sent = set.nodes.filter((node) => argument(node, 0) === name && !isSkipped(node));
  const [last, before = null] = sent.toReversed();
  if (last === undefined) return null;
  const value = argument(last, 1) ?? "";
  return { name, node: last, value, place: argumentPlace(last, 1), before };
}

/** The value of one parameter of a location, where it surely is not the request's; `null`: it is, or may be. */
export function otherValue(block: Node, set: ParamSet, name: string): OtherValue | null {
  const param = sentParam(set, name);
  const carriers = CARRIERS.get(name);
  if (param === null || carriers === undefined) return null;
  if (param.node.directive.args[1]?.placeholder === true) return null;
  const shared = { param, replaced: param.before };
  const used = variablesIn(param.value);
  if (used.length > 0 && used.every((one) => isFixedVariable(one) && !carriers.includes(one)))
    return { ...shared, constant: null };
  const values = possibleValues(block, param.value, param.place);
  if (values === null || values.some(({ text, sure }) => !sure || text.includes("$"))) return null;
  const [first, ...others] = new Set(values.map(({ text }) => text));
  return first === undefined || others.length > 0 ? null : { ...shared, constant: first };
}

function isSkipped(node: Node): boolean {
  const [, , third] = node.directive.args;
  return argument(node, 1) === "" && (third?.text === "if_not_empty" || third?.placeholder === true);
}
