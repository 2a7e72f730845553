import { argument, childrenNamed } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { perKey } from "../../source/memo.js";
import type { Host } from "../host.js";

/** How many idle connections each nginx worker keeps for an upstream without `keepalive`; seen in 1.30.6 and 1.31.4. */
export const KEEPALIVE_BY_DEFAULT = { since: "1.29.7", count: 32 } as const;

/** Upstream groups by name in lower case: nginx ignores the case of these names, and their order. */
export type Upstreams = ReadonlyMap<string, Node>;

/** The groups of some `http` or `stream` blocks; of two with one name, the first. */
export function readUpstreams(http: readonly Node[]): Upstreams {
  const groups = new Map<string, Node>();
  for (const block of http) {
    for (const group of childrenNamed(block, "upstream")) {
      const name = argument(group, 0)?.toLowerCase();
      if (name !== undefined && !groups.has(name)) groups.set(name, group);
    }
  }
  return groups;
}

/** The groups of one `http` block. Each of thousands of hops asks for one. */
export const upstreamsIn = perKey((http: Node): Upstreams => readUpstreams([http]));

/** The groups in the `http` blocks of a host; none without nginx. */
export const upstreamsOf = perKey(
  ({ nginx }: Host): Upstreams => readUpstreams(nginx === null ? [] : childrenNamed(nginx.root, "http")),
);

/** One `server` of an upstream group. */
export interface UpstreamServer {
  readonly node: Node;
  /** As written: an address, or a name with or without a port. */
  readonly address: string;
  readonly down: boolean;
  readonly backup: boolean;
  /** A template fills in some parameters, and `down` may be one of them. */
  readonly open: boolean;
}

/** The servers of one group, in the order of the file. Each location that passes there asks for them. */
export const upstreamServers = perKey((group: Node): readonly UpstreamServer[] =>
  childrenNamed(group, "server").map((node) => {
    const parameters = node.directive.args.slice(1).map((word) => word.text);
    return {
      node,
      address: argument(node, 0) ?? "",
      down: parameters.includes("down"),
      backup: parameters.includes("backup"),
      open: node.directive.args.slice(1).some(({ placeholder }) => placeholder),
    };
  }),
);
