import type { Pool } from "../fpm/types.js";
import { answersTo } from "../model/answer/answer.js";
import type { Answer } from "../model/answer/types.js";
import type { Host } from "../model/host.js";
import { resolve } from "../model/request/resolve/resolve.js";
import type { Assumption, Files, Request, Way } from "../model/request/resolve/types.js";
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
  /** What the pool answers; `null` where no pool is known. */
  readonly answer: Answer | null;
  /** What the answer rests on besides what the way does. */
  readonly rests: readonly Assumption[];
  /** Where an `error_page` takes the place of what the pool answers, how the request ends; empty: the answer is sent. */
  readonly instead: readonly Way[];
  readonly limits: Limits;
}

/** Follows a request. `http`: the block of the servers; `files`: what is known of the files. */
export function traced(host: Host, http: Node, request: Request, files: Files): Traced {
  const ways = resolve(http, request, files).map((way) => ({ way, pools: poolsOf(host, way, files) }));
  return { host, request, ways };
}

function poolsOf(host: Host, { outcome, steps, rests }: Way, files: Files): readonly TracedPool[] {
  if (outcome.kind !== "php") return [];
  const limits = (pool: Pool | null) => limitsOf(host, outcome, steps, pool);
  const answers = answersTo(host, outcome, files, rests);
  if (answers.length === 0)
    return [{ pool: null, answer: null, rests: [], instead: [], limits: limits(null) }];
  return answers.map((one) => ({
    ...one,
    instead: one.answer.kind === "refused" ? (outcome.answered(one.answer.status) ?? []) : [],
    limits: limits(one.pool),
  }));
}
