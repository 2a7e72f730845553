import { PARAMETERS, parameters } from "../requests/parts.js";
import {
  allEntries,
  type Entry,
  type HostDraft,
  has,
  inner,
  type PoolDraft,
  put,
  type SiteDraft,
} from "./draft.js";
import type { Random } from "./random.js";
import { FIRST, SECOND, type Shape } from "./shapes.js";

export function drawEntry(
  host: HostDraft,
  site: SiteDraft,
  pool: PoolDraft,
  front: SiteDraft | null,
  random: Random,
): Entry {
  const { chance, pick } = random;
  const first = site.entries[0]?.shape;
  // What is nested in a prefix is asked before any other expression.
  let drawn = pick(first === undefined ? FIRST : SECOND)(random);
  while (first === "nested" && drawn.before === true) drawn = pick(SECOND)(random);
  const shape = numbered(host, drawn);
  const blocks = shape.blocks.map(([head, ...lines]) => ({ head, lines: [...lines] }));
  const entry: Entry = { uri: shape.uri, shape: shape.name, front, page: null, blocks, pool };
  host.drawn.add(`location: ${shape.name}`);
  site.others.push(...(shape.beside ?? []));
  for (const line of shape.server ?? []) put(site.lines, line);
  if (shape.map !== undefined) host.maps.push(shape.map);
  const inside = drawChroot(host, site, entry, shape, random);
  drawParameters(site, entry, inside, random);
  drawPass(host, site, entry, random);
  // Debian's snippet has one, and nginx refuses a second.
  const index = !inner(entry).lines.some((line) => line.includes("fastcgi-php.conf"));
  if (index && chance(0.15)) put(inner(entry).lines, "fastcgi_index index.php;");
  if (chance(0.1))
    put(inner(entry).lines, pick(["fastcgi_intercept_errors on;", "fastcgi_hide_header X-Powered-By;"]));
  drawGuard(host, site, entry, random);
  if (shape.before === true) site.entries.unshift(entry);
  else site.entries.push(entry);
  return entry;
}

function numbered(host: HostDraft, shape: Shape): Shape {
  const name = (text: string): string => text.replaceAll("$script@", `$script${host.maps.length}`);
  return {
    ...shape,
    ...(shape.script === undefined ? {} : { script: name(shape.script) }),
    ...(shape.map === undefined ? {} : { map: name(shape.map) }),
  };
}

/** A pool of its own may be shut in the root of the site; nginx then sends paths as they are in there. */
function drawChroot(host: HostDraft, site: SiteDraft, entry: Entry, shape: Shape, { chance }: Random): Shape {
  const simple = ["suffix", "front controller", "start page", "anchored"].includes(shape.name);
  const alone = !allEntries(host).some((one) => one.entry.pool === entry.pool) && site.entries.length === 0;
  const others = host.pools.some((one) => one !== entry.pool && !one.walled);
  if (!simple || !alone || !others || entry.pool.walled || !chance(0.15)) return shape;
  entry.pool.lines.push(`chroot = ${site.root}`);
  entry.pool.walled = true;
  host.drawn.add("chroot");
  return { ...shape, script: "$fastcgi_script_name" };
}

/** Who may ask: those who do here. */
function drawGuard(host: HostDraft, site: SiteDraft, entry: Entry, { chance, pick }: Random): void {
  if (!chance(0.2)) return;
  const here = [
    "allow 127.0.0.0/8;",
    "allow ::1;",
    ...(site.port === 0 ? ["allow unix:;"] : []),
    "deny all;",
  ];
  const kind = pick(["allow", "satisfy", "limit_except", "auth_request", "auth_request"]);
  const { lines } = inner(entry);
  host.drawn.add(`guard: ${kind}`);
  const level = has(site.lines, "deny") ? lines : pick([lines, lines, site.lines]);
  if (kind === "allow") level.push(...here);
  else if (kind === "satisfy") {
    host.files.set("/etc/nginx/users", "somebody:{PLAIN}word\n");
    level.push("satisfy any;", ...here);
    level.push('auth_basic "closed";', "auth_basic_user_file /etc/nginx/users;");
  } else if (kind === "limit_except") lines.push("limit_except GET POST {\n  deny all;\n}");
  else if (!site.others.some((one) => one.startsWith("location = /asked"))) {
    lines.push("auth_request /asked;");
    site.others.push(
      askedLocation(!entry.pool.walled && chance(0.5) ? pick(entry.pool.addresses) : null, site.root),
    );
  }
}

/** A location that says who may ask; `null`: everybody, without a script. */
export function askedLocation(address: string | null, root: string): string {
  const script = [
    "fastcgi_pass_request_body off;",
    "include fastcgi_params;",
    'fastcgi_param CONTENT_LENGTH "";',
    'fastcgi_param QUERY_STRING "";',
    `fastcgi_param SCRIPT_FILENAME ${root}/asked.php;`,
    `fastcgi_pass ${address};`,
  ];
  return ["location = /asked {", "  internal;", ...(address === null ? ["return 204;"] : script), "}"]
    .join("\n  ")
    .replace(/\n {2}\}$/, "\n}");
}

