import type { Random } from "../reality/random.js";
import { PARAMETERS, parameters, SPLITS, TO_SCRIPT, TRIED } from "./parts.js";

/** Random servers, docroots and requests, of the shapes that people write. */

export interface Drawn {
  /** Each on an address of its own. */
  readonly sites: readonly Site[];
  /** Directives of `http`: maps. */
  readonly http: string;
  /** Path below the top, without its contents; with a slash at its end a directory. */
  readonly files: readonly string[];
}

export interface Site {
  readonly address: string;
  /** One or several servers. */
  readonly text: string;
}

export interface DrawnRequest {
  readonly site: number;
  readonly method: string;
  readonly target: string;
  readonly host: string | null;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1";
  readonly headers: readonly (readonly [string, string])[];
  readonly body: number | null;
}

export interface Surroundings {
  readonly top: string;
  readonly sockets: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  /** A server that is reached by hops alone. */
  readonly inner: readonly string[];
}

const ROOTS = ["root0", "root1", "root2"];
const NAMES = [
  "index.php",
  "index.html",
  "x.php",
  "y.txt",
  "z.html",
  "404.html",
  "page.php",
  "img.png",
  "sp ace.txt",
  "noext",
  "x.phtml",
];
const DIRECTORIES = ["", "a/", "b/", "a/b/", "c/", "app/", "old/"];

function drawFiles(r: Random): readonly string[] {
  const found: string[] = [];
  for (const root of ROOTS) {
    found.push(`${root}/`);
    for (const directory of DIRECTORIES) {
      if (directory !== "" && r.chance(0.35)) continue;
      found.push(`${root}/${directory}`);
      for (const name of NAMES)
        if (r.chance(directory === "" ? 0.75 : 0.4)) found.push(`${root}/${directory}${name}`);
    }
    if (r.chance(0.3)) found.push(`${root}/dir.php/`, `${root}/dir.php/index.php`);
  }
  return found;
}

const stock = (lines: readonly string[]): string => parameters(lines).join(" ");

interface Draw {
  readonly r: Random;
  readonly around: Surroundings;
  /** For names of locations and sets that must not be given twice. */
  readonly taken: Set<string>;
  /** Whether named locations @php and @other are there. */
  readonly named: boolean;
  readonly site: number;
}

function pass(d: Draw): string {
  const { r, around } = d;
  const pool = r.chance(0.7) ? "usual" : r.pick(["plain", "walled", "anything", "rooted"]);
  if (r.chance(0.06)) return `set $pool ${pool}; fastcgi_pass unix:${around.top}/$pool.sock;`;
  if (r.chance(0.06)) return `fastcgi_pass group_${pool};`;
  return `fastcgi_pass unix:${around.sockets[pool]};`;
}

function params(d: Draw): string {
  const { r } = d;
  const lines = PARAMETERS.filter(() => !r.chance(0.015));
  const script = r.chance(0.7)
    ? "$document_root$fastcgi_script_name"
    : r.pick([
        "$request_filename",
        "$realpath_root$fastcgi_script_name",
        "$document_root/index.php",
        `${d.around.top}/root0$fastcgi_script_name`,
        "$document_root$uri",
        "$fastcgi_script_name",
        "$document_root/$fastcgi_script_name",
        "$document_root",
      ]);
  const more = [`SCRIPT_FILENAME ${script}`];
  if (r.chance(0.35))
    more.push(
      r.pick([
        "PATH_INFO $fastcgi_path_info",
        "PATH_INFO $fastcgi_path_info",
        "PATH_INFO $path_info",
        "PATH_INFO $uri",
      ]),
    );
  if (r.chance(0.12))
    more.push(
      `PATH_TRANSLATED ${r.pick(["$document_root$fastcgi_path_info", "$document_root$fastcgi_script_name"])}`,
    );
  if (r.chance(0.12))
    more.push(
      r.pick([
        'HTTP_PROXY ""',
        "HTTP_X_TEST fixed",
        "HTTP_HOST $host",
        'HTTP_X_TEST ""',
        "X_VAR $v",
        "X_CAP $1",
        "X_MAP $m",
        "X_MT $mt",
        "X_SEC $sec",
        "X_ARG $arg_a if_not_empty",
        "SCRIPT_NAME /index.php",
        "QUERY_STRING q=$uri&$args",
        "X_ALL $v:$w:$request_uri:$is_args$args",
        "X_MHOST $mh",
        "REQUEST_METHOD GET",
        "CONTENT_LENGTH 0",
      ]),
    );
  if (r.chance(0.3))
    more.push(
      r.pick([
        "X_VAR $v",
        "X_CAP $1-$2",
        "X_MAP $m",
        "X_MT $mt",
        "X_SEC $sec",
        "X_MHOST $mh-$hostcap",
        "X_COOKIE $cookie_c",
        "X_HEAD $http_x_test",
        "X_RF $request_filename",
        "X_LOC $document_root|$realpath_root",
      ]),
    );
  const order = r.chance(0.5) ? [...lines, ...more] : [...more, ...lines];
  return stock(order);
}

