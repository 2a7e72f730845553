import type { Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { resolve } from "../model/request/resolve/resolve.js";
import type { Files, PhpOutcome, Request, Way } from "../model/request/resolve/types.js";
import type { Node } from "../nginx/types.js";
import { type Limits, limitsOf } from "./limits.js";

/** One request on a host: every way that it may go, and where PHP answers, with whom and under which limits. */
export interface Traced {
  readonly host: Host;
  readonly request: Request;
  /** At least one. */
  readonly ways: readonly TracedWay[];
}

export interface TracedWay {
  readonly way: Way;
  /** The pools that may take the request; empty: PHP does not answer. */
  readonly pools: readonly TracedPool[];
}

export interface TracedPool {
  /** `null`: no pool of the host is known to listen there. */
  readonly pool: Pool | null;
  readonly limits: Limits;
}

export function traced(host: Host, http: Node, request: Request, files: Files): Traced {
  const ways = resolve(http, request, files).map((way) => ({ way, pools: poolsOf(host, way) }));
  return { host, request, ways };
}

function poolsOf(host: Host, { outcome, steps }: Way): readonly TracedPool[] {
  if (outcome.kind !== "php") return [];
  const found = poolsBehind(host, outcome);
  const pools: readonly (Pool | null)[] = found.length === 0 ? [null] : found;
  return pools.map((pool) => ({ pool, limits: limitsOf(host, outcome, steps, pool) }));
}

/** The pools that an upstream or address leads to, without those whose server is `down`. */
function poolsBehind(host: Host, { pass }: PhpOutcome): readonly Pool[] {
  const binding = host.bindings.find((one) => one.pass === pass);
  const targets = binding?.targets.filter(({ down }) => !down) ?? [];
  return [...new Set(targets.flatMap(({ pools }) => pools))];
}
