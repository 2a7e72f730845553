import { type Entry, type HostDraft, has, inner, type PoolDraft, put, type SiteDraft } from "./draft.js";
import { atSomeLevel, drawEntry, drawPage } from "./draw-entry.js";
import { drawPool } from "./draw-pool.js";
import { putFaults } from "./faults.js";
import { type Random, random } from "./random.js";

/** Draws the host of one case. Every third has no fault, the others one to three. */
export function drawCase(seed: number, number: number): HostDraft {
  const chance = random(seed, number);
  const host = drawHost(chance);
  putFaults(host, chance);
  return host;
}

function drawHost(draw: Random): HostDraft {
  const { int, chance, pick } = draw;
  const host: HostDraft = {
    user: pick(["www-data", "www-data", "www-data www-data", "nobody nogroup", "daemon", null]),
    main: [pick(["worker_processes 1;", "worker_processes 1;", "worker_processes 2;"])],
    http: [],
    upstreams: [],
    maps: [],
    sites: [],
    pools: [],
    global: [],
    ini: null,
    files: new Map(),
    links: new Map(),
    drawn: new Set(),
    faults: [],
  };
  host.drawn.add(`user: ${host.user ?? "none"}`);
  drawIni(host, draw);
  if (chance(0.3))
    host.global.push(pick(["process_control_timeout = 10s", "log_level = notice", "process.max = 64"]));
  const pools = int(1, 3);
  for (let number = 1; number <= pools; number += 1) {
    const pool = drawPool(host, draw, number);
    host.pools.push(pool);
    drawLimits(pool, draw);
  }
  const sites = int(1, 4);
  for (let number = 1; number <= sites; number += 1) {
    const site = drawSite(host, draw, number);
    host.sites.push(site);
    if (site.port !== 0 && chance(0.15)) site.entries.push(drawPage(host, site, draw.pick(open(host)), draw));
  }
  if (chance(0.3)) host.http.push(...drawEnvironment(draw));
  if (host.pools.some(({ version }) => version !== "8.2")) host.drawn.add("two masters");
  return host;
}

function drawIni(host: HostDraft, { chance, pick }: Random): void {
  if (chance(0.2)) return;
  host.ini = ["display_errors = Off", "log_errors = On", "html_errors = Off"];
  if (chance(0.5)) host.ini.push(`memory_limit = ${pick(["128M", "256M", "-1", "64M"])}`);
  if (chance(0.4)) host.ini.push(`post_max_size = ${pick(["8M", "1M", "0", "10M", "64M", "512K"])}`);
  if (chance(0.4)) host.ini.push(`max_execution_time = ${pick(["30", "0", "60", "5"])}`);
  host.drawn.add("php.ini");
}

/** The pool's limits on time and size, which the locations then suit. */
function drawLimits(pool: PoolDraft, { chance, pick }: Random): void {
  if (chance(0.6))
    pool.lines.push(
      `request_terminate_timeout = ${pick(["60s", "60", "1m", "10", "6s", "2", "1s", "0", "2s"])}`,
    );
  if (chance(0.25)) {
    const size = pick(["8M", "1M", "16M", "0", "512K", "2M"]);
    pool.lines.push(`${pick(["php_value", "php_admin_value"])}[post_max_size] = ${size}`);
  }
  if (chance(0.1)) pool.lines.push("request_slowlog_timeout = 1s", "slowlog = /var/log/php-fpm/slow.log");
}

const LISTENS: readonly ((number: number) => string)[] = [
  () => "80",
  () => "80",
  (number) => `${8080 + number}`,
  (number) => `127.0.0.1:${8080 + number}`,
  (number) => `*:${8080 + number}`,
  (number) => `[::1]:${8080 + number}`,
];

const NAMES: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name,
  (name) => `${name} www.${name}`,
  (name) => `www.${name} ${name}`,
  (name) => `.${name}`,
  (name) => `${name.replace(".test", "")}.*`,
  (name) => `~^(www\\.)?${name.replace(".", "\\.")}$`,
];

/** The pools that any site may use. */
function open(host: HostDraft): readonly PoolDraft[] {
  const free = host.pools.filter(({ walled }) => !walled);
  return free.length > 0 ? free : host.pools;
}

function drawSite(host: HostDraft, draw: Random, number: number): SiteDraft {
  const { chance, pick } = draw;
  // Only a server in front knows a socket.
  const inFront = chance(0.2);
  const socket = inFront && chance(0.25);
  const listen = socket ? `unix:/run/nginx-site${number}.sock` : pick(LISTENS)(number);
  const root = pick([`/srv/site${number}/public`, `/var/www/site${number}`, `/home/site${number}/htdocs`]);
  const name = `site${number}.test`;
  const site: SiteDraft = {
    name,
    serverName: pick(NAMES)(name),
    listen,
    port: socket ? 0 : Number(/\d+$/.exec(listen)?.[0]),
    root,
    directory: root,
    lines: [],
    others: [],
    hops: [],
    entries: [],
  };
  const front = inFront ? drawFront(host, site, draw, number) : null;
  if (front !== null) host.sites.push(front);
  if (chance(0.5)) site.lines.push("index index.php index.html;");
  const entries = chance(0.3) ? 2 : 1;
  for (let at = 0; at < entries; at += 1) {
    const entry = drawEntry(host, site, pick(open(host)), front, draw);
    drawTimes(host, site, entry, draw);
    drawSizes(host, site, entry, draw);
    drawBuffers(host, site, entry, draw);
  }
  if (chance(0.3)) site.others.push(pick(OTHERS));
  if (chance(0.2)) drawErrorPage(site, draw);
  return site;
}

