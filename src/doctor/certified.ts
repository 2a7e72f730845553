import { isLoopbackOnly } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import { chooseServer, type Listen, listensOf, namesOf, pointFor } from "../model/request/resolve/servers.js";
import { effectiveFlag, effectiveList } from "../nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import type { Place } from "../source/file.js";
import { perKey } from "../source/memo.js";

/** Servers that clients come to by a name and over TLS, with the certificates that these get. */

export interface CertifiedServer {
  /** The `ssl_certificate` that counts. */
  readonly place: Place;
  readonly paths: readonly string[];
  /** Its names that somebody else may know it by, in lower case; `*.example.com` as written. */
  readonly names: readonly string[];
  /** It has no names but these, and those that only its own network knows. */
  readonly whole: boolean;
}

/** Those of which all certificates are written, and that no proxy in front of nginx hides. */
export const certifiedServers = perKey(({ nginx }: Host): readonly CertifiedServer[] =>
  (nginx === null ? [] : childrenNamed(nginx.root, "http")).flatMap((http) =>
    childrenNamed(http, "server").flatMap((server) => certified(http, server) ?? []),
  ),
);

function certified(http: Node, server: Node): CertifiedServer | null {
  const listens = listensOf(server).filter((listen) => listen.tls && !isForProxy(listen));
  const found = effectiveList(server, "ssl_certificate");
  if (listens.length === 0 || found.kind !== "set" || !found.complete) return null;
  const rejects = effectiveFlag(server, "ssl_reject_handshake");
  if (rejects.kind === "unknown" || rejects.value) return null;
  // What a proxy in front is content with is its own affair.
  if ([http, server].some((block) => childrenNamed(block, "set_real_ip_from").length > 0)) return null;
  const paths = found.nodes.map((node) => argument(node, 0) ?? "");
  const [first] = found.nodes;
  if (first === undefined || !paths.every((path) => /^\/[^$]*$/.test(path))) return null;
  const { exact, leading, trailing, expressions, open } = namesOf(server);
  const own = [...exact].filter((name) => isPublic(name) && listens.some((one) => takes(http, one, name)));
  const below = leading.filter((name) => isPublic(name.slice(1))).map((name) => `*${name}`);
  return {
    place: argumentPlace(first, 0),
    paths,
    names: [...own, ...below],
    whole: trailing.length === 0 && expressions.length === 0 && open === null,
  };
}

/** Whether only a proxy comes to it, from the same machine or with the address of its client in front. */
function isForProxy({ address, node }: Listen): boolean {
  return (
    isLoopbackOnly(address) || node?.directive.args.some(({ text }) => text === "proxy_protocol") === true
  );
}

/** Whether requests for a name go to that server, and to none that has it before. */
function takes(http: Node, { server, address }: Listen, name: string): boolean {
  const point = pointFor(http, address, name);
  return point !== null && chooseServer(point, name)?.server === server;
}

/** Ends of names that no public certificate is made for. */
const PRIVATE =
  /\.(?:test|invalid|localhost|local|lan|internal|intranet|home|corp|private|localdomain|arpa|onion)$/;

/** No address, no word without a dot, and no name of a private network. */
function isPublic(name: string): boolean {
  return /^[a-z\d-]+(?:\.[a-z\d-]+)*\.[a-z][a-z\d-]*$/.test(name) && !PRIVATE.test(name);
}
