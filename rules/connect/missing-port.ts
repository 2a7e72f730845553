import { type Draft, defineRule } from "../../src/engine/define.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { mayAnswer, membership, siblings } from "../../src/evidence/failover.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { passesThere } from "../../src/evidence/passes.js";
import type { Pool } from "../../src/fpm/types.js";
import { around } from "../../src/help/address.js";
import { helpOf, inPlace, replace } from "../../src/help/edit.js";
import { whichPool } from "../../src/intent/help.js";
import { meantPool } from "../../src/intent/meant-pool.js";
import { accountOf, isSharedAccount } from "../../src/intent/site.js";
import { isLocal, nginxAddress, reaches } from "../../src/model/address/address.js";
import type { Binding, Host, Target } from "../../src/model/host.js";
import { type PoolListen, poolListens } from "../../src/model/listen/pool-listens.js";
import { writtenAddress } from "../../src/model/pass/written.js";
import { upstreamsOf } from "../../src/model/request/upstreams.js";
import { possibleValues } from "../../src/model/request/variables.js";
import { argument, argumentPlace, childrenNamed } from "../../src/nginx/tree/nodes.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { looksFilledIn } from "../../src/source/template-names.js";

/** A location and the word that gives it an address without a port. */
interface Portless {
  readonly binding: Binding;
  readonly place: Place;
  readonly text: string;
  /** The server of an upstream that has no port; `null`: the word is the value of a variable. */
  readonly member: Target | null;
}

type Case = "server" | "member" | "value";

export const missingPort = defineRule({
  id: "connect/missing-port",
  about: "site",
  alike: true,
  cases: {
    server: {
      severity: "error",
      symptom: { when: "always", status: 502, log: ':80", host: "' },
      summary: "a server of an upstream has no port, and nginx uses port 80",
    },
    member: {
      severity: "warning",
      symptom: { when: "always", status: null, log: ':80", host: "' },
      summary: "one of several servers of an upstream has no port",
    },
    value: {
      severity: "error",
      symptom: { when: "always", status: 500, log: "no port in upstream" },
      summary: "the value of a variable in fastcgi_pass has no port",
    },
  },
  docs: {
    title: "a FastCGI address without a port",
    fires: [
      "a `fastcgi_pass` leads to an `upstream` with a `server` that has no port",
      markdown`
        \`set\` or \`map\` gives the variable of a \`fastcgi_pass\` a host without a port, and no
        \`upstream\` has that name
      `,
    ],
    silent: ["a pool does listen on port 80", "the value is unknown, or a template makes it"],
    what: markdown`
      A server without a port next to living ones is only a warning. With an address without a port in
      \`fastcgi_pass\` itself nginx does not even start: see \`nginx/invalid-address\`.
    `,
    why: markdown`
      An \`upstream\` can serve any protocol, so nginx uses HTTP's port 80 where no port is written, even
      for FastCGI. There it finds nobody, or itself: \`502 Bad Gateway\`. The value of a variable has no
      such default: nginx logs \`no port in upstream\` and answers \`500 Internal Server Error\`.
      \`nginx -t\` accepts both.
    `,
    instead: "Write the port of the pool: `server 127.0.0.1:9000;`, `set $backend 127.0.0.1:9000;`.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
    ],
    twins: { bad: "bad-upstream-server", ok: "ok-port" },
  },
  // The intended pool is told from the names of all of them.
  reads: ["site", "pool", "account", "directory"],
  asksDisk: true,
  *find(binding, host): Generator<Portless> {
    for (const target of binding.targets) {
      const { address, place, upstream, down, pools } = target;
      if (upstream === null || down || address.kind !== "tcp" || pools.length > 0) continue;
      const text = writtenAddress(place);
      if (looksFilledIn(text)) continue;
      const written = nginxAddress(text);
      if (written?.kind === "tcp" && written.port === null) yield { binding, place, text, member: target };
    }
    for (const { text, place, sure } of valuesOf(binding)) {
      const address = nginxAddress(text);
      if (!sure || address?.kind !== "tcp" || address.port !== null) continue;
      const isGroup = upstreamsOf(host).has(text.toLowerCase());
      if (!isGroup && upstreamsKnown(host)) yield { binding, place, text, member: null };
    }
  },
  cause: ({ place }) => placeKey(place),
  report: (group, host) => report(host, group),
});

