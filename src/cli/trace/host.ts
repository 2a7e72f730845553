import { httpBlocks } from "../../evidence/meetings.js";
import { requestHost } from "../../model/request/resolve/evaluate.js";
import { chooseServer, pointFor, pointsOf } from "../../model/request/resolve/servers.js";
import { Lost } from "../../model/request/resolve/state.js";
import type { Request } from "../../model/request/resolve/types.js";
import type { Node } from "../../nginx/types.js";
import type { ReadHost } from "../../read-hosts.js";
import { UsageError } from "../usage.js";

export interface Chosen {
  readonly read: ReadHost;
  /** The block of the servers. */
  readonly http: Node;
  /** The request as it is sent there. */
  readonly sent: Request;
}

/** Whom a client names that was given no name: itself is the machine. */
const NOBODY = "127.0.0.1";

/**
 * The host that a request is for: the only one, or the only one that has a server of that name. Throws
 * UsageError where there is none, or several.
 */
export function chooseHost(hosts: readonly ReadHost[], request: Request): Chosen {
  const all = hosts.flatMap((read) => httpBlocks(read.host).map((http) => ({ read, http })));
  const [first, second] = all;
  if (first === undefined)
    throw new UsageError("no http block of nginx was read there, so nothing answers requests");
  const fitting = second === undefined ? all : all.filter(({ http }) => hasName(http, request));
  const [one, other] = fitting;
  if (one !== undefined && other === undefined) return { ...one, sent: sentTo(one.http, request) };
  const names = (fitting.length > 0 ? fitting : all).map(({ read }) => read.host.name);
  const why =
    fitting.length > 0 ? "several hosts have a server of that name" : "no host has a server of that name";
  const listed = [...new Set(names)].slice(0, 10).join(", ");
  throw new UsageError(`${why}; give the path of one of them: ${listed}${names.length > 10 ? " …" : ""}`);
}

function hasName(http: Node, request: Request): boolean {
  const host = requestHost(request);
  const point = host === "" ? null : pointFor(http, request.to, host);
  if (point === null) return false;
  try {
    const why = chooseServer(point, host)?.why ?? "default";
    return why !== "default" && why !== "only";
  } catch (error) {
    // A name that a template fills in may be this one, and another host may surely have it.
    if (error instanceof Lost) return false;
    throw error;
  }
}

/** Without a host the request goes to the machine by its address, where port 80 may not be the one in use. */
function sentTo(http: Node, request: Request): Request {
  const named = request.headers.some(([name]) => name.toLowerCase() === "host");
  if (named) return request;
  const headers = [["Host", NOBODY] as const, ...request.headers];
  const points = pointsOf(http).filter(({ address }) => address.kind === "tcp");
  const point = points.find(({ address }) => address.kind === "tcp" && address.port === 80) ?? points[0];
  if (point === undefined) return { ...request, headers };
  return { ...request, headers, to: point.address, tls: point.tls };
}