/** A location for a page of PHP-FPM's own. */
export function drawPage(host: HostDraft, site: SiteDraft, pool: PoolDraft, random: Random): Entry {
  const { chance, pick } = random;
  const page = pick(["status", "status", "ping"] as const);
  const key = page === "ping" ? "ping.path" : "pm.status_path";
  // A pool has one of each.
  const there = pool.lines.find((line) => line.startsWith(`${key} = `))?.replace(`${key} = `, "");
  const usual = page === "ping" ? pick(["/fpm-ping", "/ping"]) : pick(["/fpm-status", "/status"]);
  const uri = there ?? usual;
  put(pool.lines, `${key} = ${uri}`);
  const lines = chance(0.7) ? ["allow 127.0.0.1;", "allow ::1;", "deny all;"] : [];
  lines.push(...pick([["include fastcgi.conf;"], ["include fastcgi_params;", SCRIPT]]));
  const entry: Entry = {
    uri,
    shape: page,
    front: null,
    page,
    blocks: [{ head: `location = ${uri}`, lines }],
    pool,
  };
  host.drawn.add(`page: ${page}`);
  drawPass(host, site, entry, random);
  return entry;
}

const SCRIPT = "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;";

/** Sets a directive for an entry on one of the levels from which it is inherited. */
export function atSomeLevel(
  host: HostDraft,
  site: SiteDraft,
  entry: Entry,
  line: string,
  random: Random,
): void {
  const level = random.pick(["location", "location", "server", "http"]);
  const name = line.split(" ")[0] ?? "";
  host.drawn.add(`level ${level}`);
  // What another site has put there already must stay: the nearer level is free.
  if (level === "http" && !has(host.http, name)) host.http.push(line);
  else if (level === "server" && !has(site.lines, name)) site.lines.push(line);
  else put(inner(entry).lines, line);
}

export const MANUAL: readonly string[] = parameters(
  PARAMETERS.filter(
    (one) => !/^(?:DOCUMENT_URI|REQUEST_SCHEME|HTTPS|GATEWAY|SERVER_[APN]|REDIRECT)/.test(one),
  ),
);

function drawParameters(site: SiteDraft, entry: Entry, shape: Shape, { chance, pick }: Random): void {
  const script =
    shape.script ??
    pick([
      "$document_root$fastcgi_script_name",
      "$document_root$fastcgi_script_name",
      "$realpath_root$fastcgi_script_name",
      "$document_root/$fastcgi_script_name",
      "$request_filename",
      `${site.root}$fastcgi_script_name`,
    ]);
  const line = `fastcgi_param SCRIPT_FILENAME ${script};`;
  const { lines } = inner(entry);
  const style = pick(["params", "params", "conf", "conf", "snippet", "manual", "server"]);
  // A second one of a name is sent, too, and PHP-FPM takes the last.
  if (style === "snippet" && shape.snippet === true) lines.push("include snippets/fastcgi-php.conf;");
  else if (style === "conf")
    lines.push("include fastcgi.conf;", ...(shape.script === undefined ? [] : [line]));
  else if (style === "manual") lines.push(...MANUAL, line);
  else if (style === "server" && shape.script === undefined && site.entries.length === 0)
    site.lines.push(...(chance(0.5) ? ["include fastcgi.conf;"] : ["include fastcgi_params;", line]));
  else lines.push(pick(["include fastcgi_params;", "include /etc/nginx/fastcgi_params;"]), line);
  lines.push(...(shape.params ?? []));
}

function drawPass(host: HostDraft, site: SiteDraft, entry: Entry, { chance, pick }: Random): void {
  const { pool } = entry;
  const { lines } = inner(entry);
  const address = pick(pool.addresses);
  const kind = pick(["direct", "direct", "direct", "upstream", "upstream", "set", "map", "if"]);
  host.drawn.add(`pass: ${kind}`);
  if (kind === "upstream") {
    const name = `php_${pool.name.replaceAll("-", "_")}`;
    if (!host.upstreams.some((one) => one.name === name))
      host.upstreams.push(drawUpstream(host, pool, name, { chance, pick }));
    lines.push(`fastcgi_pass ${name};`);
    return;
  }
  // A name in a variable needs a resolver, which is a fault of its own.
  const plain = pool.addresses.find((one) => !one.includes("localhost"));
  if (plain === undefined || kind === "direct") {
    lines.push(`fastcgi_pass ${address};`);
    return;
  }
  const known = address.includes("localhost") ? plain : address;
  const variable = `$backend${host.maps.length}`;
  if (kind === "map") {
    host.maps.push(
      `map $host ${variable} {\n  default ${known};\n  ${site.name} ${known};\n  other.test ${pick([known, known, "127.0.0.1:1"])};\n}`,
    );
    lines.push(`fastcgi_pass ${variable};`);
    return;
  }
  const other = pick(pool.addresses.filter((one) => !one.includes("localhost")));
  const condition = kind === "if" ? [`if ($arg_other = yes) {\n  set $backend ${other};\n}`] : [];
  // After a `rewrite ... break` it would not be set.
  lines.unshift(`set $backend ${known};`, ...condition);
  lines.push("fastcgi_pass $backend;");
}

function drawUpstream(
  host: HostDraft,
  pool: PoolDraft,
  name: string,
  { chance, pick }: Pick<Random, "chance" | "pick">,
): { readonly name: string; readonly lines: string[] } {
  const options = pick(["", "", " max_fails=0", " weight=2", " max_fails=3 fail_timeout=5s"]);
  const lines = [`server ${pick(pool.addresses)}${options};`];
  const others = [
    `server ${pick(pool.addresses)} backup;`,
    "server 127.0.0.1:9999 down;",
    "server unix:/run/php/gone.sock backup;",
  ];
  if (chance(0.35)) lines.push(pick(others));
  if (chance(0.15)) {
    lines.push("keepalive 1;");
    if (!has(host.http, "fastcgi_keep_conn")) host.http.push("fastcgi_keep_conn on;");
    host.drawn.add("keepalive");
  }
  return { name, lines };
}
