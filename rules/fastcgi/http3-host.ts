import { type Draft, defineRule } from "../../src/engine/define.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { isPage } from "../../src/evidence/what-for.js";
import { addAfter, helpOf, replaceWord } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import {
  effectiveParams,
  missingForPhp,
  restsOnStock,
  surelyPhp,
} from "../../src/model/request/fastcgi-params.js";
import { sentParam } from "../../src/model/request/request-params.js";
import { tablesOf } from "../../src/model/request/tables.js";
import { variablesIn } from "../../src/model/request/variable-words.js";
import { HTTP_HOST_OVER_HTTP3 } from "../../src/nginx/facts/http3.js";
import { isSince } from "../../src/nginx/facts/version.js";
import { always } from "../../src/nginx/tree/branches.js";
import { effectiveFlag, effectiveNode } from "../../src/nginx/tree/effective.js";
import {
  argument,
  argumentPlace,
  childrenNamed,
  descendants,
  enclosing,
  headPlace,
  headText,
} from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { grouped } from "../../src/source/collect.js";
import { oncePerPlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";

const LINE = "fastcgi_param HTTP_HOST $host;";
const symptom = { when: "always", status: 200, log: null } as const;

export const http3Host = defineRule({
  id: "fastcgi/http3-host",
  about: "host",
  alike: true,
  asksDisk: true,
  cases: {
    missing: {
      severity: "warning",
      symptom,
      summary: "a server takes HTTP/3, and its parameters have no HTTP_HOST",
    },
    variable: {
      severity: "warning",
      symptom,
      summary: "a server takes HTTP/3 and uses $http_host, which is empty there",
    },
  },
  docs: {
    title: "HTTP/3 has no Host header",
    fires: [
      "a server has a `listen` with `quic`, and the parameters of a PHP location have no `HTTP_HOST`",
      markdown`
        a directive of such a server uses \`$http_host\`, or a variable of a \`map\` that looks at it: in a
        parameter, a cache key, a header for \`proxy_pass\`, a redirect, a condition
      `,
    ],
    silent: [
      "`HTTP_HOST` is sent as `$host`",
      "nginx is 1.29.5 or newer, which sends `HTTP_HOST` also over HTTP/3",
      "`http3 off` is in effect, or a template decides about the line",
      "a part of the parameters was not read",
    ],
    what: markdown`
      It is one level lower where the parameters come from a file of the package that is not in the tree,
      because newer ones send it. Where nginx's version is unknown, the message says from which one on
      nginx sends it by itself; \`--nginx-version\` or \`nginxVersion\` tells.
    `,
    why: markdown`
      Over HTTP/1 nginx hands every header of the client to PHP as \`HTTP_…\`, so \`HTTP_HOST\` need not be
      written. A browser that comes over HTTP/3 sends the name as \`:authority\` instead of a header. Then
      \`$_SERVER['HTTP_HOST']\` is not set and \`$http_host\` is empty, while \`$host\` has the name.
      From 1.29.5 on nginx passes the name to PHP as \`HTTP_HOST\`, but \`$http_host\` is empty there as well.
      Applications build their links and redirects from it, some refuse such a request, and it only shows
      after the browser has switched to HTTP/3, which is on the second visit.
    `,
    instead: markdown`
      \`${LINE}\` next to the other parameters, and \`$host\` wherever \`$http_host\` is.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#var_host",
      "https://nginx.org/en/docs/http/ngx_http_v3_module.html",
    ],
    twins: { bad: "bad-stock-file", ok: "ok-host" },
  },
  proof: {
    kind: "none",
    reason: "it takes a client that speaks HTTP/3 and an nginx from 1.25.0 on, which not every machine has",
  },
  *check(host) {
    for (const [server, bindings] of grouped(inHttp3(host))) {
      yield* missing(host, server, bindings);
      yield* uses(host, server, bindings);
    }
  },
});

/** The PHP locations of servers that take HTTP/3. */
function inHttp3({ bindings }: Host): readonly (readonly [Node, Binding])[] {
  return bindings.flatMap((binding) => {
    const { server, serves } = binding;
    if (server === null || serves !== "php" || quicOf(server) === null) return [];
    return [[server, binding] as const];
  });
}

/** The `listen` by which a server takes HTTP/3; `null`: none. */
const quicOf = perKey((server: Node): Node | null => {
  const on = effectiveFlag(server, "http3");
  if (on.kind === "unknown" || !on.value) return null;
  const found = childrenNamed(server, "listen").find(
    (node) => always(node) && node.directive.args.some(({ text }) => text === "quic"),
  );
  return found ?? null;
});

function* missing(host: Host, server: Node, bindings: readonly Binding[]): Generator<Draft<"missing">> {
  const found = bindings.filter((binding) => {
    const set = effectiveParams(binding.block);
    if (set === null || set === undefined || !set.complete || !surelyPhp(binding) || isPage(binding))
      return false;
    return missingForPhp(set).length === 0 && sentParam(set, "HTTP_HOST") === null;
  });
  const [first] = found;
  const listen = quicOf(server);
  const set = first === undefined ? null : effectiveParams(first.block);
  if (first === undefined || listen === null || set === null || set === undefined) return;
  const version = host.nginx?.version ?? null;
  if (isSince(version, HTTP_HOST_OVER_HTTP3)) return;
  const last = set.nodes.findLast(({ via }) => via.length === set.level.via.length);
  yield {
    case: "missing",
    settle: restsOnStock(host, set)
      ? "The file of the package is not in the tree, and newer ones send HTTP_HOST."
      : null,
    message: `${serverLabel(server)} takes HTTP/3, and ${headText(first.location)} sends no HTTP_HOST${version === null ? `, which nginx itself sends only from ${HTTP_HOST_OVER_HTTP3} on` : ""}`,
    at: headPlace(first.pass),
    label: "PHP gets no host over HTTP/3",
    related: [
      { place: headPlace(listen), message: "HTTP/3" },
      ...found
        .slice(1)
        .map((one) => ({ place: headPlace(one.pass), message: `${headText(one.location)} also` })),
    ],
    effect: "over HTTP/3 $_SERVER['HTTP_HOST'] is not set, so links and redirects have no host",
    help: helpOf([
      found.map((one) =>
        addAfter(host, headPlace(one === first && last !== undefined ? last : one.pass), LINE),
      ),
    ]),
    names: [...namesOf(first), "HTTP_HOST"],
  };
}

/** Words of directives that only write logs. */
const LOGS = new Set(["access_log", "error_log", "log_format"]);

function* uses(host: Host, server: Node, bindings: readonly Binding[]): Generator<Draft<"variable">> {
  const empty = emptyOverHttp3(enclosing(server, "http"));
  const outer = bindings.flatMap(({ block }) => {
    const set = effectiveParams(block);
    const key = effectiveNode(block, "fastcgi_cache_key");
    return [...(set?.nodes ?? []), ...(key.kind === "set" ? [key.node] : [])];
  });
  const found = [...descendants(server), ...outer].flatMap((node) => {
    if (LOGS.has(node.name) || node.name === "server_name") return [];
    const at = node.directive.args.findIndex(({ text }) =>
      variablesIn(text).some((name) => empty.has(name.toLowerCase())),
    );
    return at < 0 ? [] : [{ node, at, place: argumentPlace(node, at) }];
  });
  const [first, ...others] = oncePerPlace(found, ({ place }) => place);
  const listen = quicOf(server);
  if (first === undefined || listen === null) return;
  const word = argument(first.node, first.at) ?? "";
  const direct = /\$\{?http_host\b/i.test(word);
  const written = first.node.directive.args[first.at];
  const raw = written === undefined ? "" : first.node.file.text.slice(written.start, written.end);
  const related: readonly RelatedReport[] = [
    { place: headPlace(listen), message: "HTTP/3" },
    ...others.map(({ place }) => ({ place, message: "and here" })),
  ];
  yield {
    case: "variable",
    message: direct
      ? `${serverLabel(server)} takes HTTP/3, where $http_host in ${headText(first.node)} is empty`
      : `${serverLabel(server)} takes HTTP/3, where ${word} in ${headText(first.node)} comes from an empty $http_host`,
    at: first.place,
    label: "empty over HTTP/3",
    related,
    effect: "over HTTP/3 the value has no host: links, redirects, cache entries or conditions go wrong",
    help: helpOf(
      direct
        ? [[replaceWord(host, first.place, raw.replace(/\$(?:http_host\b|\{http_host\})/gi, "$host"))]]
        : [],
      direct
        ? others.length > 0
          ? "write $host in the other places likewise"
          : null
        : "let the map look at $host",
    ),
    names: [serverLabel(server), headText(first.node)],
  };
}

/** `http_host`, and the variables of every `map` that looks at it alone. */
function emptyOverHttp3(http: Node | null): ReadonlySet<string> {
  const tables = http === null ? [] : [...tablesOf(http)];
  return new Set([
    "http_host",
    ...tables.flatMap(([name, { kind, source }]) =>
      kind === "map" && /^\$\{?http_host\}?$/i.test(source) ? [name] : [],
    ),
  ]);
}
