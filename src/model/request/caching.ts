import { conditionOf, isTrue } from "../../nginx/location/conditions.js";
import { effectiveList, effectiveNode } from "../../nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed, enclosing, headPlace } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import type { Place } from "../../source/file.js";
import { perKey } from "../../source/memo.js";
import type { Binding } from "../host.js";
import { emptyVariables } from "./empty-variables.js";
import { tablesOf } from "./tables.js";
import { variablesIn } from "./variable-words.js";
import { possibleValues } from "./variables.js";

/** What `fastcgi_cache` and its neighbours do with the answers that a location gets from PHP-FPM. */

export interface Cached {
  readonly binding: Binding;
  /** The `fastcgi_cache` in effect. */
  readonly cache: Node;
  /** The name of the zone. */
  readonly zone: string;
  /** The key as it is written; `null`: nothing sets one, and nginx stores every answer under one empty key. */
  readonly key: { readonly text: string; readonly place: Place; readonly node: Node } | null;
}

/** The cache of a location; `null`: it has none, or which one, or its key, is unknown. */
export function cacheOf(binding: Binding): Cached | null {
  const cache = effectiveNode(binding.block, "fastcgi_cache");
  if (cache.kind !== "set") return null;
  const [word] = cache.node.directive.args;
  if (word === undefined || word.placeholder || word.text === "off" || word.text.includes("$")) return null;
  const key = effectiveNode(binding.block, "fastcgi_cache_key");
  if (key.kind === "unknown") return null;
  const shared = { binding, cache: cache.node, zone: word.text };
  if (key.kind === "default") return { ...shared, key: null };
  if (key.node.directive.args[0]?.placeholder === true) return null;
  const text = argument(key.node, 0) ?? "";
  return { ...shared, key: { text, place: headPlace(key.node), node: key.node } };
}

/** What `fastcgi_cache_bypass` or `fastcgi_no_cache` says of the requests of a location. */
export interface Condition {
  readonly nodes: readonly Node[];
  /** `always`: one of the values is always true; `never`: none ever is; `open`: it depends, or is unknown. */
  readonly holds: "always" | "never" | "open";
}

/** `null`: the location has no such line. */
export function condition(block: Node, name: "fastcgi_cache_bypass" | "fastcgi_no_cache"): Condition | null {
  const list = effectiveList(block, name);
  if (list.kind === "default") return null;
  if (list.kind === "unknown") return { nodes: [], holds: "open" };
  const words = list.nodes.flatMap((node) =>
    node.directive.args.map(({ text, placeholder }, at) => {
      const values = placeholder ? null : possibleValues(block, text, argumentPlace(node, at));
      if (values === null || values.some(({ sure }) => !sure)) return "open";
      if (values.every((one) => isTrue(one.text)) && emptyVariables(block, text).length === 0)
        return "always";
      return values.some((one) => isTrue(one.text)) ? "open" : "never";
    }),
  );
  const whole = list.complete && words.length > 0;
  if (words.includes("always")) return { nodes: list.nodes, holds: "always" };
  return { nodes: list.nodes, holds: whole && words.every((one) => one === "never") ? "never" : "open" };
}

/**
 * Whether the code of a location or its server may treat HEAD in a way of its own: a condition on the
 * method that is not about one other method, or a `map` of it.
 */
export function mayTellHead(block: Node): boolean {
  const http = enclosing(block, "http");
  if (http !== null && mapsMethod(http)) return true;
  for (let at: Node | null = block; at !== null; at = at.parent) {
    if (at.partial || childrenNamed(at, "if").some(isAboutHead)) return true;
    if (childrenNamed(at, "set").some((node) => (argument(node, 1) ?? "").includes("request_method")))
      return true;
    if (childrenNamed(at, "limit_except").length > 0) return true;
  }
  return false;
}

const mapsMethod = perKey((http: Node): boolean =>
  [...tablesOf(http).values()].some(
    ({ node, source }) =>
      variablesIn(source).includes("request_method") || node.directive.args[0]?.placeholder === true,
  ),
);

function isAboutHead(node: Node): boolean {
  const { directive } = node;
  const words = directive.args.map(({ text }) => text).join(" ");
  if (directive.args.some(({ placeholder }) => placeholder)) return true;
  if (!words.includes("request_method")) return false;
  const condition = conditionOf(node);
  const plain = condition.kind === "equal" && condition.name === "request_method" && !condition.negative;
  return !plain || condition.value === "HEAD" || condition.value.includes("$");
}
