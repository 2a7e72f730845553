import { type Entry, type HostDraft, has, inner, type PoolDraft, put, type SiteDraft } from "./draft.js";
import { atSomeLevel, drawEntry } from "./draw-entry.js";
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
  const sites = int(1, 3);
  for (let number = 1; number <= sites; number += 1) host.sites.push(drawSite(host, draw, number));
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

function drawSite(host: HostDraft, draw: Random, number: number): SiteDraft {
  const { chance, pick } = draw;
  const listen = pick(LISTENS)(number);
  const root = pick([`/srv/site${number}/public`, `/var/www/site${number}`, `/home/site${number}/htdocs`]);
  const site: SiteDraft = {
    name: `site${number}.test`,
    listen,
    port: Number(/\d+$/.exec(listen)?.[0]),
    root,
    directory: root,
    lines: [],
    others: [],
    entries: [],
  };
  if (chance(0.5)) site.lines.push("index index.php index.html;");
  const entries = chance(0.2) ? 2 : 1;
  for (let at = 0; at < entries; at += 1) {
    const entry = drawEntry(host, site, pick(host.pools), draw);
    site.entries.push(entry);
    drawTimes(host, site, entry, draw);
    drawSizes(host, site, entry, draw);
    drawBuffers(host, site, entry, draw);
  }
  if (chance(0.3)) site.others.push(pick(OTHERS));
  return site;
}

const OTHERS = [
  "location /static/ {\n  expires 30d;\n}",
  "location = /favicon.ico {\n  access_log off;\n}",
  "location ~ /\\.ht {\n  deny all;\n}",
  "location ^~ /files/ {\n  try_files $uri =404;\n}",
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
