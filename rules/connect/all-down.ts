import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { helpOf, inWords, replace } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { readUpstreams, upstreamServers } from "../../src/model/pass/upstreams.js";
import { argument, argumentPlace, childrenNamed, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { type Place, samePlace } from "../../src/source/file.js";

/** A location and an upstream behind it that has nobody left. */
interface Closed {
  readonly binding: Binding;
  readonly group: Node;
}

export const allDown = defineRule({
  id: "connect/all-down",
  about: "host",
  cases: {
    down: {
      severity: "error",
      symptom: { when: "always", status: 502, log: "no live upstreams while connecting to upstream" },
      summary: "every server of an upstream is marked down",
    },
  },
  docs: {
    title: "every server of an upstream is marked down",
    what: "Fires when a `fastcgi_pass`, directly or through a variable, leads to an `upstream` in which each `server` has the parameter `down`. A `backup` server that is not down is alive. Silent about upstreams that no location uses, and where a template may add servers or parameters.",
    why: "nginx asks only servers that are not `down`. When there are none it answers `502 Bad Gateway` at once and logs `no live upstreams`, without having tried to connect; `nginx -t` succeeds. It is often what is left of a maintenance.",
    instead: "Remove `down` from one of the servers, or answer with `return 503;` while there is nobody.",
    references: ["https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server"],
  },
  *check(host) {
    const key = ({ group }: Closed): string => `${group.file.path}:${group.directive.start}`;
    for (const [first, ...rest] of groupBy(closed(host), key)) {
      const { binding, group } = first;
      const servers = childrenNamed(group, "server");
      const places = servers.map(downWord);
      const name = argument(group, 0) ?? "";
      const [at = headPlace(group)] = places;
      yield {
        case: "down",
        message:
          servers.length === 1
            ? `the only server of upstream ${name} is down`
            : `all ${servers.length} servers of upstream ${name} are down`,
        at,
        label: "nginx sends it no requests",
        related: [
          ...places.slice(1).map((place) => ({ place, message: "and none to this one" })),
          ...[first, ...rest].flatMap((one, index, all) =>
            all.slice(0, index).some((other) => samePlace(passOf(other), passOf(one)))
              ? []
              : [{ place: passOf(one), message: `${one.binding.label} passes requests there` }],
          ),
        ],
        effect: "every request that is passed there ends as 502 Bad Gateway",
        help: help(host, servers),
        names: [name, binding.server === null ? "" : binding.label],
      };
    }
  },
});

function passOf({ binding }: Closed): Place {
  return argumentPlace(binding.pass, 0);
}

function* closed(host: Host): Generator<Closed> {
  if (host.nginx === null) return;
  const groups = readUpstreams(childrenNamed(host.nginx.root, "http"));
  for (const binding of host.bindings) {
    const names = new Set(binding.targets.flatMap(({ upstream }) => upstream ?? []));
    for (const name of names) {
      const group = groups.get(name.toLowerCase());
      if (group !== undefined && isClosed(group)) yield { binding, group };
    }
  }
}

function isClosed(group: Node): boolean {
  const servers = upstreamServers(group);
  // Where a part was not read, or a template writes it, somebody may be up.
  if (group.partial || group.directive.gap || servers.length === 0) return false;
  return servers.every(({ down, open }) => down && !open);
}

function downWord(server: Node): Place {
  const index = server.directive.args.findIndex(({ text }) => text === "down");
  return argumentPlace(server, index);
}

function help(host: Host, servers: readonly Node[]): HelpDraft {
  const [first] = servers;
  if (first === undefined) return inWords();
  const { file } = first;
  const { start, end } = headPlace(first).span;
  const parts = file.text.slice(start, end).split(/(\s+)/);
  const line = `${parts.filter((part, at) => part !== "down" && parts[at + 1] !== "down").join("")};`;
  const spare = servers.length > 1 ? "or let another of the servers be the one that is up" : null;
  return helpOf([[replace(host, headPlace(first), line)]], spare);
}
