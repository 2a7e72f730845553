import { defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { siblings } from "../../src/evidence/failover.js";
import { keptBy } from "../../src/evidence/kept-connections.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { addInto, helpOf, remove, replace } from "../../src/help/edit.js";
import { inEachPlace } from "../../src/help/locations.js";
import { showAddress } from "../../src/model/address/address.js";
import { ipBytes } from "../../src/model/address/ip.js";
import type { Binding, Host, Target } from "../../src/model/host.js";
import { readUpstreams } from "../../src/model/request/upstreams.js";
import { IP_VARIABLES } from "../../src/nginx/facts/facts-values.js";
import { effectiveFlag, effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { grouped, unique } from "../../src/source/collect.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";
import { looksFilledIn } from "../../src/source/template-names.js";

/** A location whose connections to a Unix socket would get an IP address of their own. */
interface Bound {
  readonly binding: Binding;
  readonly target: Target;
  /** The `fastcgi_bind` in effect. */
  readonly bind: Node;
}

const OFF = "fastcgi_bind off;";

export const bindUnix = defineRule({
  id: "connect/bind-unix",
  about: "site",
  alike: true,
  cases: {
    bound: {
      severity: "error",
      symptom: {
        when: "always",
        status: 500,
        log: "failed (22: Invalid argument) while connecting to upstream",
      },
      summary: "fastcgi_bind is in effect where fastcgi_pass leads to a Unix socket",
    },
    kept: {
      severity: "warning",
      symptom: {
        when: "saturation",
        status: 500,
        log: "failed (22: Invalid argument) while connecting to upstream",
      },
      summary:
        "the same, where another location leaves kept connections in the upstream that some requests can use",
    },
    transparent: {
      severity: "error",
      symptom: {
        when: "always",
        status: 500,
        log: "failed (95: Operation not supported) while connecting to upstream",
      },
      summary: "fastcgi_bind with transparent is in effect where fastcgi_pass leads to a Unix socket",
    },
  },
  docs: {
    title: "fastcgi_bind on the way to a Unix socket",
    fires: [
      markdown`
        the effective \`fastcgi_bind\` of a location is an address, with or without \`transparent\`, and its
        \`fastcgi_pass\` leads to a Unix socket, directly, through a variable or as a server of an \`upstream\`
      `,
      "it is an IPv4 address and `fastcgi_pass` leads to an IPv6 address, or the other way round",
      "the address is `$remote_addr` or `$server_addr`, and the server listens on TCP alone",
    ],
    silent: [
      "`fastcgi_bind` is `off`, has another variable or is unknown",
      "the Unix socket is a server that is `down`, or a `backup`, or a template fills in what it is",
    ],
    what: markdown`
      nginx fails before it connects, so it does not matter whether the pool is in the tree. A request that
      finds a connection that another location has opened, and that \`keepalive\` kept, needs none of its own:
      it works, and the next one fails.
    `,
    why: markdown`
      A Unix socket cannot have an IP address. nginx logs \`bind(127.0.0.9) failed (22: Invalid argument)\`,
      or with \`transparent\` \`setsockopt(IP_TRANSPARENT) failed (95: Operation not supported)\`, and answers \`500 Internal Server Error\` to every request, without asking another server of an
      \`upstream\`. \`nginx -t\` accepts it. It is often left over from the time when PHP-FPM listened on
      TCP.
    `,
    instead: markdown`
      Remove \`fastcgi_bind\`, or write \`fastcgi_bind off;\` into the location where others need it.
    `,
    references: ["https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_bind"],
    twins: { bad: "bad-location", ok: "ok-off" },
  },
  *find(binding): Generator<Bound> {
    const bind = addressBound(binding);
    if (bind === null) return;
    for (const target of unreachable(binding, bind)) yield { binding, target, bind };
  },
  cause: ({ bind }) => placeKey(argumentPlace(bind, 0)),
  report(group, host) {
    const [{ binding, target, bind }] = group;
    const address = argument(bind, 0) ?? "";
    const others = group.some((one) => siblings(one.binding, one.target).length > 0);
    const keepers = group.map((one) => keeperOf(host, one));
    const keeper = keepers.includes(null) ? null : (keepers[0] ?? null);
    return {
      case: keeper !== null ? "kept" : argument(bind, 1) === undefined ? "bound" : "transparent",
      message:
        target.address.kind === "unix"
          ? `fastcgi_bind ${address} is in effect on the way to the Unix socket ${showAddress(target.address)}, which cannot have an IP address`
          : `fastcgi_bind ${address} is in effect on the way to ${showAddress(target.address)}, an address of the other IP version`,
      at: argumentPlace(bind, 0),
      label: `nginx cannot bind ${target.address.kind === "unix" ? "a Unix socket" : "this connection"} to it`,
      related: [
        ...related(group),
        ...(keeper === null
          ? []
          : [{ place: headPlace(keeper.pass), message: `${keeper.label} opens connections that are kept` }]),
      ],
      effect:
        keeper === null
          ? `nginx answers 500 Internal Server Error to every request that it would pass there${others ? ", and asks no other server" : ""}`
          : "nginx answers 500 Internal Server Error to every request that finds no kept connection and has to open one",
      help: () => help(host, group),
      names: namesOf(binding),
    };
  },
});

/** A location that may leave kept connections to the target in its upstream; `null`: there is none. */
function keeperOf(host: Host, { target: { upstream } }: Bound): Binding | null {
  return upstream === null ? null : (keepersOf(host).get(upstream.toLowerCase())?.[0] ?? null);
}

/** The locations whose connections are kept, by the name of their upstream; not those that cannot connect. */
const keepersOf = perKey((host: Host): ReadonlyMap<string, readonly Binding[]> => {
  const groups = host.nginx === null ? new Map() : readUpstreams(childrenNamed(host.nginx.root, "http"));
  const keeping = new Set([...groups].flatMap(([name, group]) => (keeps(group) ? [name] : [])));
  return grouped(
    host.bindings.flatMap((binding) => {
      const flag = effectiveFlag(binding.block, "fastcgi_keep_conn");
      const bind = addressBound(binding);
      if (flag.kind !== "set" || !flag.value) return [];
      if (bind !== null && unreachable(binding, bind).length > 0) return [];
      const names = unique(binding.targets.flatMap(({ upstream }) => upstream?.toLowerCase() ?? []));
      return names.filter((name) => keeping.has(name)).map((name) => [name, binding] as const);
    }),
  );
});

/** Whether an upstream keeps connections for all of its locations. Those of `local` are each location's own. */
function keeps(group: Node): boolean {
  const isLocal = childrenNamed(group, "keepalive").some((one) => argument(one, 1) === "local");
  return keptBy(group, null) !== null && !isLocal;
}

/** The `fastcgi_bind` in effect, where it is an IP address for every request. */
function addressBound({ block, server }: Binding): Node | null {
  const bind = effectiveNode(block, "fastcgi_bind");
  if (bind.kind !== "set") return null;
  const [text = "", parameter] = [argument(bind.node, 0), argument(bind.node, 1)];
  // nginx refuses any other parameter.
  if (parameter !== undefined && parameter !== "transparent") return null;
  const address = text.replace(/:[1-9]\d*$/, "");
  if (IP_VARIABLE.has(address)) return server !== null && listensOnTcp(server) ? bind.node : null;
  const ip = address === text ? text : address.replace(/^\[([^\]]*)\]$/, "$1");
  return ipBytes(ip) !== null || ipBytes(text) !== null ? bind.node : null;
}

const IP_VARIABLE = new Set(IP_VARIABLES.split(" ").flatMap((name) => [`$${name}`, `\${${name}}`]));

/** Whether every request of the server comes over TCP. */
function listensOnTcp(server: Node): boolean {
  return (
    !server.partial &&
    childrenNamed(server, "listen").every((listen) => {
      const address = argument(listen, 0) ?? "";
      return !/^unix:/i.test(address) && !looksFilledIn(address);
    })
  );
}

/** Unix sockets, and literal addresses of the other IP version than the one that is bound. */
function unreachable({ targets }: Binding, bind: Node): readonly Target[] {
  const text = (argument(bind, 0) ?? "").replace(/^\[|\](?::\d+)?$/g, "");
  const own = (ipBytes(text) ?? ipBytes(text.replace(/:\d+$/, "")))?.length;
  return targets.filter((target) => {
    const { address, down, backup } = target;
    if (down || backup || !isWritten(target)) return false;
    if (address.kind === "unix") return true;
    const other = ipBytes(address.host)?.length;
    return own !== undefined && other !== undefined && own !== other;
  });
}

/** Whether the whole `server` line of an upstream is written: a template may make it a backup, or down. */
function isWritten({ upstream, place: { span } }: Target): boolean {
  if (upstream === null) return true;
  const { file, end } = span;
  return !looksFilledIn(file.text.slice(end, file.text.indexOf(";", end)));
}

function related(group: readonly Bound[]): readonly RelatedReport[] {
  const found = new Map<string, RelatedReport>();
  for (const { binding, target } of group) {
    const passes = {
      place: target.through ?? target.place,
      message: `${binding.label} passes requests there`,
    };
    found.set(placeKey(passes.place), passes);
    if (target.through === null) continue;
    found.set(placeKey(target.place), { place: target.place, message: "the socket that this leads to" });
  }
  return [...found.values()];
}

/** Without the line, or with `off` where nginx connects to the socket. */
function help(host: Host, group: readonly [Bound, ...Bound[]]): HelpDraft {
  const [{ bind }] = group;
  const place = argumentPlace(bind, 0);
  const users = [...(otherUsers(host).get(placeKey(place)) ?? [])];
  // Without the line, the one of a level further out would count.
  const outer =
    bind.parent?.parent != null && effectiveNode(bind.parent.parent, "fastcgi_bind").kind !== "default";
  const locations = unique(group.map(({ binding }) => binding.location));
  const inherited = locations.every((location) => childrenNamed(location, "fastcgi_bind").length === 0);
  const drop = users.length > 0 || outer ? null : [remove(host, place)];
  if (inherited) return helpOf([drop, inEach(host, locations, OFF)]);
  if (users.length === 0) return helpOf([drop, [replace(host, place, OFF)]]);
  // One snippet for both: only the locations that have use for the address keep it.
  const line = `fastcgi_bind ${bind.directive.args.map(({ text }) => text).join(" ")};`;
  return helpOf([[remove(host, place), ...inEach(host, users, line)]]);
}

function inEach(host: Host, locations: readonly Node[], line: string): readonly (Edit | null)[] {
  return inEachPlace(
    locations.map((location) => addInto(host, headPlace(location), line)),
    line,
  );
}

/** The locations for which a `fastcgi_bind` is no fault, by its place. */
const otherUsers = perKey(({ bindings }: Host): ReadonlyMap<string, ReadonlySet<Node>> => {
  const users = new Map<string, Set<Node>>();
  for (const binding of bindings) {
    const bind = addressBound(binding);
    if (bind === null || unreachable(binding, bind).length > 0) continue;
    const key = placeKey(argumentPlace(bind, 0));
    users.set(key, (users.get(key) ?? new Set()).add(binding.location));
  }
  return users;
});
