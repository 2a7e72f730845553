import fc from "fast-check";
import type { TreeTexts } from "../../../src/host/memory.js";

/** Hosts of many sites that are alike, with a few that were changed. */

interface Shape {
  readonly sites: number;
  /** Each site has a pool, else all share one. */
  readonly ownPools: boolean;
  /** Each pool has an account. */
  readonly ownAccounts: boolean;
  /** The document roots are in the tree. */
  readonly docroots: boolean;
  /** The site is long: TLS, redirects, many locations. */
  readonly long: boolean;
  /** `etc/passwd` is there, so that the tree is a whole host. */
  readonly whole: boolean;
}

export interface Change {
  readonly kind: (typeof KINDS)[number];
  readonly site: number;
  readonly other: number;
  /** Where in the text, of 1. */
  readonly at: number;
}

const KINDS = [
  "letter",
  "less",
  "twice",
  "number",
  "directive",
  "name",
  "same-name",
  "snippet",
  "pool-letter",
  "pool-less",
  "pool-number",
  "account",
  "mode",
  "socket",
  "no-pool",
  "docroot-gone",
  "docroot-more",
  "user-ini",
  "shared-letter",
] as const;

export interface Drawn {
  readonly shape: Shape;
  readonly changes: readonly Change[];
}

export const drawn: fc.Arbitrary<Drawn> = fc.record({
  shape: fc.record({
    sites: fc.integer({ min: 11, max: 16 }),
    ownPools: fc.boolean(),
    ownAccounts: fc.boolean(),
    docroots: fc.boolean(),
    long: fc.boolean(),
    whole: fc.boolean(),
  }),
  changes: fc.array(
    fc.record({
      kind: fc.constantFrom(...KINDS),
      site: fc.nat(15),
      other: fc.nat(15),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
    { maxLength: 4 },
  ),
});

const SITES = "etc/nginx/sites-enabled";
const POOLS = "etc/php/8.2/fpm/pool.d";
const SNIPPET = "etc/nginx/snippets/php.conf";

const DIRECTIVES = [
  "  deny all;",
  "  return 403;",
  "  set $x 1;",
  "  fastcgi_read_timeout 10s;",
  "  fastcgi_buffering off;",
  "  listen 8080 default_server;",
  "  fastcgi_param A b;",
  "  root /srv/x;",
  "  location /admin/ { deny all; }",
  "  location ^~ /uploads/ { }",
  "  error_page 404 @x;",
  "  alias /x/;",
  "  client_max_body_size 64m;",
  "  include snippets/missing.conf;",
  "  include /etc/nginx/snippets/*.conf;",
  "  auth_basic secret;",
];

/** Words that some rule knows, and names that are no plain ones. */
const TELLING = [
  "default",
  "php",
  "status",
  "sse",
  "live",
  "fcgiwrap",
  "www",
  "uploads",
  "10.0.0.1",
  "*.wild",
  "~^re(gex)?",
  "x".repeat(120),
  "_",
];

/** A name that no line of the code knows, of as many letters. */
export function nameOf(at: number): string {
  const letters = "kvrz";
  return `zu${letters[at % 4]}o${letters[Math.floor(at / 4) % 4]}uk`;
}

/** The tree of what was drawn. */
export function treeOf({ shape, changes }: Drawn): TreeTexts {
  const files = new Map<string, string>();
  const shared = { ...shape };
  const snippet = `fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\nfastcgi_index index.php;\nfastcgi_read_timeout 60s;\n`;
  files.set(
    SNIPPET,
    shape.ownPools
      ? snippet
      : `location ~ \\.php$ {\n  try_files $uri =404;\n  include fastcgi_params;\n  ${snippet}  fastcgi_pass unix:/run/php/www.sock;\n}\n`,
  );
  files.set("etc/nginx/snippets/other.conf", "client_max_body_size 100m;\nfastcgi_buffer_size 1k;\n");
  files.set("etc/nginx/fastcgi_params", PARAMS);
  files.set("etc/nginx/nginx.conf", MAIN);
  files.set(
    "etc/php/8.2/fpm/php-fpm.conf",
    "[global]\nerror_log = /var/log/php-fpm.log\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n",
  );
  const accounts: string[] = [];
  for (let at = 0; at < shape.sites; at += 1) {
    const name = nameOf(at);
    files.set(`${SITES}/${name}.conf`, siteText(name, shared));
    const account = shape.ownAccounts ? name : "www-data";
    if (shape.ownAccounts) accounts.push(name);
    if (shape.ownPools)
      files.set(`${POOLS}/${name}.conf`, poolText(name, `/run/php/${name}.sock`, account, shape.long));
    if (shape.docroots) files.set(`srv/${name}/public/index.php`, "<?php\n");
  }
  if (!shape.ownPools)
    files.set(`${POOLS}/www.conf`, poolText("www", "/run/php/www.sock", "www-data", false));
  if (shape.whole) {
    const id = (at: number): string => `${2000 + at}`;
    files.set(
      "etc/passwd",
      [
        "root:x:0:0::/root:/bin/sh",
        "www-data:x:33:33::/var/www:/usr/sbin/nologin",
        ...accounts.map((name, at) => `${name}:x:${id(at)}:${id(at)}::/srv/${name}:/usr/sbin/nologin`),
        "",
      ].join("\n"),
    );
    files.set(
      "etc/group",
      ["root:x:0:", "www-data:x:33:", ...accounts.map((name, at) => `${name}:x:${id(at)}:www-data`), ""].join(
        "\n",
      ),
    );
  }
  for (const change of changes) apply(files, change, shape);
  return Object.fromEntries(files);
}

type Edit = (text: string) => string;

/** What a change does to a text; `at` and `other` choose among what there is. */
interface Choice {
  readonly at: number;
  readonly other: number;
  readonly name: string;
  readonly second: string;
}

function lines({ at }: Choice, change: (lines: string[], line: number) => void): Edit {
  return (before) => {
    const all = before.split("\n");
    change(all, Math.floor(at * all.length));
    return all.join("\n");
  };
}

function letter({ at, other }: Choice): Edit {
  return (before) => {
    const place = Math.floor(at * before.length);
    return `${before.slice(0, place)}${'xk;{/0 .$#"'[other % 11]}${before.slice(place + 1)}`;
  };
}

function less(choice: Choice): Edit {
  return lines(choice, (all, line) => all.splice(line, 1));
}

function number(choice: Choice): Edit {
  return lines(choice, (all, line) => {
    const from = all.findIndex((one, index) => index >= line && /\d/.test(one));
    const chosen = ["0", "1", "7", "300", "99999"][choice.other % 5] ?? "0";
    if (from !== -1) all[from] = (all[from] ?? "").replace(/\d+/, chosen);
  });
}

function oneOf(choice: Choice, words: readonly string[]): string {
  return words[choice.other % words.length] ?? "";
}

/** Changes of the text of a site. */
const OF_SITES: Readonly<Partial<Record<Change["kind"], (choice: Choice) => Edit>>> = {
  letter,
  less,
  number,
  twice: (choice) => lines(choice, (all, line) => all.splice(line, 0, all[line] ?? "")),
  directive: (choice) =>
    lines(choice, (all, line) => all.splice(Math.max(1, line), 0, oneOf(choice, DIRECTIVES))),
  name: (choice) => (before) => before.replaceAll(choice.name, oneOf(choice, TELLING)),
  "same-name":
    ({ name, second }) =>
    (before) =>
      before.replaceAll(`${name}.example`, `${second}.example`),
  snippet: () => (before) => before.replace("server {", "server {\n  include snippets/other.conf;"),
};

/** Changes of the text of a pool. */
const OF_POOLS: Readonly<Partial<Record<Change["kind"], (choice: Choice) => Edit>>> = {
  "pool-letter": letter,
  "pool-less": less,
  "pool-number": number,
  account: (choice) => (before) =>
    before.replace(
      /^user = .*/m,
      `user = ${oneOf(choice, ["root", "nginx", choice.second, "nobody", "2001"])}`,
    ),
  mode: (choice) => (before) => before.replace("0660", oneOf(choice, ["0600", "0666", "0777", "0440"])),
  socket:
    ({ at, second }) =>
    (before) =>
      before.replace(/^listen = .*/m, `listen = ${at < 0.5 ? `/run/php/${second}.sock` : "127.0.0.1:9000"}`),
};

function apply(files: Map<string, string>, { kind, site, other, at }: Change, { sites }: Shape): void {
  const [name, second] = [nameOf(site % sites), nameOf(other % sites)];
  const choice = { at, other, name, second };
  const pool = `${POOLS}/${name}.conf`;
  const edit = (path: string, change: Edit | undefined): void => {
    const before = files.get(path);
    if (before !== undefined && change !== undefined) files.set(path, change(before));
  };
  edit(`${SITES}/${name}.conf`, OF_SITES[kind]?.(choice));
  edit(pool, OF_POOLS[kind]?.(choice));
  const root = `srv/${name}/public`;
  if (kind === "no-pool") files.delete(pool);
  if (kind === "docroot-gone") files.delete(`${root}/index.php`);
  if (kind === "docroot-more") files.set(`${root}/uploads/x.php`, "<?php\n");
  if (kind === "user-ini") files.set(`${root}/.user.ini`, "post_max_size = 1K\nupload_max_filesize = 2G\n");
  if (kind === "shared-letter") edit(at < 0.5 ? SNIPPET : "etc/nginx/nginx.conf", letter(choice));
}

const PARAMS = [
  "QUERY_STRING $query_string",
  "REQUEST_METHOD $request_method",
  "CONTENT_TYPE $content_type",
  "CONTENT_LENGTH $content_length",
  "SCRIPT_NAME $fastcgi_script_name",
  "REQUEST_URI $request_uri",
  "DOCUMENT_ROOT $document_root",
  "SERVER_PROTOCOL $server_protocol",
  "HTTPS $https if_not_empty",
  "SERVER_NAME $server_name",
  "REDIRECT_STATUS 200",
]
  .map((line) => `fastcgi_param ${line};\n`)
  .join("");

const MAIN = `user www-data;
worker_processes auto;
pid /run/nginx.pid;
events {
  worker_connections 1024;
}
http {
  access_log off;
  server_tokens off;
  include sites-enabled/*.conf;
}
`;

function siteText(name: string, { ownPools, long }: Shape): string {
  const php = ownPools
    ? `  location ~ \\.php$ {
    try_files $uri =404;
    include fastcgi_params;
    include snippets/php.conf;
    fastcgi_pass unix:/run/php/${name}.sock;
  }
`
    : "  include snippets/php.conf;\n";
  const redirect = long
    ? `server {
  listen 80;
  server_name old-${name}.example.com;
  return 301 https://${name}.example.com$request_uri;
}
`
    : "";
  const more = long
    ? `  access_log /var/log/nginx/${name}.log;
  add_header X-Frame-Options SAMEORIGIN always;
  rewrite ^/old-shop/(.*)$ /shop/$1 permanent;
  location = /favicon.ico { log_not_found off; access_log off; }
  location ~ /\\. { deny all; }
  location ~* /(?:uploads|files)/.*\\.php$ { deny all; }
  location ~* \\.(?:js|css|png)$ { expires 30d; }
  error_page 404 /404.html;
`
    : "";
  return `# the site of ${name}
${redirect}server {
  listen 80;
  server_name ${name}.example.com www.${name}.example.com;
  root /srv/${name}/public;
  index index.php;
  client_max_body_size 8m;
${more}  location / {
    try_files $uri $uri/ /index.php?$args;
  }
${php}}
`;
}

function poolText(name: string, socket: string, account: string, long: boolean): string {
  const more = long
    ? `php_admin_value[open_basedir] = /srv/${name}:/tmp
php_admin_value[error_log] = /var/log/php/${name}.log
php_value[upload_max_filesize] = 8M
env[TMPDIR] = /srv/${name}/tmp
`
    : "";
  return `[${name}]
user = ${account}
group = ${account}
listen = ${socket}
listen.owner = www-data
listen.group = www-data
listen.mode = 0660
pm = dynamic
pm.max_children = 20
pm.start_servers = 4
pm.min_spare_servers = 2
pm.max_spare_servers = 6
pm.max_requests = 1000
catch_workers_output = yes
request_terminate_timeout = 80s
php_value[post_max_size] = 8M
${more}`;
}
