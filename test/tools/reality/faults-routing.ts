import { drop, type Entry, type HostDraft, has, inner, put, type SiteDraft } from "./draft.js";
import { askedLocation } from "./draw-entry.js";
import type { Fault } from "./faults-nginx.js";

/** What may be wrong with the way of a request: which location, which script, with what of the request. */

/** Changes the last argument of the `try_files` that leads to the entry's script. */
function fallback(site: SiteDraft, entry: Entry, change: (tried: string, last: string) => string): boolean {
  const lists = [site.others, site.lines, ...entry.blocks.map(({ lines }) => lines)];
  const pattern = /try_files ([^;]*) (\/[^; ]*index\.php\S*);/;
  for (const lines of lists) {
    const at = lines.findIndex((text) => pattern.test(text));
    if (at === -1) continue;
    lines[at] = (lines[at] ?? "").replace(pattern, (_, tried: string, last: string) => change(tried, last));
    return true;
  }
  return false;
}

/** The parameters of the entry, with one that replaces what they say. */
const override = (lines: readonly string[]): Fault => {
  return (_host, _site, entry, { pick }) => {
    const faults = lines.filter((line) => !isMeant(entry, line));
    if (entry.page !== null || faults.length === 0) return false;
    inner(entry).lines.push(`fastcgi_param ${pick(faults)};`);
    return true;
  };
};

/**
 * Whether somebody who writes a constant there means it: for one address, and as the query of one script in a
 * location of its own.
 */
function isMeant(entry: Entry, line: string): boolean {
  const { head, lines } = inner(entry);
  if (line.includes("$")) return false;
  if (head.startsWith("location = ")) return !head.endsWith("/index.php");
  const script = lines.findLast((one) => one.startsWith("fastcgi_param SCRIPT_FILENAME")) ?? "$";
  const fixed = !script.replace("$document_root", "").includes("$");
  return fixed && line === "QUERY_STRING q=1" && head !== "location /" && !head.startsWith("location @");
}

function rename(entry: Entry, from: RegExp, to: string): boolean {
  const block = inner(entry);
  if (!from.test(block.head)) return false;
  block.head = block.head.replace(from, to);
  return true;
}

const NOBODY = "unix:/run/php/nobody.sock";