function split(d: Draw): string {
  const { r } = d;
  if (!r.chance(0.4)) return "";
  return `fastcgi_split_path_info ${r.pick([...SPLITS, "^(/a)(/.*)$", "^/(.+\\.php)()$"])}; `;
}

function phpBody(d: Draw): string {
  const { r } = d;
  const parts: string[] = [split(d)];
  if (r.chance(0.2)) parts.push("set $path_info $fastcgi_path_info;");
  if (r.chance(0.3))
    parts.push(
      r.pick([
        "try_files $uri =404;",
        "try_files $fastcgi_script_name =404;",
        "try_files $uri /index.php;",
        "try_files $uri $uri/ =404;",
        "try_files $document_uri =404;",
      ]),
    );
  if (r.chance(0.25)) parts.push("fastcgi_index index.php;");
  if (r.chance(0.15)) parts.push("fastcgi_intercept_errors on;");
  if (r.chance(0.1)) parts.push(errorPage(d));
  if (r.chance(0.1)) parts.push(code(d, true));
  if (r.chance(0.06))
    parts.push(
      r.pick([
        "limit_except GET { deny all; }",
        "limit_except GET POST { deny all; }",
        "limit_except POST { allow 127.0.0.1; deny all; }",
      ]),
    );
  if (r.chance(0.05)) parts.push("internal;");
  if (r.chance(0.05)) parts.push("fastcgi_pass_request_body off;", "fastcgi_pass_request_headers off;");
  parts.push(r.chance(0.93) ? params(d) : "");
  parts.push(pass(d));
  return parts.join(" ");
}

function tryFiles(d: Draw): string {
  const { r, named } = d;
  const first = r.pick([...TRIED, "$uri/", "/y.txt", "$request_uri", "/$1 $uri", "$v $uri"]);
  const last = r.pick([
    ...TO_SCRIPT,
    "/index.php",
    "=404",
    "=404",
    "=403",
    "/404.html",
    "/a/index.php?$query_string",
    "index.php",
    "/index.html",
    "$uri/index.php",
    "=204",
    ...(named ? ["@php", "@php", "@other"] : ["@nowhere"]),
  ]);
  return `try_files ${first} ${last};`;
}

function errorPage(d: Draw): string {
  const { r, named } = d;
  const codes = r.pick([
    "404",
    "404",
    "403",
    "404 403",
    "405",
    "500 502 503",
    "413",
    "401",
    "301",
    "302",
    "400",
    "404 405 403 500",
  ]);
  const how = r.pick(["", "", "", "=", "=200 ", "=404 ", "=301 ", "=410 "]);
  const target = r.pick([
    "/404.html",
    "/index.php",
    "/index.php?e=$uri",
    "/x.php?e=1",
    "/nothing",
    "http://example.com/gone",
    "/y.txt",
    "https://example.com$request_uri",
    "/a/404.html",
    "/404.html?x=1",
    ...(named ? ["@php", "@other", "@other"] : []),
  ]);
  return `error_page ${codes} ${how === "" ? "" : `${how.trim()} `}${target};`;
}

