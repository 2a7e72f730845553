import { httpBlocks } from "../../evidence/meetings.js";
import { requestHost } from "../../model/request/resolve/evaluate.js";
import { chooseServer, pointFor, pointsOf } from "../../model/request/resolve/servers.js";
import { Lost } from "../../model/request/resolve/state.js";
import type { Request } from "../../model/request/resolve/types.js";
import type { Node } from "../../nginx/types.js";
import type { ReadHost } from "../../read-hosts.js";
import { unique } from "../../source/collect.js";
import { nearest } from "../../source/spelling.js";
import { everyName } from "../../trace/notes.js";
import { UsageError } from "../usage.js";

export interface Chosen {
  readonly read: ReadHost;
  /** The block of the servers. */
  readonly http: Node;
  /** The request as it is sent there. */
  readonly sent: Request;
  /** Whether the user gave a name. */
  readonly named: boolean;
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
  if (one !== undefined && other === undefined)
    return { ...one, sent: sentTo(one.http, request), named: isNamed(request) };
  throw new UsageError(refusal(fitting.length > 0 ? fitting : all, fitting.length > 0, request));
}

/** Which of several hosts is meant is not known. */
function refusal(hosts: readonly { readonly read: ReadHost }[], fitting: boolean, request: Request): string {
  const host = requestHost(request);
  const labels = unique(hosts.map(({ read }) => read.host.name));
  const which = `name one of them as the path: ${listed(labels)}`;
  if (!isNamed(request)) return `${labels.length} hosts are there and the URL names none; ${which}`;
  if (fitting) return `${labels.length} hosts have a server with the name ${host}; ${which}`;
  const names = unique(hosts.flatMap(({ read }) => everyName(read.host)));
  const near = nearest(host, names);
  const meant = near === null ? "" : `; did you mean ${near}?`;
  const port = request.to.kind === "tcp" ? ` on port ${request.to.port}` : "";
  return `none of the ${labels.length} hosts has a server with the name ${host}${port}${meant}; they are ${listed(labels)}`;
}

/** The first ten. */
function listed(names: readonly string[]): string {
  const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
  return names.slice(0, 10).join(", ") + more;
}

function isNamed({ headers }: Request): boolean {
  return headers.some(([name]) => name.toLowerCase() === "host");
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
  if (isNamed(request)) return request;
  const asking = (host: string) => [["Host", host] as const, ...request.headers];
  const points = pointsOf(http).filter(({ address }) => address.kind === "tcp");
  const point = points.find(({ address }) => address.kind === "tcp" && address.port === 80) ?? points[0];
  if (point === undefined || point.address.kind === "unix") return { ...request, headers: asking(NOBODY) };
  const { port } = point.address;
  const usual = port === (point.tls ? 443 : 80);
  const headers = asking(usual ? NOBODY : `${NOBODY}:${port}`);
  return { ...request, headers, to: point.address, tls: point.tls };
}