export const routingFaults: Readonly<Record<string, Fault>> = {
  "a script in the middle": (_host, site, entry) =>
    fallback(site, entry, (tried, last) => `try_files ${tried} ${last.replace(/[?$].*$/, "")} =404;`),
  "a fallback without slash": (_host, site, entry, { pick }) =>
    fallback(site, entry, (tried) => `try_files ${tried} ${pick(["index.php", "index.php?$args"])};`),
  "a fallback without the query": (_host, site, entry) =>
    fallback(site, entry, (tried, last) => `try_files ${tried} ${last.replace(/[?$].*$/, "")};`),
  "a page for what is missing": (_host, site, entry, { pick }) =>
    fallback(site, entry, (_tried, last) => {
      const page = last.replace(/[?$].*$/, "");
      return `error_page 404 ${pick(["= ", "=200 "])}${page};`;
    }),
  "a fallback that nothing takes": (_host, site, entry) =>
    inner(entry).head.endsWith(String.raw`\.php$`) &&
    fallback(site, entry, (tried, last) => `try_files ${tried} ${last.replace(/[?$].*$/, "")}$uri;`),
  "a fallback to nowhere": (_host, site, entry) =>
    fallback(site, entry, (tried) => `try_files ${tried} @nowhere;`),
  "rewritten in a circle": (_host, site, entry) => {
    const at = site.others.findIndex((text) => text.startsWith("location / {") && !text.includes("if ("));
    if (at === -1 || entry.uri.includes(".php")) return false;
    site.others[at] = "location / {\n  rewrite ^/(.*)$ /some/$1 last;\n}";
    return true;
  },
  "rewritten and sent": (_host, site, entry) => {
    if (entry.uri !== "/some/page" || entry.blocks.some(({ head }) => head === "location /some/"))
      return false;
    site.others.push("location ^~ /some/ {\n  rewrite ^ /index.php break;\n}");
    return true;
  },
  // A script of its own URL is then a plain file, of which nobody says that it is one.
  "another ending": (_host, _site, entry, { pick }) =>
    entry.blocks.length === 1 &&
    !/\.php|^\/$|^\/tool|^\/news/.test(entry.uri) &&
    rename(entry, /\\\.php\$$/, pick([String.raw`\.php5$`, String.raw`\.phtml$`])),
  "a location inside": (_host, _site, entry) => {
    if (!/^location ~\*? \\\.php\$$/.test(inner(entry).head)) return false;
    inner(entry).lines.push("location ~ /index\\.php$ {\n  add_header X-Frame-Options DENY;\n}");
    return true;
  },
  "scripts beside": (_host, site, entry) => {
    if (!/^\/\w+\/index\.php$/.test(entry.uri) || entry.blocks.length > 1 || has(inner(entry).lines, "alias"))
      return false;
    site.others.push(`location ^~ ${entry.uri.replace("index.php", "")} {\n  expires 1d;\n}`);
    return true;
  },
  "a form's parameter replaced": override([
    'CONTENT_LENGTH ""',
    "CONTENT_LENGTH 0",
    'CONTENT_TYPE ""',
    "CONTENT_TYPE text/plain",
    "REQUEST_METHOD GET",
  ]),
  "the query replaced": override(['QUERY_STRING ""', "QUERY_STRING q=1", "QUERY_STRING ?$args"]),
  "path info refused": (_host, _site, entry) => {
    if (!entry.uri.includes(".php/")) return false;
    drop(inner(entry).lines, "fastcgi_split_path_info");
    entry.pool.lines.push("php_admin_value[cgi.fix_pathinfo] = 0");
    return true;
  },
  "path info that never comes": (_host, _site, entry) => {
    if (!entry.uri.includes(".php/")) return false;
    put(inner(entry).lines, String.raw`fastcgi_split_path_info ^(.+\.php)(/.+)$;`);
    inner(entry).lines.push("fastcgi_param PATH_INFO $fastcgi_path_info;");
    inner(entry).head = String.raw`location ~ \.php$`;
    return true;
  },
  "no path info taken off": (_host, _site, entry) => {
    if (!entry.uri.includes(".php")) return false;
    entry.pool.lines.push("php_admin_value[cgi.fix_pathinfo] = 0");
    return true;
  },
  "no index of a directory": (_host, _site, entry) => {
    if (entry.shape !== "everything") return false;
    drop(inner(entry).lines, "fastcgi_index");
    return true;
  },
  "a variable without a default": (host, site, entry, { pick }) => {
    const address = entry.pool.addresses.find((one) => !one.includes("localhost"));
    if (address === undefined) return false;
    const name = pick([site.name, "other.test"]);
    host.maps.push(`map $host $site${host.maps.length} {\n  ${name} ${address};\n}`);
    put(inner(entry).lines, `fastcgi_pass $site${host.maps.length - 1};`);
    return true;
  },
  "a variable for some": (_host, _site, entry) => {
    const address = entry.pool.addresses.find((one) => !one.includes("localhost"));
    if (address === undefined) return false;
    const { lines } = inner(entry);
    drop(lines, "set");
    drop(lines, "if");
    lines.unshift(`if ($arg_other = yes) {\n  set $backend ${address};\n}`);
    put(lines, "fastcgi_pass $backend;");
    return true;
  },
  "a variable set too late": (_host, _site, entry) => {
    const { lines } = inner(entry);
    const address = entry.pool.addresses.find((one) => !one.includes("localhost"));
    if (!has(lines, "rewrite") || address === undefined) return false;
    drop(lines, "set");
    drop(lines, "if");
    lines.push(`set $backend ${address};`);
    put(lines, "fastcgi_pass $backend;");
    return true;
  },
  "bound to an address": (_host, _site, entry) => {
    put(inner(entry).lines, "fastcgi_bind 127.0.0.1;");
    return true;
  },
  "asks a dead pool": (_host, site, entry) => {
    if (has(inner(entry).lines, "auth_request") || entry.page !== null) return false;
    if (site.others.some((text) => text.startsWith("location = /asked"))) return false;
    inner(entry).lines.push("auth_request /asked;");
    site.others.push(askedLocation(NOBODY, site.root));
    return true;
  },
  "errors replaced": (_host, site, entry, { pick }) => {
    if (entry.page !== null) return false;
    put(inner(entry).lines, "fastcgi_intercept_errors on;");
    if (!has(site.lines, "error_page"))
      site.lines.push(pick(["error_page 404 /404.html;", "error_page 403 404 /404.html;"]));
    return true;
  },
  "a wall around another site": (host, _site, entry, { pick }) => {
    const list = pick(["/srv/elsewhere:/tmp", "/var/www/other/:/tmp/", "/tmp"]);
    const key = pick(["php_admin_value", "php_value", "php.ini"]);
    if (key === "php.ini") host.ini = [...(host.ini ?? []), `open_basedir = ${list}`];
    else entry.pool.lines.push(`${key}[open_basedir] = ${list}`);
    return true;
  },
  "a wall around this site": (_host, site, entry, { pick }) => {
    const list = pick([
      `${site.root}:/tmp`,
      `${site.root}/:/srv/tool/:/tmp`,
      "/srv:/var/www:/home:/tmp",
      "/",
    ]);
    entry.pool.lines.push(`php_admin_value[open_basedir] = ${list}`);
    return true;
  },
  "a wall from nginx": (host, _site, entry, { pick }) => {
    if (users(host, entry) > 1) return false;
    const name = pick(["PHP_VALUE", "PHP_ADMIN_VALUE"]);
    inner(entry).lines.push(
      `fastcgi_param ${name} "open_basedir=${pick(["$document_root:/tmp", "/srv/elsewhere:/tmp"])}";`,
    );
    return true;
  },
  "another doc_root": (host, site, entry, { pick }) => {
    const alone = users(host, entry) === 1 && entry.uri.startsWith("/index.php");
    const directory = alone ? pick(["/srv/elsewhere", site.root]) : "/srv/elsewhere";
    if (alone || pick([true, false])) entry.pool.lines.push(`php_admin_value[doc_root] = ${directory}`);
    else host.ini = [...(host.ini ?? []), `doc_root = ${directory}`];
    return true;
  },
  "a pool in the chroot of another site": (host, _site, entry) => {
    const other = host.pools.find((one) => one.walled && one !== entry.pool);
    const address = other?.addresses.find((one) => !one.includes("localhost"));
    if (other === undefined || address === undefined || entry.page !== null || entry.pool.walled)
      return false;
    for (const name of ["set", "if"]) drop(inner(entry).lines, name);
    put(inner(entry).lines, `fastcgi_pass ${address};`);
    entry.pool = other;
    return true;
  },
  "extensions from nginx": (host, _site, entry) => {
    if (users(host, entry) > 1) return false;
    inner(entry).lines.push('fastcgi_param PHP_ADMIN_VALUE "security.limit_extensions=.php5";');
    return true;
  },
  "less in front": (_host, _site, entry, { pick }) => {
    const lines = entry.front?.hops[0]?.lines;
    if (lines === undefined) return false;
    const name = pick(["client_max_body_size", "proxy_read_timeout", "proxy_buffer"]);
    drop(lines, name);
    if (name === "client_max_body_size") lines.push(...pick([[], ["client_max_body_size 512k;"]]));
    else if (name === "proxy_read_timeout") lines.push("proxy_read_timeout 2s;");
    else for (const one of ["proxy_buffer_size", "proxy_buffers"]) drop(lines, one);
    return true;
  },
  "another page": (_host, _site, entry) => {
    if (entry.page === null) return false;
    put(entry.pool.lines, `${entry.page === "ping" ? "ping.path" : "pm.status_path"} = /other`);
    return true;
  },
  "a page that is no file": (_host, _site, entry, { pick }) => {
    if (entry.page === null) return false;
    inner(entry).lines.push(pick(["try_files $uri =404;", "try_files $fastcgi_script_name =404;"]));
    return true;
  },
  "a page of nobody": (_host, _site, entry) => {
    if (entry.page === null) return false;
    drop(entry.pool.lines, "pm.status_path");
    drop(entry.pool.lines, "ping.path");
    return true;
  },
};

/** How many entries have the entry's pool. */
function users(host: HostDraft, { pool }: Entry): number {
  return host.sites.flatMap(({ entries }) => entries).filter((one) => one.pool === pool).length;
}