/** A server that passes everything on to the site, with limits as wide as any of the site's. */
function drawFront(host: HostDraft, site: SiteDraft, { chance, pick }: Random, number: number): SiteDraft {
  const { listen, port } = site;
  const address = port === 0 ? `${listen}:` : `${listen.startsWith("[") ? "[::1]" : "127.0.0.1"}:${port}`;
  const group = port !== 0 && chance(0.3);
  if (group) host.upstreams.push({ name: `inner${number}`, lines: [`server ${address};`] });
  const lines = [
    `proxy_pass http://${group ? `inner${number}` : address};`,
    `proxy_set_header Host ${pick(["$host", "$http_host"])};`,
    ...(chance(0.5) ? ["proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"] : []),
    ...(chance(0.3) ? ["proxy_http_version 1.1;", 'proxy_set_header Connection "";'] : []),
    "proxy_buffer_size 16k;",
    "proxy_buffers 8 16k;",
    `client_max_body_size ${pick(["0", "64m", "100m"])};`,
    ...(chance(0.5) ? [`proxy_read_timeout ${pick(["60s", "75", "2m"])};`] : []),
  ];
  host.drawn.add(port === 0 ? "hop to a socket" : "hop to a port");
  const out = 8180 + number;
  return {
    name: site.name,
    serverName: site.serverName,
    listen: pick([`${out}`, `127.0.0.1:${out}`]),
    port: out,
    root: "",
    directory: "",
    lines: [],
    others: [],
    hops: [{ head: "location /", lines }],
    entries: [],
  };
}

/** Pages for errors that no request here should meet. */
function drawErrorPage(site: SiteDraft, { pick }: Random): void {
  // A second one for the same status never counts.
  if (site.others.some((one) => one.includes("error_page"))) return;
  site.lines.push(pick(["error_page 404 /404.html;", "error_page 500 502 504 /50x.html;"]));
  site.others.push("location = /50x.html {\n  internal;\n}");
}

/** What many hosts have in `http` besides. */
function drawEnvironment({ pick }: Random): readonly string[] {
  return pick([
    ["sendfile on;", "tcp_nopush on;"],
    ["gzip on;"],
    ["server_tokens off;", "log_not_found off;"],
    ["real_ip_header X-Real-IP;"],
  ]);
}

const OTHERS = [
  "location /static/ {\n  expires 30d;\n}",
  "location = /favicon.ico {\n  access_log off;\n}",
  "location ~ /\\.ht {\n  deny all;\n}",
  "location ^~ /files/ {\n  try_files $uri =404;\n}",
  "location ~ /\\. {\n  return 404;\n}",
  "location ~* \\.(?:css|js|png)$ {\n  expires 30d;\n}",
  "location = /old {\n  return 301 /new;\n}",
  "location ^~ /private/ {\n  internal;\n}",
];

/** nginx's patience that suits the pool's limit: no longer than it, and no shorter than two thirds. */
const READS: Readonly<Record<string, readonly string[]>> = {
  "0": ["", "", "60s", "10s", "6s"],
  "1": ["1s", "1"],
  "2": ["2s", "2"],
  "6": ["6s", "5s"],
  "10": ["10s", "8"],
  "60": ["", "60s", "1m", "45s"],
};

function drawTimes(host: HostDraft, site: SiteDraft, entry: Entry, draw: Random): void {
  const line = entry.pool.lines.findLast((one) => one.startsWith("request_terminate_timeout"));
  const limit = /= (\d+)(m?)/.exec(line ?? "= 0");
  const seconds = Number(limit?.[1]) * (limit?.[2] === "m" ? 60 : 1);
  const read = draw.pick(READS[seconds] ?? [""]);
  if (read !== "") atSomeLevel(host, site, entry, `fastcgi_read_timeout ${read};`, draw);
  // What another site has set further out counts here as well.
  else if (has(host.http, "fastcgi_read_timeout") || has(site.lines, "fastcgi_read_timeout"))
    put(inner(entry).lines, "fastcgi_read_timeout 60s;");
}

function postLimit(host: HostDraft, pool: PoolDraft): string {
  const own = pool.lines.find((line) => line.includes("[post_max_size]"));
  const ini = host.ini?.find((line) => line.startsWith("post_max_size"));
  return (own ?? ini ?? "= 8M").replace(/^.*= /, "");
}

function drawSizes(host: HostDraft, site: SiteDraft, entry: Entry, draw: Random): void {
  const post = postLimit(host, entry.pool);
  if (draw.chance(0.75)) atSomeLevel(host, site, entry, `client_max_body_size ${post.toLowerCase()};`, draw);
}

const BUFFERS: readonly (readonly string[])[] = [
  ["fastcgi_buffer_size 16k;", "fastcgi_buffers 8 16k;"],
  ["fastcgi_buffer_size 8k;"],
  ["fastcgi_buffer_size 32k;", "fastcgi_buffers 16 16k;", "fastcgi_busy_buffers_size 32k;"],
  ["fastcgi_buffers 16 8k;"],
  ["fastcgi_buffers 4 256k;", "fastcgi_buffer_size 128k;"],
  ["fastcgi_buffers 256 4k;"],
];

function drawBuffers(host: HostDraft, site: SiteDraft, entry: Entry, draw: Random): void {
  if (draw.chance(0.5)) return;
  const set = draw.pick(BUFFERS);
  const level = draw.pick([inner(entry).lines, inner(entry).lines, site.lines, host.http]);
  // Sizes go together: two halves of two sets are mostly refused, and that is a fault.
  const free = !level.some((line) => line.startsWith("fastcgi_bu"));
  if (free) level.push(...set);
  host.drawn.add("buffers");
}