const REWRITES = [
  "rewrite ^/old/(.*)$ /a/$1 last;",
  "rewrite ^/(.*)$ /index.php?q=$1 last;",
  "rewrite ^ /index.php break;",
  "rewrite ^/r/(.*) http://example.com/$1 permanent;",
  "rewrite ^/p/(.*)$ /q/$1? redirect;",
  "rewrite ^/loop(.*)$ /loop$1 last;",
  "rewrite ^/([^/]+)/(.*)$ /$2 break;",
  "rewrite ^/b/(.*)$ /a/$1;",
  "rewrite ^/x/(\\w+)$ /x.php?a=$arg_a&p=$1? last;",
  "rewrite ^(.+)/$ $1 permanent;",
  "rewrite ^/c(/.*)?$ /a$1 break;",
  "rewrite (?i)^/UP/(.*)$ /$1 last;",
  "rewrite ^/old$ /a/;",
  "rewrite ^/app/(.*)$ /index.php/$1 last;",
  "rewrite ^/app/(.*)$ /a/x.php?$1=2 break;",
  "rewrite ^/(?<sec>[a-c])/(.*)$ /$2?s=$sec last;",
  "rewrite /(\\w+)\\.html$ /$1.php last;",
  "rewrite ^/old/(.*)$ $scheme://$host/new/$1;",
  "rewrite ^/sp/(.*)$ /to/$1 redirect;",
  "rewrite ^(.*)$ $1;",
  "rewrite ^/nope /x.php last;",
  "rewrite ^/a/(.*)$ /old/$1 last;",
];

const IFS = [
  "if ($request_method = POST) { return 405; }",
  "if (!-e $request_filename) { rewrite ^(.*)$ /index.php?u=$1 last; }",
  "if ($http_x_test) { set $v test; }",
  'if ($arg_a = "1") { return 403; }',
  "if ($uri ~ ^/a/(.*)$) { set $v $1; }",
  "if (-d $request_filename) { set $w dir; }",
  "if ($host ~* ^www\\.(.*)$) { return 301 $scheme://$1$request_uri; }",
  "if ($m = yes) { set $v mapped; }",
  "if ($args ~ b=(\\d+)) { set $w $1; }",
  "if ($http_x_test = go) { rewrite ^ /x.php last; }",
  "if (!-f $request_filename) { return 404; }",
  'if ($request_uri ~* "/{2,}") { return 400; }',
  "if ($mt) { return 418 teapot; }",
  "if (-f $document_root/y.txt) { set $v ytxt; }",
  "if ($request_method !~ ^(GET|HEAD|POST)$) { return 444; }",
  "if ($uri !~ \\.php) { set $w nophp; }",
  'if ($w != "") { set $v "$v+$w"; }',
  "if ($http_user_agent ~ bot) { return 403; }",
  'if (!-d $request_filename) { set $v "$v/nd"; }',
  'if ($query_string) { set $args "$args&set=1"; }',
  "if ($arg_b) { break; }",
  "if (-e $request_filename) { break; }",
  "if ($v = mapped) { return 302 /a/; }",
  "if (-f $request_filename/index.html) { rewrite (.*) $1/index.html break; }",
  "if ($cookie_c ~ (\\w+)) { set $w $1; }",
];

function code(d: Draw, inLocation: boolean): string {
  const { r } = d;
  const lines: string[] = [];
  const many = r.int(1, 3);
  for (let at = 0; at < many; at += 1) {
    const kind = r.int(0, 9);
    if (kind < 4)
      lines.push(
        inLocation && r.chance(0.4)
          ? r.pick([
              "rewrite ^/old/(.*)$ /a/$1 last;",
              "rewrite ^/b/(.*)$ /a/$1 break;",
              "rewrite ^/(\\w+)$ /$1.php last;",
              "rewrite ^/app/(.*)$ /index.php?p=$1 last;",
            ])
          : r.pick(REWRITES),
      );
    else if (kind < 7) lines.push(r.pick(IFS));
    else if (kind < 9)
      lines.push(
        r.pick([
          "set $v $uri;",
          'set $w "$v-$args";',
          "set $v $1;",
          'set $args "z=1&$args";',
          "set $v $m;",
          "set $w $mt$v;",
          'set $v "";',
          "set $path_info $fastcgi_path_info;",
        ]),
      );
    else lines.push("break;");
  }
  if (inLocation && r.chance(0.08)) {
    lines.push(
      r.chance(0.5)
        ? `if ($http_x_test) { fastcgi_pass unix:${d.around.sockets.anything}; }`
        : "if ($http_x_test) { add_header X-T 1; }",
    );
  }
  return lines.join(" ");
}

