import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { opensForBuilds } from "../../src/evidence/built-with.js";
import { membership } from "../../src/evidence/failover.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { around } from "../../src/help/address.js";
import { helpOf, replace } from "../../src/help/edit.js";
import { nameUser, openSocket } from "../../src/help/socket.js";
import { compare } from "../../src/intent/address-slip.js";
import { whichPool } from "../../src/intent/help.js";
import { meantPool } from "../../src/intent/meant-pool.js";
import { isLocal, isRelative, showAddress } from "../../src/model/address/address.js";
import type { Binding, Host, OtherPass, Target } from "../../src/model/host.js";
import { httpListen, nginxListens } from "../../src/model/listen/nginx-listens.js";
import { poolSocket } from "../../src/model/listen/socket.js";
import { nginxWorker } from "../../src/model/nginx-worker.js";
import { hasWrittenPort } from "../../src/model/pass/written.js";
import { argumentPlace, enclosing, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import { type Place, placeKey, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { wordMap } from "../../src/source/word-map.js";

/** A location and an address that it passes to, where the other end speaks another protocol. */
interface Mixed {
  readonly from: OtherPass | Binding;
  readonly target: Target;
  /** nginx's own `listen` at that address; `null`: a pool listens there. */
  readonly listen: Node | null;
}

const always = (log: string) => ({ when: "always", status: 502, log }) as const;

type Case = "not-fastcgi" | "closed-socket" | "not-http";

export const wrongProtocol = defineRule({
  id: "connect/wrong-protocol",
  about: "host",
  alike: true,
  cases: {
    "not-fastcgi": {
      severity: "error",
      symptom: always("while reading response header from upstream"),
      summary: "proxy_pass, uwsgi_pass or scgi_pass to an address where PHP-FPM listens",
    },
    "closed-socket": {
      severity: "error",
      symptom: always("failed (13: Permission denied) while connecting to upstream"),
      summary: "the same, and nginx's workers may not open the pool's socket either",
    },
    "not-http": {
      severity: "error",
      symptom: always("upstream sent unsupported FastCGI protocol version"),
      summary: "fastcgi_pass to an address where nginx itself serves HTTP",
    },
  },
  docs: {
    title: "the two ends of a connection speak different protocols",
    fires: [
      "`proxy_pass`, `uwsgi_pass` or `scgi_pass` leads to an address on which a pool of this host listens",
      "`fastcgi_pass` leads to an address on which an `http` server of the same nginx listens",
    ],
    silent: [
      "the address is another machine's",
      "nginx itself also listens on the pool's address, or passes on streams from there",
      "no request reaches the location",
    ],
    what: markdown`
      The address may be written directly, come from an \`upstream\`, or from a variable whose values are in
      the files. When a service name of a compose project is read as a pool, it is only a warning.
    `,
    why: markdown`
      PHP-FPM only understands FastCGI. It closes a connection that begins with anything else, without a
      word in its log: \`502 Bad Gateway\`. The other way round, nginx's HTTP server answers the FastCGI
      request with an error page, whose first byte, an H, is protocol version 72 to nginx.
    `,
    instead: markdown`
      Pass requests to PHP-FPM with \`fastcgi_pass\` and its parameters, and to an HTTP server with
      \`proxy_pass\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
      "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass",
    ],
    twins: { bad: "bad-fastcgi-to-http", ok: "ok-fastcgi-to-port" },
  },
  // The help names the intended pool, which is told from the names of all of them.
  reads: ["site", "pool", "account", "directory"],
  asksDisk: true,
  *check(host) {
    const key = ({ target: { place, address }, from }: Mixed): string =>
      `${placeKey(place)} ${showAddress(address)} ${from.pass.name}`;
    for (const group of groupBy(mixed(host), key)) yield report(host, group);
  },
});

function* mixed(host: Host): Generator<Mixed> {
  for (const from of host.otherPasses) {
    for (const target of from.targets) {
      if (target.down || target.pools.length === 0 || !mayBeMeant(target)) continue;
      if (!nginxListens(host, target.address)) yield { from, target, listen: null };
    }
  }
  for (const from of host.bindings) {
    for (const target of from.targets) {
      if (target.down || target.pools.length > 0 || !isLocal(target.address) || isRelative(target.address))
        continue;
      // Where no port is written and nginx adds one, that is the cause: connect/missing-port.
      if (target.upstream !== null && !hasWrittenPort(target)) continue;
      const listen = httpListen(host, target.address);
      if (listen !== null) yield { from, target, listen };
    }
  }
}

/** A literal address may be another machine's; a name counts only where it was read as a pool of the tree. */
function mayBeMeant({ address, assumed }: Target): boolean {
  return (isLocal(address) && !isRelative(address)) || assumed;
}

function report(host: Host, group: readonly [Mixed, ...Mixed[]]): Draft<Case> {
  const [{ from, target, listen }] = group;
  const [pool] = target.pools;
  const wanted = showAddress(target.address);
  const where = upstreamWords(from, target);
  const opening = listen === null && pool !== undefined ? whatOpens(host, target, pool) : null;
  const closed = opening !== null;
  const other = listen === null && pool !== undefined ? placeOf(setting(pool, "listen")) : null;
  const directive = from.pass.name;
  return {
    case: listen !== null ? "not-http" : closed ? "closed-socket" : "not-fastcgi",
    settle: target.assumed
      ? `Whether this address leads to pool [${pool?.name ?? ""}] is a guess from its port.`
      : null,
    message:
      listen === null
        ? `${directive} leads to ${wanted}${where}, where pool [${pool?.name ?? ""}] only speaks FastCGI${closed ? ", and nginx's workers may not open that socket" : ""}`
        : `fastcgi_pass leads to ${wanted}${where}, where nginx itself serves HTTP`,
    at: target.place,
    label:
      listen === null ? `${PROTOCOLS.get(directive) ?? "another protocol"} goes there` : "FastCGI goes there",
    related: [
      ...(other === null ? [] : [{ place: other, message: `pool [${pool?.name ?? ""}] listens there` }]),
      ...(listen === null ? [] : [{ place: headPlace(listen), message: "nginx serves HTTP here" }]),
      ...passes(group),
    ],
    ...seenByClients(
      "every request passed there ends in 502 Bad Gateway",
      group.map((one) => one.from),
    ),
    help: help(host, group, wanted, opening),
    names: "block" in from ? namesOf(from) : [from.label, wanted],
  };
}

/**
 * What lets nginx's workers open the pool's socket, which is closed to them and what they meet first. `null`: they may open it, it is no socket, or an account is unknown.
 */
function whatOpens(host: Host, { address, assumed }: Target, pool: Pool): readonly (Edit | null)[] | null {
  const user = setting(pool, "user");
  if (address.kind !== "unix" || assumed || !host.accounts.known || user.kind !== "set") return null;
  const worker = nginxWorker(host);
  if (worker.kind === "build-default") {
    const socket = poolSocket(host, pool);
    return socket === null || opensForBuilds(host, socket) ? null : nameUser(host, worker, socket, pool);
  }
  const edits = openSocket(host, worker, pool);
  return edits === null || edits.length === 0 ? null : edits;
}

const PROTOCOLS: ReadonlyMap<string, string> = wordMap({
  proxy_pass: "HTTP",
  uwsgi_pass: "uwsgi",
  scgi_pass: "SCGI",
});

function upstreamWords(from: OtherPass | Binding, target: Target): string {
  const where = "block" in from ? membership(from, target) : target.upstream && `upstream ${target.upstream}`;
  return where === null ? "" : ` (${where})`;
}

function passes(group: readonly Mixed[]) {
  const told: Place[] = [];
  return group.flatMap(({ from, target }) => {
    const place = target.through ?? headPlace(from.location);
    if (told.some((one) => samePlace(one, place))) return [];
    told.push(place);
    return [{ place, message: `${from.label} passes requests there` }];
  });
}

function help(
  host: Host,
  group: readonly [Mixed, ...Mixed[]],
  wanted: string,
  opening: readonly (Edit | null)[] | null,
): HelpDraft {
  const [{ from, target, listen }] = group;
  const address = target.address.kind === "unix" ? `unix:${wanted}` : wanted;
  if (listen !== null) {
    const own = enclosing(listen, "server") === from.server;
    const { chosen, candidates, doubt } = meantPool(
      host,
      null,
      group.map((one) => one.from),
    );
    const meant = chosen === null ? null : (compare(host, chosen, target.address)?.nginxAddress ?? null);
    const { head, tail } = around(host, target.place);
    return helpOf(
      [
        meant === null ? null : [replace(host, target.place, head + meant + tail)],
        own || target.through !== null
          ? null
          : [replace(host, argumentPlace(from.pass, 0), `proxy_pass http://${wanted};`)],
      ],
      meant !== null
        ? doubt
        : candidates.length > 0
          ? `${own || target.through !== null ? "" : "or "}${whichPool(host, candidates, target.address)}`
          : own
            ? "use the address of the intended pool"
            : null,
    );
  }
  const pass = target.upstream ?? address;
  return helpOf([
    [
      replace(host, argumentPlace(from.pass, 0), "include fastcgi.conf;", `fastcgi_pass ${pass};`),
      ...(opening ?? []),
    ],
  ]);
}
