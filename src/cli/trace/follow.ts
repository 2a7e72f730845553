import type { Incomplete } from "../../engine/finding.js";
import { incompleteOf } from "../../engine/incomplete.js";
import type { TypedLink } from "../../host/spec.js";
import type { Request } from "../../model/request/resolve/types.js";
import { descendants } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { type HostsOptions, readHosts } from "../../read-hosts.js";
import { type Traced, traced } from "../../trace/trace.js";
import { LIVE_PATHS } from "../live-paths.js";
import { UsageError } from "../usage.js";
import { filesSaid } from "./files.js";
import { chooseHost } from "./host.js";

export interface Followed {
  readonly result: Traced;
  /** What could not be read, and may change the way. */
  readonly unread: readonly Incomplete[];
  readonly links: readonly TypedLink[];
}

/** What the words of the command say of the files. */
interface FileArguments {
  readonly paths: readonly string[];
  readonly exists?: readonly string[] | undefined;
  readonly missing?: readonly string[] | undefined;
}

/**
 * Follows the request on the host that it is for. Where the way gets lost in what was not read, it is followed once
 * more as if that changed nothing. Throws UsageError.
 */
export function follow(args: FileArguments, reading: HostsOptions, request: Request): Followed {
  const sure = followOnce(args, reading, request, false);
  const { host } = sure.result;
  const partial = host.nginx !== null && (host.nginx.root.partial || anyPartial(host.nginx.root));
  if (!partial || !isLost(sure.result)) return sure;
  const supposed = followOnce(args, reading, request, true);
  return reach(supposed.result) > reach(sure.result) ? supposed : sure;
}

/** How far a request could be followed: to its end, or how many steps. */
function reach({ ways }: Traced): number {
  return Math.min(
    ...ways.map(({ way }) => (way.outcome.kind === "unknown" ? way.steps.length : Number.POSITIVE_INFINITY)),
  );
}

function anyPartial(root: Node): boolean {
  for (const node of descendants(root)) if (node.partial) return true;
  return false;
}

function followOnce(
  args: FileArguments,
  reading: HostsOptions,
  request: Request,
  supposed: boolean,
): Followed {
  const found = hostsAt(args.paths, reading, supposed);
  const { read, http, sent, named } = chooseHost(found.hosts, request);
  const files = filesSaid(read, args.exists ?? [], args.missing ?? []);
  const result = traced({ host: read.host, http, request: sent, named, files, supposed });
  const unread = [...found.failures, ...incompleteOf(read.host).filter(({ fatal }) => fatal)];
  return { result, unread, links: found.links };
}

/** Whether some way ends where the files do not say how it goes on. */
export function isLost({ ways }: Traced): boolean {
  return ways.some(({ way }) => way.outcome.kind === "unknown");
}

/** The hosts of the paths; without a path those of this machine. Throws UsageError. */
function hostsAt(paths: readonly string[], reading: HostsOptions, supposed: boolean) {
  if (paths.length > 0) {
    const answer = readHosts({ ...reading, paths }, supposed);
    if (answer.kind === "read") return answer;
    throw new UsageError(answer.refusal.message);
  }
  for (const path of LIVE_PATHS) {
    // Nobody typed this path, so it does not widen what may be read.
    const answer = readHosts({ ...reading, paths: [path], typed: [] }, supposed);
    if (answer.kind === "read" && answer.hosts.some(({ host }) => host.nginx !== null)) return answer;
    if (answer.kind === "refused" && answer.refusal.kind === "stated-root")
      throw new UsageError(answer.refusal.message);
  }
  throw new UsageError("this machine has no configuration of nginx; name the path of the files to read");
}
