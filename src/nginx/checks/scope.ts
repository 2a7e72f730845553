import type { Judged } from "../tree/judged.js";
import type { Directive, Node } from "../types.js";
import { definesAny, variablesDefined } from "./defined.js";
import type { Scope, Zone } from "./types.js";
import { mentions, zonesOf } from "./zones.js";

/** `complete`: main file and includes were all read. */
export function readScope(
  all: Iterable<Judged>,
  { root, version }: Pick<Scope, "root" | "version">,
  complete: boolean,
): Scope {
  let [whole, byTemplate, foreign, hasServers] = [complete && !root.partial, false, false, false];
  const zones: Zone[] = [];
  const threadPools = new Set(["default"]);
  const variables = new Set<string>();
  const read = new Set<Directive>();
  // In one pass, because there may be a million of them.
  for (const one of all) {
    const { node, contexts, rows, anchored } = one;
    if (!anchored || node.partial) whole = false;
    byTemplate ||= isMadeByTemplate(one);
    foreign ||= rows.length === 0 || node.name === "load_module" || definesAny(one);
    hasServers ||= node.name === "server" && contexts.includes("h");
    if (anchored) zones.push(...zonesOf(one));
    if (node.name === "thread_pool") threadPools.add(node.directive.args[0]?.text ?? "");
    if (node.directive.block === null && read.has(node.directive)) continue;
    read.add(node.directive);
    for (const name of variablesDefined(one)) variables.add(name);
  }
  return {
    root,
    version,
    complete: whole && !byTemplate,
    foreign,
    hasServers,
    zones: mentions(zones),
    formatless: formatless(all),
    threadPools,
    variables,
  };
}

/** Directives that others refer to by name; a template may make any name. */
const NAMES =
  /^(?:log_format|limit_(?:req|conn)_zone|\w+_cache_path|thread_pool|upstream|zone|map|geo|split_clients|set|location|server_name|if|rewrite)$/;

function isMadeByTemplate({ node }: Judged): boolean {
  return NAMES.test(node.name) && node.directive.args.some(({ placeholder }) => placeholder);
}

function formatless(all: Iterable<Judged>): ReadonlySet<Node> {
  const defined = new Set(["combined"]);
  const found = new Set<Node>();
  for (const { node } of all) {
    const [first, second] = node.directive.args;
    if (node.name === "log_format") defined.add(first?.text ?? "");
    const named = node.name === "access_log" && second !== undefined && first?.text !== "off";
    if (named && !defined.has(second.text)) found.add(node);
  }
  return found;
}