function returned(r: Random): string {
  return r.pick([
    "return 404;",
    "return 403;",
    'return 200 "text $uri $args";',
    "return 301 /a/;",
    "return 301 https://$host$request_uri;",
    "return 204;",
    "return 444;",
    "return 302 http://example.com/$1;",
    "return http://example.com/x;",
    "return 500;",
    "return 410 gone;",
    "return 307 $uri?x;",
    "return 303 y;",
    "return 200;",
    "return 401;",
    "return 413;",
  ]);
}

function access(d: Draw): string {
  const { r } = d;
  const lines: string[] = [];
  if (r.chance(0.4))
    lines.push(
      r.pick([
        "deny all;",
        "allow 127.0.0.1; deny all;",
        "deny 127.0.0.0/8; allow all;",
        "allow 10.0.0.0/8; deny all;",
        "allow all;",
        "deny 127.0.0.1;",
      ]),
    );
  if (r.chance(0.3))
    lines.push(r.pick([`auth_basic "x"; auth_basic_user_file ${d.around.top}/users;`, "auth_basic off;"]));
  if (r.chance(0.3))
    lines.push(
      r.pick([
        "auth_request /auth-ok;",
        "auth_request /auth-no;",
        "auth_request /auth-404;",
        "auth_request /y.txt;",
        "auth_request off;",
      ]),
    );
  if (r.chance(0.35)) lines.push(`satisfy ${r.pick(["any", "all"])};`);
  return lines.join(" ");
}

function hop(d: Draw, regex: boolean): string {
  const { r, around } = d;
  // No circles: nginx would go round until it has no connections left.
  const inner = around.inner.slice(d.site + 1);
  if (d.site >= around.inner.length) inner.push(...around.inner);
  if (inner.length === 0) return "return 418;";
  const to = r.pick(inner);
  const uri = regex ? "" : r.pick(["", "", "/", "/a/", "/x", "/index.php"]);
  const target = r.chance(0.15)
    ? `http://${to}$request_uri`
    : r.chance(0.1) && !regex
      ? `http://${to}/a$uri`
      : `http://${to}${uri}`;
  const lines = [`proxy_pass ${target};`];
  if (r.chance(0.5))
    lines.unshift(
      r.pick([
        "proxy_set_header Host $host;",
        "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header X-Test $uri;",
        "proxy_set_header Host inner.example;",
      ]),
    );
  if (r.chance(0.25)) lines.unshift("proxy_http_version 1.1;");
  if (r.chance(0.15)) lines.unshift("proxy_intercept_errors on;");
  if (r.chance(0.15)) lines.unshift("proxy_redirect off;");
  return lines.join(" ");
}

function fresh(d: Draw, key: string): boolean {
  if (d.taken.has(key)) return false;
  d.taken.add(key);
  return true;
}

const PREFIXES = [
  "/",
  "/a/",
  "/a",
  "/b/",
  "/app/",
  "/app",
  "/old/",
  "/x.php",
  "/a/b/",
  "/c",
  "/api/",
  "/index.php",
  "/sp",
  "/A/",
  "/y.txt",
  "/dir.php",
];
const REGEXES = [
  "\\.php$",
  "\\.php(/|$)",
  "^/a/(.*)$",
  "^/(?<sec>[a-c])/(.+)$",
  "\\.(txt|html)$",
  "^/x",
  "[^/]\\.php(/|$)",
  "^(.+)\\.php$",
  "^(.+\\.php)(/.+)$",
  "^/([a-z]+)/([a-z]+)?",
  "^(?!/a)/.+/",
  "/[0-9]{1,3}/",
  "\\.ph(p|tml)$",
  "^/app(?:/(.*))?$",
  "^/old/(.+?)/?$",
  "^/(?<first>\\w+)/(?<second>[\\w.]*)$",
  "/$",
];

