import { isGlob } from "../host/glob.js";
import { readScope } from "../nginx/checks/scope.js";
import type { Scope } from "../nginx/checks/types.js";
import { ANY_CONTEXT, type Judged, judged } from "../nginx/tree/judged.js";
import type { Node } from "../nginx/types.js";
import { perKey } from "../source/memo.js";
import type { Host, NginxHost } from "./host.js";

/**
 * What the rules about single directives share: every directive of the host, and what else they need to
 * know.
 */
export interface JudgedHost {
  readonly nginx: NginxHost;
  /** Of very many worked out anew by who goes through them, because it would be a second tree. */
  readonly all: Iterable<Judged>;
  readonly scope: Scope;
}

/** `null`: the host has no nginx. Computed once per host. */
export const judgedHost = perKey((host: Host): JudgedHost | null => {
  const { nginx } = host;
  if (nginx === null) return null;
  const main = mainContext(host, nginx);
  const all = listedOr(() => judged(nginx.root, main, nginx.version));
  return { nginx, all, scope: readScope(all, nginx, isComplete(host, nginx)) };
});

/** Directives that are listed once for all who go through them. */
const MOST_LISTED = 200_000;

function listedOr(walk: () => Iterable<Judged>): Iterable<Judged> {
  const listed: Judged[] = [];
  for (const one of walk()) {
    if (listed.length === MOST_LISTED) return { [Symbol.iterator]: () => walk()[Symbol.iterator]() };
    listed.push(one);
  }
  return listed;
}

/** Unless the host is whole, a directory may have fewer files than the one that is deployed. */
function isComplete({ whole }: Host, { hasMain, includes }: NginxHost): boolean {
  return hasMain && (whole || includes.every(({ pattern }) => !isGlob(pattern)));
}

const MAIN_BLOCKS = new Set(["events", "http", "stream", "mail"]);

/**
 * Unless the host is whole, a file called nginx.conf may lack the main blocks and be included by another
 * one.
 */
function mainContext({ whole }: Host, { root }: NginxHost): string {
  const main = root.children.some((node: Node) => MAIN_BLOCKS.has(node.name));
  return whole || main ? "m" : ANY_CONTEXT;
}
