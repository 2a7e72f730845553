import type { Host } from "../model/host.js";
import { listensOf, namesOf } from "../model/request/resolve/servers.js";
import type { Files, Request, Way } from "../model/request/resolve/types.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { perKey } from "../source/memo.js";

/**
 * A few requests that stand for all that a server gets, and what each meets. Rules ask these, so that a
 * finding about a URL is about one that can be tried.
 */

/** The name of a file or directory that no site has, so that what is asked about it holds for every other such name. */
export const NOWHERE = "no-such-name";

/** A directory that exists below the root of a site, and has no index of its own. */
export const SOME_DIRECTORY = "some-directory";

/** How a client gets to one server: the address, and a name that only this server has. */
export interface Door {
  readonly server: Node;
  readonly to: Request["to"];
  readonly tls: boolean;
  /** The Host header. */
  readonly host: string;
}

/** One door for each kind of address of a server, TLS or not; none where its names or addresses are unknown. */
export const doorsOf = perKey((server: Node): readonly Door[] => {
  const host = oneName(server);
  if (host === null) return [];
  const doors: Door[] = [];
  for (const { address, tls } of listensOf(server))
    if (!doors.some((one) => one.tls === tls)) doors.push({ server, to: address, tls, host });
  return doors;
});

/** A name that a server has; `null`: only regular expressions, or a template fills it in. */
function oneName(server: Node): string | null {
  const { exact, leading, trailing, expressions, open } = namesOf(server);
  const [name] = exact;
  if (name !== undefined) return name;
  const [head] = leading;
  if (head !== undefined) return `www${head}`;
  const [tail] = trailing;
  if (tail !== undefined) return `${tail}example`;
  return expressions.length > 0 || open !== null ? null : "";
}

/** A request as a browser sends it. */
export function requestTo(door: Door, target: string, more: Partial<Request> = {}): Request {
  return {
    method: "GET",
    target,
    protocol: "HTTP/1.1",
    headers: [["Host", door.host === "" ? "localhost" : door.host]],
    bodyLength: null,
    tls: door.tls,
    to: door.to,
    from: null,
    ...more,
  };
}
