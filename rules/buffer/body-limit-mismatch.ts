import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit } from "../../src/engine/help.js";
import {
  certainty,
  furtherLocations,
  type Known,
  poolKey,
  relatedValues,
  sourceOf,
} from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairs, showBytes } from "../../src/evidence/pairs.js";
import { runsNoScripts } from "../../src/evidence/timeouts.js";
import { addInto, helpOf, replace } from "../../src/help/edit.js";
import { writeForLocations } from "../../src/help/locations.js";
import type { Binding, Host } from "../../src/model/host.js";
import { labelOf } from "../../src/model/labels.js";
import { requestValues } from "../../src/model/request/php-settings.js";
import { matchingOf } from "../../src/nginx/location/extensions.js";
import { chosenLocation, handingOn, takesBodies } from "../../src/nginx/location/passed.js";
import {
  effectiveList,
  effectiveNode,
  effectiveOffset,
  effectiveOffsetWithoutMain,
} from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { phpDefault } from "../../src/php/facts.js";
import { parseIniBytes } from "../../src/php/ini.js";
import { groupBy } from "../../src/source/collect.js";
import { type Effective, placeOf } from "../../src/source/effective.js";
import { samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** Both limits in bytes; `Infinity`: no limit. */
interface Limits extends Pair {
  readonly nginx: Known<number>;
  readonly php: Known<number>;
  /** No php.ini was found, at most files of its scan directory, so PHP's built-in default applies. */
  readonly withoutIni: boolean;
}

type Group = readonly [Limits, ...Limits[]];

type Case = "dropped" | "refused-first" | "cut-by-default";

export const bodyLimitMismatch = defineRule({
  id: "buffer/body-limit-mismatch",
  about: "host",
  alike: true,
  cases: {
    dropped: {
      severity: "warning",
      symptom: { when: "large-body", status: null, log: "POST Content-Length" },
      summary: "nginx passes on request bodies that PHP drops",
    },
    "refused-first": {
      severity: "info",
      symptom: { when: "large-body", status: 413, log: "client intended to send too large body" },
      summary: "nginx refuses request bodies that PHP would accept",
    },
    "cut-by-default": {
      severity: "warning",
      symptom: { when: "large-body", status: 413, log: "client intended to send too large body" },
      summary: "a larger limit is written, and nginx's default of 1m comes first",
    },
  },
  docs: {
    title: "client_max_body_size and post_max_size differ",
    fires: [
      markdown`
        nginx lets larger request bodies through than PHP accepts (a warning): the effective
        \`client_max_body_size\` of a PHP location is above the \`post_max_size\` of its pool
      `,
      "nginx is the first to refuse (info): `client_max_body_size` is below `post_max_size`",
      markdown`
        nobody set \`client_max_body_size\` where a request comes first, and a larger limit is written in
        the PHP location that it is handed to, or \`post_max_size\` is written above PHP's default (a warning)
      `,
      markdown`
        the same where \`auth_request\` asks a location about the request (a warning), or where \`/\` leads to the
        script by \`index\` (info, also where a smaller limit is written for \`/\`)
      `,
      markdown`
        a larger limit is written in a named location, where it never counts, and what hands requests on to it
        has nginx's default (a warning)
      `,
      markdown`
        these also in an image with the nginx of Debian or Ubuntu, whose main file sets no limit (with less
        certainty)
      `,
    ],
    silent: [
      "both limits are equal",
      "`post_max_size` is 0, which means no limit, or cannot be read as a size",
      markdown`
        \`post_max_size\` is unknown, because no php.ini is in the tree or because another location of the
        pool passes a value of its own, which stays in the worker
      `,
      "`enable_post_data_reading` is off: PHP then leaves every body to the script and drops none",
      "the location refuses every method that has a body (`limit_except GET { deny all; }`)",
      "the location only serves the status or the ping page, which nobody sends a body to",
    ],
    what: markdown`
      \`client_max_body_size\` is 1m when nothing sets it, and 0 means no limit. \`post_max_size\` comes
      from \`PHP_ADMIN_VALUE\` and \`PHP_VALUE\`, from the pool's \`php_admin_value\` and \`php_value\`,
      or from the master's php.ini. nginx compares in each location that a request passes through, so the
      limit of a \`location /\` whose \`try_files\` leads to the PHP location counts as well. That of a
      named location never does.
    `,
    why: markdown`
      A form above \`post_max_size\` is not an error for PHP: the script runs with \`$_POST\` and
      \`$_FILES\` empty, and the client gets 200. Uploads vanish, checks against forged requests fail, and
      saving an article loses it. A \`.user.ini\` does not help, because PHP compares the length before it
      reads that file. The other way round, nginx answers \`413 Request Entity Too Large\` before PHP sees
      anything. That is clear, but PHP's limit is then never reached.
    `,
    instead: markdown`
      Set both to the same size: \`client_max_body_size 64m;\` in nginx, and \`post_max_size = 64M\` in
      php.ini or \`php_admin_value[post_max_size] = 64M\` in the pool.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size",
      "https://www.php.net/manual/en/ini.core.php#ini.post-max-size",
    ],
  },
  proof: { kind: "daemons", observe: { dropped: "body-dropped" } },
  *check(host) {
    const all = [...limits(host)];
    const above = all.filter(({ nginx, php }) => nginx.value > php.value);
    const below = all.filter(({ nginx, php }) => nginx.value < php.value && php.value !== Infinity);
    const key = (one: Limits): string =>
      `${sourceOf(one.nginx)} ${sourceOf(one.php)} ${poolKey(one)} ${one.target.assumed}`;
    for (const group of groupBy(above, key)) yield* dropped(host, all, group);
    const cut = below.filter(isCut);
    for (const group of groupBy(cut, key)) yield* refusedFirst(host, all, group, "cut-by-default");
    const inPhp = new Set(cut.map(({ binding }) => binding.location));
    const own = [...pairs(host)]
      .flatMap((pair) => cutOff(host, pair))
      .filter(({ binding }) => !inPhp.has(binding.location));
    const both = ({ written, nginx }: CutOff): string => `${sourceOf(written)} ${nginx.kind}`;
    for (const group of groupBy(own, both)) yield ownLimit(host, group);
    const cutOwn = own.filter(({ nginx }) => nginx.kind === "default");
    const told = new Set([...cut, ...cutOwn].map(({ binding }) => binding.location));
    const refused = below.filter(({ binding }) => !told.has(binding.location));
    for (const group of groupBy(refused, key)) yield* refusedFirst(host, all, group, "refused-first");
  },
});

function* limits(host: Host): Generator<Limits> {
  const postMaxSize = requestValues(host, "post_max_size");
  const reading = requestValues(host, "enable_post_data_reading");
  for (const pair of pairs(host)) {
    const { binding, pool } = pair;
    if (!takesBodies(binding.location) || runsNoScripts(pair)) continue;
    const php = bytes(postMaxSize(binding, pool));
    if (php === null) continue;
    // PHP's own default is only certain where no php.ini can be missing: one was read, or the host is complete.
    const { files } = pool.master.ini;
    if (php.kind === "default" && files.length === 0 && !host.whole) continue;
    const withoutIni = php.kind === "default" && !files.some(({ path }) => path.endsWith("/php.ini"));
    // When it is off, PHP leaves every body to the script and drops none.
    const reads = reading(binding, pool);
    if (reads.kind === "set" && !/^(?:1|on|yes|true)$/i.test(reads.value ?? "")) continue;
    for (const one of entrances(host, binding)) yield { ...pair, ...one, php, withoutIni };
  }
}

/** Whether somebody wrote the larger limit of PHP, and nobody the smaller one of nginx. */
function isCut({ nginx, php }: Limits): boolean {
  return (
    nginx.kind === "default" &&
    php.kind === "set" &&
    php.value > parseIniBytes(phpDefault("post_max_size") ?? "")
  );
}

/** A limit written in a PHP location, and a location that takes the request first with nginx's default. */
interface CutOff extends Pair {
  readonly nginx: Known<number>;
  readonly written: Known<number>;
  /** What it has to do with the PHP location. */
  readonly how: "hands on" | "is asked" | "index";
}

function cutOff(host: Host, pair: Pair): readonly CutOff[] {
  const { binding } = pair;
  const own = takesBodies(binding.location) ? limitOf(host, binding.block) : null;
  if (own?.kind !== "set") return [];
  const before = entrances(host, binding).filter((one) => one.binding !== binding);
  const cut = (one: Pick<Limits, "binding" | "nginx">, how: CutOff["how"]): readonly CutOff[] =>
    (one.nginx.kind === "default" || how === "index") && one.nginx.value < own.value
      ? [{ ...pair, ...one, written: own, how }]
      : [];
  const found = before.flatMap((one) => cut(one, "hands on"));
  const at = (block: Node | null, how: CutOff["how"]): readonly CutOff[] => {
    const nginx = block === null || block === binding.location ? null : limitOf(host, block);
    return block === null || nginx === null
      ? []
      : cut({ nginx, binding: { ...binding, location: block } }, how);
  };
  if (found.length > 0) return found;
  return [...at(askedBy(binding), "is asked"), ...at(startPage(binding), "index")];
}

/** The location that `auth_request` asks: nginx compares the length of the body there as well. */
function askedBy({ block, server }: Binding): Node | null {
  const asked = effectiveNode(block, "auth_request");
  const uri = asked.kind === "set" ? argument(asked.node, 0) : undefined;
  if (server === null || uri === undefined || !/^\/[^$]*$/.test(uri)) return null;
  return chosenLocation(server, uri) ?? null;
}

/** What takes `/` where an `index` then leads to the location. */
function startPage({ location, server }: Binding): Node | null {
  if (server === null) return null;
  const found = chosenLocation(server, "/");
  const block = found === null ? server : found;
  if (block === undefined || block === location) return null;
  const index = effectiveNode(block, "index");
  const [name] = index.kind === "set" ? index.node.directive.args : [];
  if (name === undefined || name.placeholder || !/^[\w-]+\.php$/.test(name.text)) return null;
  // What answers by itself, or hands on otherwise, is no start page.
  if (block.children.some((one) => /_pass$|^(?:return|rewrite|if)$/.test(one.name))) return null;
  const tried = childrenNamed(block, "try_files").flatMap(({ directive }) => directive.args);
  if (tried.length > 0 && !tried.some(({ text }) => text.endsWith("/"))) return null;
  return chosenLocation(server, `/${name.text}`) === location ? block : null;
}

function ownLimit(host: Host, group: readonly [CutOff, ...CutOff[]]): Draft<Case> {
  const [first] = group;
  const { nginx, written, binding, pool, how } = first;
  const line = written.value === Infinity ? "0" : showBytes(written.value).replace(" bytes", "");
  const block = headPlace(binding.location);
  const at = placeOf(nginx) ?? block;
  const limit = `client_max_body_size ${line};`;
  const isHere = childrenNamed(binding.location, "client_max_body_size").length > 0;
  return {
    ...sureOf(host, first),
    case: nginx.kind === "default" ? "cut-by-default" : "refused-first",
    ...(how === "index" ? { settle: "Whether large forms are sent to / would settle it." } : {}),
    message: `${headText(binding.location)} lets ${shownSize(nginx)} through, and ${HOW[how]} a location that takes ${shownSize(written)}`,
    at,
    label: "the length is compared here first",
    related: relatedValues(
      group,
      (one) => one.written,
      () => `${shownSize(written)} from here on`,
    ),
    link: linkOf(first),
    effect:
      how === "is asked"
        ? `nginx refuses to ask about a request with a body larger than ${showBytes(nginx.value)}, and answers 500 Internal Server Error`
        : `a request body larger than ${showBytes(nginx.value)} ends as 413 Request Entity Too Large${how === "index" ? " at /" : ""}, and the larger limit is never reached`,
    help: helpOf([[isHere ? replace(host, at, limit) : addInto(host, block, limit)]]),
    names: namesOf(binding, pool),
  };
}

const HOW = {
  "hands on": "hands requests on to",
  "is asked": "is asked about requests by",
  index: "/ leads from there to",
};

function limitOf(host: Host, block: Node): Known<number> | null {
  const effective = restsOnPackage(host) ? effectiveOffsetWithoutMain : effectiveOffset;
  const value = unlimited(effective(block, "client_max_body_size"));
  return value.kind === "unknown" ? null : value;
}

/** Whether the main file of nginx is that of a distribution's package, which sets no limit, and is not in the tree. */
function restsOnPackage({ nginx, container }: Host): boolean {
  return nginx?.hasMain === false && container?.packagedNginx === true;
}

/** How sure it is what the limit of nginx is, and that it meets PHP's. */
function sureOf(host: Host, first: Pair & Pick<Limits, "nginx">): Pick<Draft, "settle"> {
  const found = certainty(first);
  return first.nginx.kind !== "default" || found.settle != null || !restsOnPackage(host)
    ? found
    : { settle: "nginx -T in the container shows whether its main file is that of the package." };
}

/**
 * Where nginx compares the length of a body: in each location that it chooses by the URI, so a front
 * controller is first checked at `location /`. In a named location it never does.
 */
function entrances(host: Host, binding: Binding): readonly Pick<Limits, "binding" | "nginx">[] {
  const { location, server } = binding;
  const own = limitOf(host, binding.block);
  const before = (server === null ? [] : handingOn(server, location)).flatMap((one) => {
    const nginx = takesBodies(one) ? limitOf(host, one) : null;
    const label = `${labelOf(location, server)} (reached through ${headText(one)})`;
    return nginx === null ? [] : [{ nginx, binding: { ...binding, location: one, label } }];
  });
  if (own === null) return [];
  if (matchingOf(location).modifier === "@" && before.length > 0) return before;
  return [{ binding, nginx: own }, ...before.filter(({ nginx }) => nginx.value < own.value)];
}

function unlimited(value: Effective<number>): Effective<number> {
  return value.kind === "unknown" || value.value !== 0 ? value : { ...value, value: Infinity };
}

/** `null`: unknown, or not a size; another rule is about what PHP reads in `8MB`. */
function bytes(value: Effective<string | null>): Known<number> | null {
  if (value.kind === "unknown" || value.value === null) return null;
  if (!/^[+-]?\d+\s*[kmg]?$/i.test(value.value.trim())) return null;
  const size = parseIniBytes(value.value);
  return { ...value, value: size > 0 ? size : Infinity };
}

function shownSize({ kind, value }: Known<number>): string {
  const text = value === Infinity ? "bodies of any size" : `bodies up to ${showBytes(value)}`;
  return kind === "default" ? `${text} (the default)` : text;
}

function* dropped(host: Host, all: readonly Limits[], group: Group): Generator<Draft<Case>> {
  const [first] = group;
  const { nginx, php } = first;
  const nginxFirst = nginx.kind === "set";
  const at = placeOf(nginxFirst ? nginx : php);
  if (at === null) return;
  const lets = `nginx lets ${shownSize(nginx)} through`;
  const accepts = `PHP accepts ${shownSize(php)}`;
  yield {
    ...common(host, first),
    case: "dropped",
    message: `${lets}, but ${accepts}`,
    at,
    label: nginxFirst ? lets : accepts,
    related: nginxFirst
      ? [
          ...relatedValues(
            [first],
            () => php,
            () => `post_max_size: ${accepts}`,
          ),
          ...furtherLocations(group),
        ]
      : relatedValues(
          group,
          (one) => one.nginx,
          () => lets,
        ),
    effect: `a form larger than ${showBytes(php.value)} arrives without its data: $_POST and $_FILES are empty, and the response is still 200`,
    help: helpOf([
      nginxEdits(host, group, all),
      nginx.value === Infinity ? null : [phpEdit(host, first, phpSize(nginx.value))],
    ]),
  };
}

function* refusedFirst(
  host: Host,
  all: readonly Limits[],
  group: Group,
  which: Case,
): Generator<Draft<Case>> {
  const [first] = group;
  const { nginx, php } = first;
  const at = placeOf(nginx);
  if (at === null) return;
  const lets = `nginx lets ${shownSize(nginx)} through`;
  const accepts = `PHP accepts ${shownSize(php)}`;
  const places =
    nginx.kind === "set"
      ? furtherLocations(group)
      : relatedValues(
          group.slice(1),
          (one) => one.nginx,
          () => lets,
        );
  yield {
    ...common(host, first),
    case: which,
    message: `${lets}, although ${accepts}`,
    at,
    label: lets,
    related: [
      ...relatedValues(
        [first],
        () => php,
        () => `post_max_size: ${accepts}`,
      ),
      ...places,
    ],
    effect: `a request body larger than ${showBytes(nginx.value)} ends as 413 Request Entity Too Large, and PHP never sees it`,
    help: helpOf([nginxEdits(host, group, all)]),
  };
}

/** nginx's half set to PHP's limit. */
function nginxEdits(host: Host, group: Group, all: readonly Limits[]): readonly Edit[] {
  const size = showBytes(group[0].php.value).replace(" bytes", "");
  return writeForLocations(host, group, all, nginxLimit, `client_max_body_size ${size};`);
}

const nginxLimit = ({ nginx }: Limits): Limits["nginx"] => nginx;

/** PHP's half, as its place requires: a parameter of nginx, a line of the pool, or a line of php.ini. */
function phpEdit(host: Host, { binding, pool, php }: Limits, size: string): Edit | null {
  const inPool = (key: string): string => `${key}[post_max_size] = ${size}`;
  if (php.kind === "default")
    return php.where === null ? null : addInto(host, php.where, inPool("php_admin_value"));
  const line = pool.settings.find((one) => samePlace(one.place, php.place));
  if (line !== undefined) return replace(host, php.place, inPool(line.key));
  const list = effectiveList(binding.block, "fastcgi_param");
  const param =
    list.kind === "set" ? list.nodes.find((one) => samePlace(argumentPlace(one, 1), php.place)) : null;
  if (param == null) return replace(host, php.place, `post_max_size = ${size}`);
  const text = param.file.text.slice(param.directive.start, param.directive.end);
  const changed = text.replace(/(\bpost_max_size\s*=\s*)[+-]?\w+/, (_, key: string) => key + size);
  return changed === text ? null : replace(host, php.place, changed);
}

function phpSize(bytes: number): string {
  return showBytes(bytes).replace(" bytes", "").toUpperCase();
}

function common(host: Host, first: Limits): Pick<Draft, "settle" | "link" | "names"> {
  const { binding, pool, target, withoutIni } = first;
  const guess =
    withoutIni && !target.assumed
      ? {
          settle: `No php.ini for pool [${pool.name}] was found; php-fpm -i shows which one it reads.`,
        }
      : sureOf(host, first);
  return { ...guess, link: linkOf(first), names: namesOf(binding, pool) };
}
