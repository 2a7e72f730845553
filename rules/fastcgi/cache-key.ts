import { type Draft, defineRule } from "../../src/engine/define.js";
import { namesOf, phpBindings } from "../../src/evidence/pairs.js";
import { helpOf, replace, replaceWord, writeOn } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import { mayTellScheme, serverNames, type Told, toldBy } from "../../src/model/request/cache-key.js";
import { type Cached, cacheOf, condition, mayTellHead } from "../../src/model/request/caching.js";
import { effectiveParams } from "../../src/model/request/fastcgi-params.js";
import { sentParam } from "../../src/model/request/request-params.js";
import { rootOf } from "../../src/model/request/root.js";
import { entrances } from "../../src/model/request/tls.js";
import { matchingOf } from "../../src/nginx/location/extensions.js";
import { handingOn } from "../../src/nginx/location/passed.js";
import { effectiveList } from "../../src/nginx/tree/effective.js";
import { argumentPlace, childrenNamed, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { withoutEnd } from "../../src/source/ends.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "no-key" | "pages" | "host" | "method" | "scheme";

interface Keyed extends Cached {
  readonly key: NonNullable<Cached["key"]>;
  readonly told: Told;
}

const symptom = { when: "always", status: 200, log: null } as const;
const KEY = "$scheme$request_method$host$request_uri";

export const cacheKey = defineRule({
  id: "fastcgi/cache-key",
  about: "host",
  alike: true,
  together: true,
  cases: {
    "no-key": {
      severity: "error",
      symptom: { ...symptom, log: 'no "fastcgi_cache_key" for "fastcgi_cache"' },
      summary: "fastcgi_cache without fastcgi_cache_key: every request gets the page that was stored first",
    },
    pages: {
      severity: "error",
      symptom,
      summary: "the cache key is the same for every page of a site",
    },
    host: {
      severity: "error",
      symptom,
      summary: "sites share a cache and the key does not tell them apart: one shows pages of the other",
    },
    method: {
      severity: "warning",
      symptom,
      seen: ["blank page"],
      summary: "the cache key lacks the method: a HEAD stores an empty page that every GET then gets",
    },
    scheme: {
      severity: "info",
      symptom,
      summary: "pages over plain HTTP and over TLS share an entry of the cache",
    },
  },
  docs: {
    title: "a cache key under which different pages are one",
    fires: [
      "a PHP location has a `fastcgi_cache` and no `fastcgi_cache_key`",
      markdown`
        the key has no variable for the page, or only \`$uri\` in a location to which \`try_files\` hands
        every page as \`/index.php\`
      `,
      markdown`
        two servers with different roots use one zone with one key, and nothing in it tells the host; or
        one server with several names has the host in its \`root\`
      `,
      markdown`
        the key has no \`$request_method\`, and HEAD, which nginx always stores, reaches PHP as HEAD (a warning)
      `,
      markdown`
        a name is served over plain HTTP and over TLS with one key, the key has no \`$scheme\`, and PHP is
        told which of the two it was (info)
      `,
    ],
    silent: [
      "a variable of the key is not nginx's own, so it may hold anything",
      "`fastcgi_no_cache` or `fastcgi_cache_bypass` is always true, so nothing is stored or nothing is used",
      markdown`
        HEAD does not get there as it is: a \`map\` or a condition looks at the method, or PHP is sent
        another \`REQUEST_METHOD\`
      `,
      "the servers have the same root: several names of one site",
      "a condition sends plain HTTP elsewhere",
    ],
    what: markdown`
      Without \`fastcgi_cache_valid\` nginx stores only what PHP's own headers allow it to, so each of them
      is one level lower there.
    `,
    why: markdown`
      nginx stores an answer under the text of \`fastcgi_cache_key\` in the zone that \`fastcgi_cache\`
      names, and hands it to every later request with the same text. What the key does not have makes no
      difference. To a HEAD PHP-FPM sends headers only, and nginx stores that: until it expires, every
      browser gets 200 with an empty page. For \`proxy_cache\` nginx turns a HEAD into a GET, for
      \`fastcgi_cache\` it does not.
    `,
    instead: markdown`
      \`fastcgi_cache_key ${KEY};\`
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_cache_key",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_cache_methods",
    ],
    twins: { bad: "bad-no-method", ok: "ok-whole-key" },
  },
  proof: {
    kind: "daemons",
    requests: [{ path: "/index.php" }],
    observe: {
      "no-key": "page-of-another-address",
      pages: "page-of-another-address",
      host: "page-of-another-host",
      method: "empty-after-head",
      scheme: "page-of-another-scheme",
    },
  },
  *check(host) {
    const all = phpBindings(host)
      .flatMap((binding) => cacheOf(binding) ?? [])
      .filter(isUsed);
    const keyless = all.filter(({ key }) => key === null);
    for (const group of groupBy(keyless, ({ cache }) => placeKey(headPlace(cache)))) yield noKey(host, group);
    const keyed = all.flatMap((one): Keyed[] => {
      const told = one.key === null ? null : toldBy(one.key.text);
      return one.key === null || told === null ? [] : [{ ...one, key: one.key, told }];
    });
    for (const group of groupBy(keyed, ({ key }) => placeKey(key.place))) {
      yield* pages(host, group);
      yield* method(host, group);
    }
    for (const group of groupBy(keyed, ({ key, zone }) => `${zone} ${key.text}`)) {
      yield* hosts(host, group);
      yield* schemes(host, group);
    }
  },
});

type Group<T> = readonly [T, ...T[]];

/** Whether answers are stored and used at all. */
function isUsed({ binding: { block } }: Cached): boolean {
  return (["fastcgi_no_cache", "fastcgi_cache_bypass"] as const).every((name) => {
    const found = condition(block, name);
    // What a template fills in may be `1`.
    const written = found?.nodes.every(({ directive }) => directive.args.every((one) => !one.placeholder));
    return found?.holds !== "always" && written !== false;
  });
}

function noKey(host: Host, group: Group<Cached>): Draft<Case> {
  const [{ binding, cache, zone }] = group;
  const level = cache.parent ?? binding.block;
  return {
    case: "no-key",
    settle: settle(group),
    message: `fastcgi_cache ${zone} has no fastcgi_cache_key, so all pages are stored as one`,
    at: headPlace(cache),
    label: "nothing says what tells pages apart",
    related: passes(group),
    effect: "every request gets the page that was stored first, whatever its address",
    help: helpOf([[writeOn(host, level, "fastcgi_cache_key", `fastcgi_cache_key ${KEY};`)]]),
    names: namesOf(binding),
  };
}

function* pages(host: Host, group: Group<Keyed>): Generator<Draft<Case>> {
  const found = group.filter(
    ({ told, binding }) =>
      told.page === "none" || (told.page === "internal" && frontController(binding) !== null),
  );
  const [first] = found;
  if (first === undefined) return;
  const handing = first.told.page === "none" ? null : frontController(first.binding);
  yield {
    ...common(host, [first, ...found.slice(1)], "$request_uri"),
    case: "pages",
    message:
      handing === null
        ? `the key ${first.key.text} is the same for every page`
        : `in the key ${first.key.text} every page that try_files hands to ${handing.script} is the same`,
    label: "nothing here tells pages apart",
    related: [
      ...(handing === null
        ? []
        : [{ place: headPlace(handing.node), message: `$uri is ${handing.script} from here on` }]),
      ...passes(found),
    ],
    effect: "every request gets the page that was stored first, whatever its address",
  };
}

/** The `try_files` that hands the pages of a site to one script in this location; `null`: none does. */
function frontController({
  server,
  location,
}: Binding): { readonly node: Node; readonly script: string } | null {
  if (server === null || matchingOf(location).modifier === "@") return null;
  for (const from of handingOn(server, location)) {
    for (const node of childrenNamed(from, "try_files")) {
      const script = /^(\/[^$?]*\.php)(?:\?|\$is_args|$)/.exec(node.directive.args.at(-1)?.text ?? "")?.[1];
      if (script !== undefined) return { node, script };
    }
  }
  return null;
}

function* method(host: Host, group: Group<Keyed>): Generator<Draft<Case>> {
  const found = group.filter(
    ({ told, binding }) => !told.method && told.page !== "none" && takesHead(binding),
  );
  const [first] = found;
  if (first === undefined) return;
  yield {
    ...common(host, [first, ...found.slice(1)], "$request_method"),
    case: "method",
    message: `the key ${first.key.text} has no $request_method, so a HEAD and a GET share an entry`,
    label: "HEAD and GET are the same here",
    related: passes(found),
    effect: "after a HEAD every GET is an empty page with status 200, until the entry expires",
  };
}

/** Whether PHP answers a HEAD as such, and nginx stores that. */
function takesHead({ block }: Binding): boolean {
  const set = effectiveParams(block);
  const sent = set === null || set === undefined || !set.complete ? null : sentParam(set, "REQUEST_METHOD");
  if (sent?.value !== "$request_method" || mayTellHead(block)) return false;
  const nodes = ["fastcgi_no_cache", "fastcgi_cache_bypass"].flatMap((name) => {
    const list = effectiveList(block, name);
    return list.kind === "set" ? list.nodes : [];
  });
  return nodes.every((node) => !headText(node).includes("request_method"));
}

function* hosts(host: Host, group: Group<Keyed>): Generator<Draft<Case>> {
  const [first] = group;
  if (first.told.host) return;
  const files = filesOf(first.binding);
  const other =
    files === null
      ? undefined
      : group.find(({ binding }) => {
          const theirs = filesOf(binding);
          return (
            binding.server !== first.binding.server &&
            theirs !== null &&
            theirs !== files &&
            meets(first, binding)
          );
        });
  const byName = group.find(({ binding }) => isManySites(binding));
  const [one, against] = other === undefined ? [byName, null] : [first, other];
  if (one === undefined) return;
  const label = ({ server }: Binding): string => (server === null ? "a server" : serverLabel(server));
  const whose =
    against === null
      ? `all names of ${label(one.binding)}`
      : `${label(one.binding)} and ${label(against.binding)}`;
  yield {
    ...common(host, [one, ...group.filter((it) => it !== one)], "$host"),
    case: "host",
    message: `the key ${one.key.text} has no host, and ${whose} share the cache ${one.zone}`,
    label: "nothing here tells the sites apart",
    related: [...(against === null ? [one] : [one, against])].map(({ binding, cache }) => ({
      place: headPlace(binding.server ?? cache),
      message: `stores its pages in ${one.zone}`,
    })),
    effect: "one site shows pages of the other, whichever was stored first",
  };
}

/** Where its scripts come from; `null`: unknown, or told by a variable. */
function filesOf({ block }: Binding): string | null {
  const { node, written, unread } = rootOf(block);
  const set = effectiveParams(block);
  const script = set === null || set === undefined ? undefined : set.params.get("SCRIPT_FILENAME");
  if (unread !== null || script === undefined) return null;
  if (node?.directive.args[0]?.placeholder === true || written.includes("$")) return null;
  if (script.node.directive.args[1]?.placeholder === true) return null;
  return /\$\{?(?:document_root|realpath_root|request_filename)\b/.test(script.value)
    ? `${withoutEnd(written, "/")} ${script.value}`
    : script.value;
}

/** Whether the same URIs come to both. */
function meets(one: Keyed, other: Binding): boolean {
  const [a, b] = [one.binding.location, other.location];
  return headText(a) === headText(b) || [a, b].every((it) => matchingOf(it).modifier.startsWith("~"));
}

/** Whether one server serves different files for each of its names. */
function isManySites({ block, server }: Binding): boolean {
  if (server === null) return false;
  if (!/\$\{?(?:host|http_host|ssl_server_name)\b/.test(rootOf(block).written)) return false;
  const names = serverNames(server);
  return names.length > 1 || names.some((name) => /[*~]|^\./.test(name));
}

function* schemes(host: Host, group: Group<Keyed>): Generator<Draft<Case>> {
  const found = group.filter(({ told, binding }) => !told.scheme && tellsScheme(binding));
  const names = new Map<string, { tls: Node | null; plain: Node | null }>();
  for (const { binding } of found) {
    if (binding.server === null) continue;
    const ways = entrances(binding.server);
    for (const name of serverNames(binding.server)) {
      const known = names.get(name) ?? { tls: null, plain: null };
      names.set(name, { tls: known.tls ?? ways.tls, plain: known.plain ?? ways.plain });
    }
  }
  const [first] = found;
  const [both] = [...names].filter(([, { tls, plain }]) => tls !== null && plain !== null);
  if (first === undefined || both === undefined) return;
  const [name, { tls, plain }] = both;
  yield {
    ...common(host, [first, ...found.slice(1)], "$scheme"),
    case: "scheme",
    message: `the key ${first.key.text} has no $scheme, and ${name} is served over plain HTTP and over TLS`,
    label: "http:// and https:// are the same here",
    related: [plain, tls].flatMap((node) =>
      node === null ? [] : [{ place: headPlace(node), message: node === tls ? "TLS" : "plain HTTP" }],
    ),
    effect:
      "a page or a redirect that PHP made for http:// is shown over https:// and the other way round; a stored redirect to https:// never ends",
  };
}

/** Whether PHP is told how the client came, so that its answers may differ. */
function tellsScheme({ block }: Binding): boolean {
  const set = effectiveParams(block);
  const sent = set === null || set === undefined ? null : sentParam(set, "HTTPS");
  return sent !== null && /\$\{?(?:https|scheme)\b/.test(sent.value) && !mayTellScheme(block);
}

function common(
  host: Host,
  group: Group<Keyed>,
  missing: string,
): Pick<Draft<Case>, "at" | "settle" | "help" | "names"> {
  const [{ binding, key }] = group;
  const word = argumentPlace(key.node, 0);
  const { file, start, end } = word.span;
  const text = file.text.slice(start, end);
  const quoted = /^["']/.test(text);
  const changed = quoted ? `${text.slice(0, 1)}${missing}${text.slice(1)}` : `${missing}${text}`;
  // Letters right after a variable would become part of its name.
  const fits = /^["']?(?:\$|[^\w])/.test(text);
  return {
    at: key.place,
    settle: settle(group),
    help: helpOf([
      [fits ? replaceWord(host, word, changed) : replace(host, key.place, `fastcgi_cache_key ${KEY};`)],
    ]),
    names: [...namesOf(binding), missing],
  };
}

/** Without `fastcgi_cache_valid` the headers of PHP's answers decide what is stored. */
function settle(group: readonly Cached[]): string | null {
  return group.some(({ binding }) => effectiveList(binding.block, "fastcgi_cache_valid").kind === "set")
    ? null
    : "There is no fastcgi_cache_valid, so only what PHP's own headers allow is stored.";
}

function passes(
  group: readonly Cached[],
): readonly { readonly place: Draft["at"]; readonly message: string }[] {
  return group.map(({ binding }) => ({
    place: headPlace(binding.pass),
    message: `answers for ${binding.label} are stored there`,
  }));
}