function locationBody(d: Draw, regex: boolean, depth: number, name: string): string {
  const { r, around } = d;
  const parts: string[] = [];
  const kind = r.int(0, 19);
  if (kind < 5) parts.push(tryFiles(d));
  else if (kind < 8) parts.push(phpBody(d));
  else if (kind < 9) parts.push(returned(r));
  else if (kind < 12) {
    parts.push(code(d, true));
    if (r.chance(0.3)) parts.push(tryFiles(d));
  } else if (kind < 14) {
    const directory = `${around.top}/${r.pick(ROOTS)}/`;
    if (regex)
      parts.push(r.pick([`alias ${directory}$1;`, `alias ${directory}y.txt;`, `alias ${directory}a/$1;`]));
    else
      parts.push(
        `alias ${directory}${r.pick(["", "a/", "b/"])}${name.endsWith("/") || r.chance(0.2) ? "" : ""};`.replace(
          /\/;$/,
          name.endsWith("/") || r.chance(0.3) ? "/;" : ";",
        ),
      );
    if (r.chance(0.5)) parts.push(tryFiles(d));
    if (r.chance(0.3)) parts.push("index index.php index.html;");
  } else if (kind < 15) parts.push(`root ${around.top}/${r.pick(ROOTS)};`);
  else if (kind < 16) parts.push(access(d));
  else if (kind < 17) parts.push(hop(d, regex || r.chance(0.1)));
  else if (kind < 18)
    parts.push(
      r.pick([
        "autoindex on;",
        "index x.php y.txt;",
        "index /index.php;",
        "client_max_body_size 100;",
        "default_type text/html;",
        "types { text/x-y y; application/x-p php; }",
        "recursive_error_pages on;",
        "index $v.html index.php;",
        "internal;",
        "absolute_redirect off;",
      ]),
    );
  else if (kind < 19) parts.push(errorPage(d), r.chance(0.5) ? tryFiles(d) : "");
  else
    parts.push(
      r.pick([
        "limit_except GET { deny all; }",
        "limit_except POST { deny 127.0.0.1; }",
        "stub_status;",
        "empty_gif;",
        "port_in_redirect off;",
      ]),
    );
  if (r.chance(0.1)) parts.push(errorPage(d));
  if (depth > 0 && r.chance(0.25) && !parts.join(" ").includes("proxy_pass"))
    parts.push(nested(d, name, regex, depth - 1));
  return parts.join(" ");
}

function nested(d: Draw, name: string, regex: boolean, depth: number): string {
  const { r } = d;
  const own = { ...d, taken: new Set<string>() };
  const found: string[] = [];
  const many = r.int(1, 2);
  for (let at = 0; at < many; at += 1) {
    if (regex || r.chance(0.5)) {
      const pattern = r.pick(REGEXES);
      if (!fresh(own, `~${pattern}`)) continue;
      const body = r.chance(0.5) ? phpBody(own) : locationBody(own, true, depth, "");
      found.push(`location ${r.pick(["~", "~*"])} "${pattern}" { ${body} }`);
    } else {
      const path = `${name.replace(/\/$/, "")}${r.pick(["/a/", "/b/", "/x.php", "/b"])}`;
      if (!fresh(own, path)) continue;
      found.push(
        `location ${r.pick(["", "", "^~ ", "= "])}${path} { ${locationBody(own, false, depth, path)} }`,
      );
    }
  }
  return found.join(" ");
}

function locations(d: Draw): string {
  const { r } = d;
  const found: string[] = [];
  if (r.chance(0.75) && fresh(d, "/")) {
    const body = r.chance(0.65)
      ? `${tryFiles(d)} ${r.chance(0.15) ? code(d, true) : ""}`
      : locationBody(d, false, 1, "/");
    found.push(`location / { ${body} }`);
  }
  if (r.chance(0.8)) {
    const pattern = r.pick(["\\.php$", "\\.php$", "\\.php(/|$)", "[^/]\\.php(/|$)", "^(.+\\.php)(/.+)?$"]);
    fresh(d, `~${pattern}`);
    found.push(`location ~ "${pattern}" { ${phpBody(d)} }`);
  }
  const many = r.int(0, 5);
  for (let at = 0; at < many; at += 1) {
    if (r.chance(0.4)) {
      const pattern = r.pick(REGEXES);
      if (!fresh(d, `~${pattern}`)) continue;
      const body = r.chance(0.35) ? phpBody(d) : locationBody(d, true, 1, "");
      const one = `location ${r.pick(["~", "~", "~*"])} "${pattern}" { ${body} }`;
      if (r.chance(0.5)) found.unshift(one);
      else found.push(one);
    } else {
      const path = r.pick(PREFIXES);
      const modifier = r.pick(["", "", "", "^~ ", "= "]);
      if (!fresh(d, modifier === "= " ? `=${path}` : path)) continue;
      found.push(
        `location ${modifier}${path} { ${locationBody(d, false, modifier === "= " ? 0 : 1, path)} }`,
      );
    }
  }
  if (d.named) {
    found.push(`location @php { ${phpBody(d).replaceAll("internal;", "")} }`);
    found.push(
      `location @other { ${r.pick(["rewrite ^(.*)$ /index.php?n=$1 last;", "return 404;", "return 200 other;", tryFiles(d), `rewrite ^ /x.php break; root ${d.around.top}/root1;`, "return 302 /;", code(d, true), hop(d, true)])} }`,
    );
  }
  return found.join("\n    ");
}

