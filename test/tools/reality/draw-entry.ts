import { type Entry, type HostDraft, has, inner, type PoolDraft, put, type SiteDraft } from "./draft.js";
import type { Random } from "./random.js";

interface Shape {
  readonly name: string;
  readonly uri: string;
  readonly blocks: readonly (readonly [head: string, ...lines: string[]])[];
  /** The script's path, where it does not follow from the URI in the ordinary ways. */
  readonly script?: string;
  /** A location beside it, without which it would not be reached. */
  readonly beside?: string;
  /** Debian's snippet brings a `try_files` of its own, which does not suit every location. */
  readonly snippet?: true;
}

const php = String.raw`location ~ \.php$`;
const SHAPES: readonly Shape[] = [
  { name: "suffix", uri: "/index.php", blocks: [[php]], snippet: true },
  { name: "suffix checked", uri: "/index.php", blocks: [[php, "try_files $uri =404;"]] },
  { name: "capitals", uri: "/index.php", blocks: [[String.raw`location ~* \.php$`]], snippet: true },
  {
    name: "path info",
    uri: "/index.php/some/path",
    blocks: [[String.raw`location ~ [^/]\.php(/|$)`, String.raw`fastcgi_split_path_info ^(.+?\.php)(/.*)$;`]],
    script: "$document_root$fastcgi_script_name",
  },
  {
    name: "nested",
    uri: "/index.php",
    blocks: [["location /", "try_files $uri $uri/ =404;"], [php]],
    snippet: true,
  },
  { name: "exact", uri: "/index.php", blocks: [["location = /index.php"]] },
  { name: "one script", uri: "/any/page", blocks: [["location /"]], script: "$document_root/index.php" },
  {
    name: "named",
    uri: "/any/page",
    blocks: [["location @php"]],
    script: "$document_root/index.php",
    beside: "location / {\n  try_files $uri/never.html @php;\n}",
  },
  {
    name: "front controller",
    uri: "/some/page",
    blocks: [[php]],
    beside: "location / {\n  try_files $uri $uri/ /index.php?$args;\n}",
  },
  { name: "anchored", uri: "/index.php", blocks: [[String.raw`location ~ ^/index\.php(/|$)`]] },
];
const SECOND: readonly Shape[] = [
  { name: "prefix", uri: "/app/index.php", blocks: [["location ^~ /app/"], [php]], snippet: true },
  {
    name: "alias",
    uri: "/tool/index.php",
    blocks: [["location /tool/", "alias /srv/tool/;"], [php]],
    script: "$request_filename",
  },
];

export function drawEntry(host: HostDraft, site: SiteDraft, pool: PoolDraft, random: Random): Entry {
  const { chance, pick } = random;
  const shape = pick(site.entries.length === 0 ? SHAPES : SECOND);
  const blocks = shape.blocks.map(([head, ...lines]) => ({ head, lines: [...lines] }));
  const entry: Entry = { uri: shape.uri, blocks, pool };
  host.drawn.add(`location: ${shape.name}`);
  if (shape.beside !== undefined) site.others.push(shape.beside);
  drawParameters(site, entry, shape, random);
  drawPass(host, site, entry, random);
  // Debian's snippet has one, and nginx refuses a second.
  const index = !inner(entry).lines.some((line) => line.includes("fastcgi-php.conf"));
  if (index && chance(0.15)) put(inner(entry).lines, "fastcgi_index index.php;");
  if (chance(0.1))
    put(inner(entry).lines, pick(["fastcgi_intercept_errors on;", "fastcgi_hide_header X-Powered-By;"]));
  return entry;
}

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

export const MANUAL: readonly string[] = [
  "fastcgi_param QUERY_STRING $query_string;",
  "fastcgi_param REQUEST_METHOD $request_method;",
  "fastcgi_param CONTENT_TYPE $content_type;",
  "fastcgi_param CONTENT_LENGTH $content_length;",
  "fastcgi_param SCRIPT_NAME $fastcgi_script_name;",
  "fastcgi_param REQUEST_URI $request_uri;",
  "fastcgi_param DOCUMENT_ROOT $document_root;",
  "fastcgi_param SERVER_PROTOCOL $server_protocol;",
  "fastcgi_param REMOTE_ADDR $remote_addr;",
];

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
}

function drawPass(host: HostDraft, site: SiteDraft, entry: Entry, { chance, pick }: Random): void {
  const { pool } = entry;
  const { lines } = inner(entry);
  const address = pick(pool.addresses);
  const kind = pick(["direct", "direct", "direct", "upstream", "upstream", "set", "map"]);
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
  } else lines.push(`set $backend ${known};`, "fastcgi_pass $backend;");
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
