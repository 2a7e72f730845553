import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { passesThere } from "../../src/evidence/passes.js";
import { helpOf, inWords, replace } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { upstreamServers, upstreamsOf } from "../../src/model/request/upstreams.js";
import { argument, argumentPlace, childrenNamed, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { unique } from "../../src/source/collect.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** A location that passes requests to an upstream in which every server is down. */
interface Closed {
  readonly binding: Binding;
  readonly group: Node;
}

export const allDown = defineRule({
  id: "connect/all-down",
  about: "site",
  alike: true,
  cases: {
    down: {
      severity: "error",
      symptom: { when: "always", status: 502, log: "no live upstreams while connecting to upstream" },
      summary: "every server of an upstream is marked down",
    },
  },
  docs: {
    title: "every server of an upstream is marked down",
    fires: [
      markdown`
        a \`fastcgi_pass\` leads to an \`upstream\`, directly or through a variable, and every \`server\` in
        it has the parameter \`down\`
      `,
    ],
    silent: [
      "at least one server is up, even if it is only a `backup`",
      "no location uses the upstream",
      "a template may add servers or parameters",
    ],
    why: markdown`
      nginx only asks servers that are not \`down\`. When there are none, it answers \`502 Bad Gateway\` at
      once and logs \`no live upstreams\`, without trying to connect; \`nginx -t\` succeeds. It is often
      left over from maintenance.
    `,
    instead: "Remove `down` from one of the servers, or answer with `return 503;` while no server is up.",
    references: ["https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server"],
  },
  *find(binding, host): Generator<Closed> {
    for (const name of unique(binding.targets.flatMap(({ upstream }) => upstream ?? []))) {
      const group = upstreamsOf(host).get(name.toLowerCase());
      if (group !== undefined && isClosed(group)) yield { binding, group };
    }
  },
  cause: ({ group }) => placeKey(headPlace(group)),
  report(found, host) {
    const [{ binding, group }] = found;
    const servers = childrenNamed(group, "server");
    const places = servers.map(downWord);
    const name = argument(group, 0) ?? "";
    const [at = headPlace(group)] = places;
    return {
      case: "down",
      message:
        servers.length === 1
          ? `the only server of upstream ${name} is down`
          : `all ${servers.length} servers of upstream ${name} are down`,
      at,
      label: "nginx sends it no requests",
      related: [
        ...places.slice(1).map((place) => ({ place, message: "and none to this one" })),
        ...passesThere(found.map((one) => one.binding)),
      ],
      ...seenByClients(
        "every request passed there ends in 502 Bad Gateway",
        found.map((one) => one.binding),
      ),
      help: help(host, servers),
      names: [name, binding.server === null ? "" : binding.label],
    };
  },
});

function isClosed(group: Node): boolean {
  const servers = upstreamServers(group);
  // Where a part was not read, or a template writes it, a server may be up.
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
  const spare = servers.length > 1 ? "or remove it from another server instead" : null;
  return helpOf([[replace(host, headPlace(first), line)]], spare);
}