function server(d: Draw, listen: string, names: string): string {
  const { r, around } = d;
  const parts = [`listen ${listen};`];
  if (names !== "") parts.push(`server_name ${names};`);
  if (r.chance(0.93)) parts.push(`root ${around.top}/${r.pick(ROOTS)}${r.chance(0.1) ? "/" : ""};`);
  if (r.chance(0.6))
    parts.push(`index ${r.pick(["index.php", "index.php index.html", "index.html index.php", "x.php"])};`);
  if (r.chance(0.35)) parts.push(errorPage(d));
  if (r.chance(0.1)) parts.push(errorPage(d));
  if (r.chance(0.2)) parts.push(code(d, false));
  if (r.chance(0.1)) parts.push(tryFiles(d));
  if (r.chance(0.06)) parts.push(access(d));
  if (r.chance(0.05)) parts.push("merge_slashes off;");
  if (r.chance(0.05)) parts.push("underscores_in_headers on;");
  if (r.chance(0.05)) parts.push("recursive_error_pages on;");
  if (r.chance(0.05)) parts.push("client_max_body_size 500;");
  if (r.chance(0.05)) parts.push("port_in_redirect off;");
  if (r.chance(0.05)) parts.push("server_name_in_redirect on;");
  if (r.chance(0.12)) parts.push("fastcgi_intercept_errors on;");
  if (r.chance(0.05)) parts.push(params(d));
  parts.push(
    "location = /auth-ok { return 204; } location = /auth-no { return 401; } location = /auth-404 { return 404; }",
  );
  parts.push(locations(d));
  return `server {\n    ${parts.filter((one) => one !== "").join("\n    ")}\n}`;
}

const SERVER_NAMES = [
  "",
  "shop.example",
  "www.example.com example.com",
  "*.example.com",
  "www.*",
  "~^(?<sec>zzz)$ z; ~^(?<hostcap>\\w+)\\.example\\.(\\w+)$",
  "_",
  ".example.net",
  '""',
  "~^(www\\.)?(.+)$",
];

export function drawSite(r: Random, around: Surroundings, number: number): Site {
  const address = around.addresses[number] ?? "";
  const many = r.chance(0.3) ? r.int(2, 3) : 1;
  const texts: string[] = [];
  const used = new Set<string>();
  for (let at = 0; at < many; at += 1) {
    const names = r.pick(SERVER_NAMES);
    if (used.has(names)) continue;
    used.add(names);
    const d: Draw = {
      r,
      around,
      taken: new Set(["=/auth-ok", "=/auth-no", "=/auth-404"]),
      named: r.chance(0.35),
      site: number,
    };
    const isDefault = at > 0 && r.chance(0.3) && !texts.some((text) => text.includes("default_server"));
    texts.push(server(d, `${address}${isDefault ? " default_server" : ""}`, names));
  }
  return { address, text: texts.join("\n") };
}

const MAPS = `
map $host $hostmap { default ""; ~^(?<sec>zzz)$ z; ~^(?<hostcap>\\w+)\\.example\\.net$ $hostcap; }
map $uri $m { default no; /a/ yes; ~^/b/(.*)$ b-$1; ~*\\.PHP$ php; }
map $http_x_test $mt { default ""; ~^t(.)$ "m$1"; go 1; }
map $host $mh { hostnames; default d; *.example.com sub; example.com apex; www.* w; }
`;