/** Whether the names of all upstreams are in the files that were read. */
function upstreamsKnown({ nginx }: Host): boolean {
  if (nginx?.hasMain !== true) return false;
  return childrenNamed(nginx.root, "http").every(
    (http) =>
      !http.partial &&
      // A template may give an upstream any name.
      childrenNamed(http, "upstream").every(({ directive }) => directive.args[0]?.placeholder !== true),
  );
}

function valuesOf({ pass, block }: Binding) {
  const text = argument(pass, 0) ?? "";
  return text.includes("$") ? (possibleValues(block, text, argumentPlace(pass, 0)) ?? []) : [];
}

function report(host: Host, group: readonly [Portless, ...Portless[]]): Draft<Case> {
  const [{ binding, place, text, member }] = group;
  const takenOver = member !== null && siblings(binding, member).some(mayAnswer);
  const { port, pool, note } = meantPort(host, group);
  const meant = port === null ? "" : `; pool [${pool.name}] listens on port ${port}`;
  const where = member === null ? null : membership(binding, member);
  const line = around(host, place);
  const full = `${text}:${port ?? "PORT"}`;
  return {
    case: member === null ? "value" : takenOver ? "member" : "server",
    message:
      member === null
        ? `fastcgi_pass gets the value ${text}, which has no port${meant}`
        : `server ${text} (${where}) has no port, and nginx uses port 80${meant}`,
    at: place,
    label: member === null ? "no port" : "port 80",
    related: passesThere(group.map((one) => one.binding)),
    ...seenByClients(
      member === null
        ? "every request that gets this value ends in 500 Internal Server Error"
        : takenOver
          ? "nginx keeps trying it and goes on to the next server"
          : "every request passed there ends in 502 Bad Gateway",
      group.map((one) => one.binding),
    ),
    help:
      port === null
        ? helpOf([[inPlace("the place of that address", full)]], note)
        : helpOf([[replace(host, place, line.head + full + line.tail)]], note),
    names: member?.upstream == null ? namesOf(binding) : [member.upstream, text],
  };
}

type Port =
  | { readonly port: number; readonly pool: Pool; readonly note: string | null }
  | { readonly port: null; readonly pool: null; readonly note: string | null };

/**
 * The port of the intended pool: that of another site's pool is not meant just because it is the only port.
 */
function meantPort(host: Host, group: readonly [Portless, ...Portless[]]): Port {
  const [{ text }] = group;
  const written = nginxAddress(text);
  const { used } = host;
  const { listens } = poolListens(host);
  const { chosen, candidates, doubt } = meantPool(
    host,
    null,
    group.map((one) => one.binding),
  );
  const possible = (chosen === null ? candidates : [chosen]).filter(
    ({ address }) =>
      address?.kind === "tcp" &&
      // Who listens on another machine is unknown.
      (written?.kind !== "tcp" || !isLocal(written) || reaches({ ...written, port: address.port }, address)),
  );
  const ports = new Set(possible.map(({ address }) => (address?.kind === "tcp" ? address.port : null)));
  const [port = null] = ports;
  const [first] = possible;
  const free = ({ pool }: PoolListen): boolean =>
    isSharedAccount(accountOf(pool)) || possible.length === listens.length || !used.has(pool);
  if (first !== undefined && port !== null && ports.size === 1 && (chosen !== null || possible.every(free)))
    return { port, pool: first.pool, note: doubt };
  const several = chosen === null ? candidates : [chosen];
  const note = written === null || several.length === 0 ? null : `or ${whichPool(host, several, written)}`;
  return { port: null, pool: null, note };
}
