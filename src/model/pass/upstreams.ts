import { argument, childrenNamed } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";

/** Idle connections that each worker of nginx keeps where an upstream has no `keepalive`; seen in 1.31.4. */
export const KEEPALIVE_BY_DEFAULT = { since: "1.29.7", count: 32 } as const;

/** The upstream groups of an `http` block by name in lower case: nginx compares them so, wherever they stand. */
export type Upstreams = ReadonlyMap<string, Node>;

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

export interface UpstreamServer {
  readonly node: Node;
  readonly address: string;
  readonly down: boolean;
  readonly backup: boolean;
  /** A template fills in parameters, `down` perhaps. */
  readonly open: boolean;
}

export function upstreamServers(group: Node): readonly UpstreamServer[] {
  return childrenNamed(group, "server").map((node) => {
    const parameters = node.directive.args.slice(1).map((word) => word.text);
    return {
      node,
      address: argument(node, 0) ?? "",
      down: parameters.includes("down"),
      backup: parameters.includes("backup"),
      open: node.directive.args.slice(1).some(({ placeholder }) => placeholder),
    };
  });
}