export function drawHost(r: Random, around: Surroundings): Drawn {
  const sites = around.addresses.map((_, number) => drawSite(r, around, number));
  const groups = Object.entries(around.sockets).map(
    ([name, path]) => `upstream group_${name} { server unix:${path}; }`,
  );
  return { sites, http: MAPS + groups.join("\n"), files: drawFiles(r) };
}

const TARGETS = [
  "/",
  "/",
  "/index.php",
  "/index.php/a/b",
  "/x.php",
  "/x.php/info",
  "/a/",
  "/a",
  "/a/x.php",
  "/a/b/",
  "/a/b",
  "/b/",
  "/c/",
  "/app/",
  "/app",
  "/app/x/y",
  "/old/x.php",
  "/old/",
  "/y.txt",
  "/z.html",
  "/page.php",
  "/nothing",
  "/nothing/",
  "/nothing.php",
  "/a/nothing",
  "//a//x.php",
  "/a/../x.php",
  "/%61/",
  "/a%2fb/",
  "/sp%20ace.txt",
  "/a/sp%20ace.txt",
  "/A/X.PHP",
  "/api/v1",
  "/img.png",
  "/404.html",
  "/r/q",
  "/p/1",
  "/loop",
  "/x/word",
  "/c/y.txt",
  "/a/y.txt",
  "/a/index.php",
  "/b/index.php/more/path",
  "/x.phtml",
  "/noext",
  "/.hidden",
  "/dir.php",
  "/dir.php/",
  "/fpm-status",
  "/fpm-ping",
  "/a/./b/",
  "/x.php%2Fq",
  "/y.txt/",
  "/index.html",
  "/sp/a%20b",
  "/old/a+b",
  "/UP/x.php",
  "/12/",
  "/a/12/x.php",
  "/app/index.php",
  "/b/x.php",
  "/a/page.php?x",
  "/x.php/a/../b",
  "/a/x.php/tail/",
  "/old/%3Fq",
  "/a%25b",
  "/auth-ok",
  "/page",
  "/y",
  "/a/index.html",
  "/index.php/",
  "/..",
  "/a/b/index.php",
];

export function drawRequest(r: Random, sites: number): DrawnRequest {
  const target =
    r.pick(TARGETS) +
    (r.chance(0.35)
      ? r.pick(["?a=1", "?b=2&c=3", "?", "?x=%20y", "?a=2&st=404", "?st=403", "?st=500", "?b=77", "?q"])
      : "");
  const method = r.chance(0.72)
    ? "GET"
    : r.pick(["HEAD", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "FOO"]);
  const body =
    method === "POST" || method === "PUT"
      ? r.chance(0.1)
        ? null
        : r.pick([0, 5, 50, 200, 1000])
      : r.chance(0.02)
        ? 7
        : null;
  const headers: [string, string][] = [];
  if (r.chance(0.15)) headers.push(["X-Test", r.pick(["go", "t1", "other", "0"])]);
  if (r.chance(0.08)) headers.push(["Cookie", r.pick(["c=one; d=2", "d=1"])]);
  if (r.chance(0.05)) headers.push(["User-Agent", "a bot"]);
  if (r.chance(0.05)) headers.push(["X_Under", "score"]);
  if (r.chance(0.04)) headers.push(["X-Twice", "1"], ["X-Twice", "2"]);
  if (r.chance(0.03)) headers.push(["Proxy", "http://evil"]);
  if (r.chance(0.04)) headers.push(["X-Forwarded-For", "192.0.2.7"]);
  if (body !== null && r.chance(0.8)) headers.push(["Content-Type", "application/octet-stream"]);
  const protocol = r.chance(0.95) ? "HTTP/1.1" : "HTTP/1.0";
  const host = r.chance(0.012)
    ? null
    : r.pick([
        "localhost",
        "shop.example",
        "www.example.com",
        "example.com",
        "sub.example.com",
        "a.b.example.com",
        "www.other.org",
        "Shop.Example:8080",
        "example.net",
        "x.example.net",
        "foo.example.org",
        "example.com.",
      ]);
  return { site: r.int(0, sites - 1), method, target, host, protocol, headers, body };
}
