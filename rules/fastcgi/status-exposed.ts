import { defineRule } from "../../src/engine/define.js";
import type { Edit } from "../../src/engine/help.js";
import { certainty, poolKey } from "../../src/evidence/grouping.js";
import { namesOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import { addInto, helpOf } from "../../src/help/edit.js";
import { SCRIPT } from "../../src/help/script-filename.js";
import { isLocal, nginxAddress, reaches } from "../../src/model/address/address.js";
import type { Host } from "../../src/model/host.js";
import { readListen } from "../../src/model/listen/pool-listens.js";
import { isGuarded, turnsClientsAway } from "../../src/model/request/access.js";
import { effectiveParams } from "../../src/model/request/fastcgi-params.js";
import { matchingOf } from "../../src/nginx/location/extensions.js";
import { chosenLocation, leavesAlone, surelyPassed, takes } from "../../src/nginx/location/passed.js";
import { argument, childrenNamed, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Exposed extends Pair {
  readonly key: "pm.status_path" | "ping.path";
  readonly path: string;
  readonly place: Place;
  readonly uri: string;
}

export const statusExposed = defineRule({
  id: "fastcgi/status-exposed",
  about: "host",
  alike: true,
  cases: {
    exposed: {
      severity: "warning",
      symptom: { when: "attack", status: 200, log: null },
      summary: "anyone can read the status page of a pool",
    },
    ping: {
      severity: "info",
      symptom: { when: "attack", status: 200, log: null },
      summary: "anyone can ask for the ping page of a pool",
    },
  },
  docs: {
    title: "the pool's status page is open to everybody",
    fires: [
      markdown`
        a location passes the URI of a pool's \`pm.status_path\` to that pool, and neither \`allow\` and
        \`deny\`, \`auth_basic\`, \`auth_request\` nor \`internal\` is in effect there
      `,
      "the same, for the URI of its `ping.path` (info)",
      "the same, for a named location that `try_files` falls back to",
      markdown`
        the same, for the address of \`pm.status_listen\` (the pool's own address still answers as well)
      `,
    ],
    silent: [
      markdown`
        the location is reached through a server that listens on loopback alone, or may do so once a
        template fills in where
      `,
      "`try_files` leads elsewhere",
      "the path of the request through nginx is unclear",
    ],
    why: markdown`
      The page shows how many workers exist and how many are free, and with \`?full\` the script, the
      query and the user of every running request: session keys and searches among them. The ping page
      only says that the pool answers. Load balancers may need it, but nobody else does.
    `,
    instead: "Write `allow 127.0.0.1; deny all;` in a `location = /status` of its own.",
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#pm.status-path",
      "https://nginx.org/en/docs/http/ngx_http_access_module.html",
    ],
    twins: { bad: "bad-status", ok: "ok-allow" },
  },
  asksDisk: true,
  proof: {
    kind: "daemons",
    requests: [{ path: "/fpm-status" }, { path: "/fpm-ping" }, { path: "/fpm-status.php" }],
    observe: { exposed: "status-page-open", ping: "status-page-open" },
  },
  *check(host) {
    for (const group of groupBy(exposed(host), (one) => `${poolKey(one)} ${one.key}`)) {
      const [first, ...rest] = group;
      const { binding, pool, key, path, place, uri } = first;
      const isPing = key === "ping.path";
      yield {
        case: isPing ? "ping" : "exposed",
        ...certainty(first),
        message: `${binding.label} shows the ${isPing ? "ping" : "status"} page of pool [${pool.name}] to everybody at ${uri}`,
        at: headPlace(binding.location),
        label: "no allow, deny or password here",
        related: [
          { place, message: `${key} of pool [${pool.name}] is ${path}` },
          ...rest.map((one) => ({
            place: headPlace(one.binding.location),
            message: `also ${one.binding.label}`,
          })),
        ],
        effect: isPing
          ? "anyone can see whether the pool answers"
          : "anyone can see which scripts and queries are running",
        help: helpOf([group.map((one) => closed(host, one))]),
        names: [...namesOf(binding, pool), key],
      };
    }
  },
});

function* exposed(host: Host): Generator<Exposed> {
  for (const pair of [...pairs(host), ...statusPairs(host)]) {
    const { binding, pool } = pair;
    const { location, server, block } = binding;
    if (server === null || block !== location || isPrivate(server)) continue;
    if (isGuarded(block) || turnsClientsAway(server)) continue;
    if (childrenNamed(location, "try_files").length > 0) continue;
    for (const key of ["pm.status_path", "ping.path"] as const) {
      const value = setting(pool, key);
      if (value.kind !== "set" || !value.value?.startsWith("/")) continue;
      const uri = uriFor(location, value.value, effectiveParams(block)?.params.get("SCRIPT_NAME")?.value);
      if (uri !== null && (surelyPassed(location, server, uri, false) || fallsTo(location, server, uri)))
        yield { ...pair, key, path: value.value, place: value.place, uri };
    }
  }
}

/** The ways to a pool's `pm.status_listen`. The pool's own address still answers with the pages as well. */
function* statusPairs(host: Host): Generator<Pair> {
  for (const pool of host.pools) {
    for (const { address } of readListen(host, pool, "pm.status_listen")) {
      for (const binding of address === null ? [] : host.bindings) {
        const target = binding.targets.find(
          (one) =>
            address !== null && !one.down && !one.pools.includes(pool) && reaches(one.address, address),
        );
        if (target !== undefined) yield { binding, target, pool };
      }
    }
  }
}

/**
 * The URI that brings the page, which PHP-FPM recognizes by SCRIPT_NAME; `null`: unknown, or none. With a
 * SCRIPT_NAME that is written out it is the location's own path.
 */
function uriFor(location: Node, path: string, scriptName: string | undefined): string | null {
  if (scriptName === undefined) return null;
  if (/^\$\{?(?:fastcgi_script_name|uri|document_uri)\}?$/.test(scriptName)) return path;
  const { modifier, text } = matchingOf(location);
  return scriptName === path && /^(?:=|\^~|)$/.test(modifier) ? text : null;
}

/** `try_files $uri @php`: a named location gets the URI unchanged, because no file has that name. */
function fallsTo(location: Node, server: Node, uri: string): boolean {
  const name = matchingOf(location).modifier === "@" ? argument(location, 0) : undefined;
  const entry = chosenLocation(server, uri);
  if (name === undefined || entry === null || entry === undefined || isGuarded(entry)) return false;
  const words =
    childrenNamed(entry, "try_files")
      .at(-1)
      ?.directive.args.map(({ text }) => text) ?? [];
  return (
    words.at(-1) === name &&
    words.slice(0, -1).every((word) => word.includes("$uri")) &&
    [server, entry, location].every((block) => leavesAlone(block, uri))
  );
}

/** Closes a location that is for the pages alone; elsewhere the page gets a closed location of its own. */
function closed(host: Host, { binding, uri }: Exposed): Edit {
  const { location, server, pass } = binding;
  const rules = ["allow 127.0.0.1;", "deny all;"];
  const alone = matchingOf(location).modifier !== "@" && takes(location, "/index.php") === false;
  const own = alone && takes(location, "/x.php") === false;
  if (own || server === null) return addInto(host, headPlace(location), ...rules);
  return addInto(
    host,
    headPlace(server),
    `location = ${uri} {`,
    ...[...rules, "include fastcgi_params;", SCRIPT, `${headText(pass)};`].map((line) => `    ${line}`),
    "}",
  );
}

/** A `listen` that is open to everybody, whatever port a template fills in. */
const FOR_ALL = /^(?:\*|0\.0\.0\.0|\[::\]):/;

/** Whether the server listens on loopback alone, or may do so once a template fills in where. */
function isPrivate(server: Node): boolean {
  const listens = childrenNamed(server, "listen");
  return (
    listens.length > 0 &&
    listens.every((node) => {
      if (node.directive.args[0]?.placeholder) return !FOR_ALL.test(argument(node, 0) ?? "");
      const address = nginxAddress(argument(node, 0) ?? "");
      const port = /^\d+$/.test(argument(node, 0) ?? "");
      return (
        !port &&
        address !== null &&
        isLocal(address) &&
        !(address.kind === "tcp" && /^(?:0\.0\.0\.0|::|\*)$/.test(address.host))
      );
    })
  );
}
