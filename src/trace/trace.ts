import { showBytes } from "../evidence/pairs.js";
import type { Pool } from "../fpm/types.js";
import { answersTo } from "../model/answer/answer.js";
import type { Answer } from "../model/answer/types.js";
import type { Host } from "../model/host.js";
import { requestHost } from "../model/request/resolve/evaluate.js";
import { resolve } from "../model/request/resolve/resolve.js";
import { defaultServer, pointFor } from "../model/request/resolve/servers.js";
import type { Assumption, Files, Request, Step, Way } from "../model/request/resolve/types.js";
import type { NginxVersion } from "../nginx/facts/version.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { likeliestFirst, surpriseOfAll, surpriseSum } from "./likely.js";
import { type Limits, limitsOf } from "./limits.js";
import { type Note, notesOf, serversAt } from "./notes.js";
import { presuming } from "./presumed.js";

/** One request on a host: every way that it may go, and where PHP answers, with whom and under which limits. */
export interface Traced {
  readonly host: Host;
  readonly request: Request;
  readonly notes: readonly Note[];
  /** At least one, the likeliest first. */
  readonly ways: readonly TracedWay[];
  /** Directories that are taken to be there, because the configuration names them and nobody knows better. */
  readonly presumed: readonly string[];
  /** What was not read of nginx's half is taken to change nothing, because the way gets lost otherwise. */
  readonly supposed: boolean;
  /** Why the first server was taken where nginx's own reason is not known; `null`: it is. */
  readonly picked: Picked | null;
}

/**
 * Who takes a request for which no name was given: the default server of an address on which a template fills
 * in names, or the first server of the files, because a template fills in the address.
 */
export type Picked = "default" | "first";

export interface TracedWay {
  readonly way: Way;
  /** Some file would have to be what its name does not say: `index.php` a directory. */
  readonly unlikely: boolean;
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
  readonly unlikely: boolean;
  /** Where an `error_page` takes the place of what the pool answers, how the request ends; empty: the answer is sent. */
  readonly instead: readonly Way[];
  readonly limits: Limits;
}

export interface Tracing {
  readonly host: Host;
  /** The block of the servers. */
  readonly http: Node;
  readonly request: Request;
  /** The request names a host; else the default server is meant, whatever its name. */
  readonly named: boolean;
  /** What is known of the files. */
  readonly files: Files;
  /** What was not read of the host is taken to change nothing. */
  readonly supposed: boolean;
}

/** Follows a request. */
export function traced({ host, http, request, named, files, supposed }: Tracing): Traced {
  const guess = presuming(host, files);
  const { ways, picked } = followed(http, request, named, guess.files, host.nginx?.version ?? null);
  const whole = ways.map((way) => ({
    ...way,
    steps: way.steps.map((step) => withReason(step, http, request)),
  }));
  const all = likeliestFirst(whole).map((way): TracedWay => {
    const unlikely = surpriseOfAll(way.rests) === 2;
    return { way, unlikely, pools: poolsOf(host, way, guess.files) };
  });
  const notes = [...(picked === null ? notesOf(http, request, named) : []), ...formNotes(all, request)];
  return { host, request, notes, ways: all, presumed: [...guess.presumed].sort(), supposed, picked };
}

function followed(
  http: Node,
  request: Request,
  named: boolean,
  files: Files,
  nginxVersion: NginxVersion,
): { readonly ways: readonly Way[]; readonly picked: Picked | null } {
  const ways = resolve(http, request, files, { nginxVersion });
  if (!ways.every(({ outcome, steps }) => outcome.kind === "unknown" && steps.length === 0))
    return { ways, picked: null };
  // Which names a template fills in makes no difference where there is one server, or no name was given.
  const point = pointFor(http, request.to, requestHost(request));
  const alone = point !== null && serversAt(point).length === 1;
  const server = point === null ? childrenNamed(http, "server")[0] : defaultServer(point);
  if (server == null || (named && !alone)) return { ways, picked: null };
  const picked = alone ? null : point === null ? "first" : "default";
  return { ways: resolve(http, request, files, { server, nginxVersion }), picked };
}

/** nginx knows of an address with one server only that it needs no name. */
function withReason(step: Step, http: Node, request: Request): Step {
  if (step.kind !== "server" || (step.why !== "only" && step.why !== "default")) return step;
  const point = pointFor(http, request.to, step.host);
  if (point === null || !serversAt(point).includes(step.server)) return step;
  return { ...step, why: serversAt(point).length > 1 ? "default" : "only" };
}

function poolsOf(host: Host, { outcome, steps, rests }: Way, files: Files): readonly TracedPool[] {
  if (outcome.kind !== "php") return [];
  const limits = (pool: Pool | null) => limitsOf(host, outcome, steps, pool);
  const answers = answersTo(host, outcome, files, rests);
  if (answers.length === 0)
    return [{ pool: null, answer: null, rests: [], unlikely: false, instead: [], limits: limits(null) }];
  return [...answers]
    .sort((a, b) => surpriseSum(a.rests) - surpriseSum(b.rests))
    .map((one) => ({
      ...one,
      unlikely: surpriseOfAll(one.rests) === 2,
      instead: one.answer.kind === "refused" ? (outcome.answered(one.answer.status) ?? []) : [],
      limits: limits(one.pool),
    }));
}

/** A POST whose body is above `post_max_size` reaches the script without its form. */
function formNotes(ways: readonly TracedWay[], { method }: Request): readonly Note[] {
  if (method !== "POST") return [];
  for (const { way, pools } of ways) {
    if (way.outcome.kind !== "php" || way.outcome.method !== "POST") continue;
    const body = way.outcome.bodyLength ?? 0;
    for (const { answer, limits } of pools) {
      const limit = limits.limits.find(({ setting }) => setting === "post_max_size")?.amount ?? null;
      if (answer?.kind === "runs" && limit !== null && body > limit)
        return [{ kind: "form", body, limit, shown: showBytes(body) }];
    }
  }
  return [];
}
