import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { membership } from "../../src/evidence/failover.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import { around } from "../../src/help/address.js";
import { helpOf, replace } from "../../src/help/edit.js";
import { compare } from "../../src/intent/address-slip.js";
import { whichPool } from "../../src/intent/help.js";
import { meantPool } from "../../src/intent/meant-pool.js";
import { isLocal, isRelative, showAddress } from "../../src/model/address/address.js";
import type { Binding, Host, OtherPass, Target } from "../../src/model/host.js";
import { httpListen } from "../../src/model/listen/nginx-listens.js";
import { nginxAnswers } from "../../src/model/listen/nginx-points.js";
import { argumentPlace, enclosing, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import { type Place, samePlace } from "../../src/source/file.js";
import { wordMap } from "../../src/source/word-map.js";

/** A location and an address behind it where somebody speaks another protocol. */
interface Mixed {
  readonly from: OtherPass | Binding;
  readonly target: Target;
  /** nginx's own `listen`; `null`: a pool is there. */
  readonly listen: Node | null;
}

const always = (log: string) => ({ when: "always", status: 502, log }) as const;

type Case = "not-fastcgi" | "not-http";

export const wrongProtocol = defineRule({
  id: "connect/wrong-protocol",
  about: "host",
  cases: {
    "not-fastcgi": {
      severity: "error",
      symptom: always("while reading response header from upstream"),
      summary: "proxy_pass, uwsgi_pass or scgi_pass to an address where PHP-FPM listens",
    },
    "not-http": {
      severity: "error",
      symptom: always("upstream sent unsupported FastCGI protocol version"),
      summary: "fastcgi_pass to an address where nginx itself serves HTTP",
    },
  },
  docs: {
    title: "nginx and who listens speak different protocols",
    what: "Fires when `proxy_pass`, `uwsgi_pass` or `scgi_pass` leads to an address at which a pool of this host listens, and when `fastcgi_pass` leads to one at which an `http` server of the same nginx listens; directly, through an `upstream`, or through a variable whose values are in the files.\n\nSilent about other machines, about addresses where nginx itself listens besides the pool or hands streams on, and about locations that no request gets through to. A service name of a compose project that is taken for a pool is a warning.",
    why: "PHP-FPM understands FastCGI alone. It closes a connection on which something else begins, without a word in its log: `502 Bad Gateway`. The other way round nginx's HTTP server answers the FastCGI request with an error page, whose first byte, an H, is protocol version 72 to nginx.",
    instead:
      "Pass to PHP-FPM with `fastcgi_pass` and its parameters, and to an HTTP server with `proxy_pass`.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
      "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass",
    ],
    twins: { bad: "bad-fastcgi-to-http", ok: "ok-fastcgi-to-port" },
  },
  *check(host) {
    const key = ({ target: { place, address }, from }: Mixed): string =>
      `${place.span.file.path}:${place.span.start} ${showAddress(address)} ${from.pass.name}`;
    for (const group of groupBy(mixed(host), key)) yield report(host, group);
  },
});

function* mixed(host: Host): Generator<Mixed> {
  for (const from of host.otherPasses) {
    for (const target of from.targets) {
      if (target.down || target.pools.length === 0 || !mayBeMeant(target)) continue;
      if (!nginxAnswers(host, target.address)) yield { from, target, listen: null };
    }
  }
  for (const from of host.bindings) {
    for (const target of from.targets) {
      if (target.down || target.pools.length > 0 || !isLocal(target.address) || isRelative(target.address))
        continue;
      // Where nginx puts the port because none is written, that is the cause: connect/missing-port.
      if (target.upstream !== null && !namesPort(target)) continue;
      // The quick answer first: to look at every listen of the host takes its time.
      const listen = nginxAnswers(host, target.address) ? httpListen(host, target.address) : null;
      if (listen !== null) yield { from, target, listen };
    }
  }
}

function namesPort({ address, place: { span } }: Target): boolean {
  return address.kind === "unix" || /:\d+["']?$/.test(span.file.text.slice(span.start, span.end));
}

/** A literal address may be another machine's; a name only where it was taken for a pool of the tree. */
function mayBeMeant({ address, assumed }: Target): boolean {
  return (isLocal(address) && !isRelative(address)) || assumed;
}

function report(host: Host, group: readonly [Mixed, ...Mixed[]]): Draft<Case> {
  const [{ from, target, listen }] = group;
  const [pool] = target.pools;
  const wanted = showAddress(target.address);
  const where = upstreamWords(from, target);
  const other = listen === null && pool !== undefined ? placeOf(setting(pool, "listen")) : null;
  const directive = from.pass.name;
  return {
    case: listen === null ? "not-fastcgi" : "not-http",
    settle: target.assumed
      ? `Whether pool [${pool?.name ?? ""}] is the one behind this address is a guess from its port.`
      : null,
    message:
      listen === null
        ? `${directive} leads to ${wanted}${where}, where pool [${pool?.name ?? ""}] speaks FastCGI only`
        : `fastcgi_pass leads to ${wanted}${where}, where nginx itself serves HTTP`,
    at: target.place,
    label:
      listen === null ? `${PROTOCOLS.get(directive) ?? "another protocol"} goes there` : "FastCGI goes there",
    related: [
      ...(other === null ? [] : [{ place: other, message: `pool [${pool?.name ?? ""}] listens there` }]),
      ...(listen === null ? [] : [{ place: headPlace(listen), message: "nginx serves HTTP here" }]),
      ...passes(group),
    ],
    effect: "every request that is passed there ends as 502 Bad Gateway",
    help: help(host, group, wanted),
    names: "block" in from ? namesOf(from) : [from.label, wanted],
  };
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

function help(host: Host, group: readonly [Mixed, ...Mixed[]], wanted: string): HelpDraft {
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
            ? "let the address be that of the pool that is meant"
            : null,
    );
  }
  const pass = target.upstream ?? address;
  return helpOf([
    [replace(host, argumentPlace(from.pass, 0), "include fastcgi.conf;", `fastcgi_pass ${pass};`)],
  ]);
}
