import type { NginxVersion } from "../facts/version.js";
import { type Judged, judged } from "../tree/judged.js";
import type { Node } from "../types.js";
import { definesAny, variablesDefined } from "./defined.js";
import type { Scope } from "./types.js";
import { zonesOf } from "./zones.js";

/** `complete`: main file and includes were all read. `main`: the contexts of the root. */
export function readScope(root: Node, main: string, version: NginxVersion, complete: boolean): Scope {
  const all = [...judged(root, main, version)];
  const whole = complete && all.every(({ node, anchored }) => anchored && !node.partial);
  return {
    root,
    version,
    complete: whole && !root.partial && !all.some(isMadeByTemplate),
    foreign: all.some((one) => one.rows.length === 0 || one.node.name === "load_module" || definesAny(one)),
    hasServers: all.some(({ node, contexts }) => node.name === "server" && contexts.includes("h")),
    zones: all.filter(({ anchored }) => anchored).flatMap(zonesOf),
    formatless: formatless(all),
    threadPools: new Set(["default", ...named(all, "thread_pool")]),
    variables: new Set(all.flatMap(variablesDefined)),
  };
}

/** Directives that others refer to by name; a template may make any name. */
const NAMES =
  /^(?:log_format|limit_(?:req|conn)_zone|\w+_cache_path|thread_pool|upstream|zone|map|geo|split_clients|set|location|server_name|if|rewrite)$/;

function isMadeByTemplate({ node }: Judged): boolean {
  return NAMES.test(node.name) && node.directive.args.some(({ placeholder }) => placeholder);
}

function named(all: readonly Judged[], name: string): readonly string[] {
  return all.flatMap(({ node }) => (node.name === name ? [node.directive.args[0]?.text ?? ""] : []));
}

function formatless(all: readonly Judged[]): ReadonlySet<Node> {
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
