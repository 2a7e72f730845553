import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { STOCK_PARAMETERS } from "../../support/fastcgi-params.js";

/** Hosts of one shape and any size. Both daemons accept them as they are, and nothing in them is wrong, but in `f`. */
export interface Shape {
  /** One letter. */
  readonly name: string;
  /** What there are so many of. */
  readonly what: string;
  /** One line for the table. */
  readonly describe: string;
  /** Sizes that are measured by default, in rising order. */
  readonly sizes: readonly number[];
  /** Writes it below `root`. */
  readonly write: (root: string, size: number) => void;
  /** Below `root`: what fpmlint is given. */
  readonly path: string;
  /** Whether it is one host, which the daemons can be started with. */
  readonly isHost: boolean;
}

const MANY = [100, 2000, 10_000];

const all: readonly Shape[] = [
  {
    ...host("a", "sites that share one PHP snippet and one pool", [1, 100, 2000, 10_000, 50_000]),
    write: (root, count) => writeShared(root, count, PHP_SNIPPET),
  },
  {
    ...host("r", "a, and the document roots are there", [2000]),
    write: (root, count) => {
      writeShared(root, count, PHP_SNIPPET);
      for (const number of numbers(count)) write(join(root, `srv/site${number}/public/index.php`), "<?php\n");
    },
  },
  {
    ...host("f", "a, with faults in the snippet", [2000]),
    write: (root, count) => writeShared(root, count, FAULTY_SNIPPET),
  },
  {
    ...host("b", "sites with a pool and a socket each", MANY),
    write: (root, count) => writeOwnPools(root, count, () => "www-data"),
  },
  {
    ...host("e", "b, and each pool has an account of its own", MANY),
    write: (root, count) => writeOwnPools(root, count, (number) => `site${number}`),
  },
  {
    ...host("d", "sites of 121 lines as for WordPress, with TLS and a pool each", [1, ...MANY]),
    write: (root, count) => writeWordPress(root, count),
  },
  {
    name: "c",
    what: "hosts",
    describe: "a repository of hosts with ten sites each, and the snippets beside them",
    sizes: [30, 150, 300],
    path: "",
    isHost: false,
    write: (root, count) => writeRepository(root, count),
  },
  {
    ...host("g", "locations of one server, each with a pattern, beside the usual one", [500, 2000, 5000]),
    what: "locations",
    write: (root, count) => writeLocations(root, count),
  },
];

export const shapes: ReadonlyMap<string, Shape> = new Map(all.map((shape) => [shape.name, shape]));

/** Where the daemons find their main files below the root of a shape. */
export const daemonFiles = { prefix: "etc/nginx", nginx: "etc/nginx/nginx.conf", fpm: "php-fpm-t.conf" };

function host(name: string, describe: string, sizes: readonly number[]) {
  return { name, what: "sites", describe, sizes, path: "etc", isHost: true };
}

interface OwnPool {
  readonly name: string;
  readonly user: string;
  /** Lines after the usual ones. */
  readonly more: string;
}

function writeShared(root: string, count: number, snippet: string): void {
  const etc = join(root, "etc");
  writeNginx(etc, "sites-enabled/*.conf");
  write(join(etc, "nginx/snippets/php.conf"), snippet);
  for (const number of numbers(count)) writeSite(etc, number, site(number, "  include snippets/php.conf;\n"));
  writeFpm(root, [{ name: "www", user: "www-data", more: "" }]);
}

function writeOwnPools(root: string, count: number, userOf: (number: string) => string): void {
  const etc = join(root, "etc");
  writeNginx(etc, "sites-enabled/*.conf");
  write(join(etc, "nginx/snippets/php.conf"), SCRIPT);
  for (const number of numbers(count)) {
    const php = phpLocation("\\.php$", `site${number}`, ["fastcgi_params", "snippets/php.conf"]);
    writeSite(etc, number, site(number, php));
  }
  writeFpm(
    root,
    numbers(count).map((number) => ({ name: `site${number}`, user: userOf(number), more: "" })),
  );
}

function writeWordPress(root: string, count: number): void {
  const etc = join(root, "etc");
  writeNginx(etc, "sites-enabled/*.conf");
  writeCertificate(join(etc, "nginx/certs"));
  for (const number of numbers(count)) writeSite(etc, number, wordPress(number));
  writeFpm(
    root,
    numbers(count).map((number) => ({ name: `site${number}`, user: "www-data", more: limits(number) })),
  );
}

function writeRepository(root: string, count: number): void {
  write(join(root, "common/nginx/snippets/php.conf"), PARAMETERS + SCRIPT);
  write(
    join(root, "common/nginx/snippets/security.conf"),
    "add_header X-Frame-Options SAMEORIGIN always;\nserver_tokens off;\n",
  );
  for (const number of numbers(count)) {
    const host = join(root, `hosts/host${number}`);
    writeNginx(join(host, "etc"), "/etc/nginx/sites-enabled/*.conf");
    const sites = Array.from({ length: 10 }, (_, i) => i);
    for (const i of sites) {
      const php = phpLocation("\\.php$", `site${i}`, ["/etc/nginx/snippets/php.conf"]);
      const text = site(`${number}-${i}`, `  include /etc/nginx/snippets/security.conf;\n${php}`);
      write(join(host, `etc/nginx/sites-enabled/site${i}.conf`), text);
    }
    writePools(
      host,
      sites.map((i) => ({ name: `site${i}`, user: "www-data", more: "" })),
    );
  }
}

function writeLocations(root: string, count: number): void {
  const etc = join(root, "etc");
  writeNginx(etc, "sites-enabled/*.conf");
  write(join(etc, "nginx/snippets/php.conf"), SCRIPT);
  const locations = Array.from({ length: count }, (_, i) =>
    phpLocation(`^/app${i}/.+\\.php$`, "site00000", ["fastcgi_params", "snippets/php.conf"]),
  );
  const usual = phpLocation("\\.php$", "site00000", ["fastcgi_params", "snippets/php.conf"]);
  writeSite(etc, "00000", site("00000", usual + locations.join("")));
  writeFpm(root, [{ name: "site00000", user: "www-data", more: "" }]);
}

/** `00000` to `00041`. */
function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => String(i).padStart(5, "0"));
}

const made = new Set<string>();

function write(path: string, text: string): void {
  const directory = dirname(path);
  if (!made.has(directory)) mkdirSync(directory, { recursive: true });
  made.add(directory);
  writeFileSync(path, text);
}

/** What `nginx -t` writes to is below its prefix, so that anybody can run it. */
function writeNginx(etc: string, sites: string): void {
  mkdirSync(join(etc, "nginx/logs"), { recursive: true });
  write(join(etc, "nginx/fastcgi_params"), PARAMETERS);
  write(
    join(etc, "nginx/nginx.conf"),
    `user www-data;
worker_processes auto;
pid logs/nginx.pid;
error_log logs/error.log;
events {
  worker_connections 1024;
}
http {
  access_log off;
  default_type application/octet-stream;
  client_body_temp_path logs/body;
  fastcgi_temp_path logs/fastcgi;
  proxy_temp_path logs/proxy;
  uwsgi_temp_path logs/uwsgi;
  scgi_temp_path logs/scgi;
  server_names_hash_max_size 262144;
  server_names_hash_bucket_size 128;
  include ${sites};
}
`,
  );
}

function writeSite(etc: string, number: string, text: string): void {
  write(join(etc, `nginx/sites-enabled/site${number}.conf`), text);
}

/** PHP-FPM of a host; and its main file with paths of this machine, for `php-fpm -t`. */
function writeFpm(root: string, pools: readonly OwnPool[]): void {
  const numbers = writePools(root, pools);
  // PHP-FPM wants accounts that this machine has, or numbers.
  const folder = join(root, numbers.size > 0 ? "pool.d" : "etc/php/8.2/fpm/pool.d");
  write(join(root, daemonFiles.fpm), mainFile(folder));
  for (const pool of pools) {
    const id = numbers.get(pool.user);
    if (id !== undefined) write(join(root, `pool.d/${pool.name}.conf`), poolText({ ...pool, user: id }));
  }
}

/** The main file of PHP-FPM, its pools and the accounts; answers the numbers of accounts that only this host has. */
function writePools(root: string, pools: readonly OwnPool[]): ReadonlyMap<string, string> {
  const etc = join(root, "etc");
  const users = [...new Set(pools.map(({ user }) => user))].filter((user) => user !== "www-data");
  const ids = new Map(users.map((user, i) => [user, String(2000 + i)]));
  write(join(etc, "php/8.2/fpm/php-fpm.conf"), mainFile("/etc/php/8.2/fpm/pool.d"));
  for (const pool of pools) write(join(etc, `php/8.2/fpm/pool.d/${pool.name}.conf`), poolText(pool));
  const accounts = [...ids].map(([user, id]) => `${user}:x:${id}:${id}::/srv/${user}:/usr/sbin/nologin\n`);
  const groups = [...ids].map(([user, id]) => `${user}:x:${id}:\n`);
  const www = "www-data:x:33:33::/var/www:/usr/sbin/nologin\n";
  write(join(etc, "passwd"), `root:x:0:0::/root:/bin/sh\n${www}${accounts.join("")}`);
  write(join(etc, "group"), `root:x:0:\nwww-data:x:33:\n${groups.join("")}`);
  return ids;
}

function mainFile(pools: string): string {
  return `[global]\nerror_log = /dev/null\nprocess_control_timeout = 10s\ninclude=${pools}/*.conf\n`;
}

function poolText({ name, user, more }: OwnPool): string {
  const kept =
    "pm = dynamic\npm.max_children = 20\npm.start_servers = 4\npm.min_spare_servers = 2\npm.max_spare_servers = 6\n";
  const started = "pm = ondemand\npm.max_children = 5\npm.process_idle_timeout = 10s\n";
  return `[${name}]
user = ${user}
group = ${user}
listen = /run/php/${name}.sock
listen.owner = www-data
listen.group = www-data
listen.mode = 0660
${name === "www" ? kept : started}pm.max_requests = 1000
request_terminate_timeout = 80s
catch_workers_output = yes
${more}`;
}

function limits(number: string): string {
  return `
; limits of this customer
chdir = /
security.limit_extensions = .php
php_admin_value[open_basedir] = /srv/site${number}:/tmp:/usr/share/php
php_admin_value[upload_tmp_dir] = /srv/site${number}/tmp
php_admin_value[session.save_path] = /srv/site${number}/tmp
php_admin_value[error_log] = /var/log/php/site${number}.log
php_admin_flag[log_errors] = on
php_value[memory_limit] = 128M
php_value[upload_max_filesize] = 32M
php_value[post_max_size] = 33M
php_value[max_execution_time] = 60
env[TMPDIR] = /srv/site${number}/tmp
`;
}

function site(number: string, php: string): string {
  return `server {
  listen 127.0.0.1:18080;
  server_name site${number}.example.com www.site${number}.example.com;
  root /srv/site${number}/public;
  index index.php;
  client_max_body_size 8m;

  location / {
    try_files $uri $uri/ /index.php?$args;
  }

${php}}
`;
}

function phpLocation(pattern: string, pool: string, includes: readonly string[]): string {
  return `  location ~ ${pattern} {
    try_files $uri =404;
${includes.map((path) => `    include ${path};\n`).join("")}    fastcgi_pass unix:/run/php/${pool}.sock;
  }
`;
}

const SCRIPT = `  fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
  fastcgi_index index.php;
  fastcgi_read_timeout 60s;
  fastcgi_buffer_size 16k;
  fastcgi_buffers 16 16k;
`;

const PHP_SNIPPET = `location ~ \\.php$ {
  try_files $uri =404;
  include fastcgi_params;
${SCRIPT}  fastcgi_pass unix:/run/php/www.sock;
}
`;

const FAULTY_SNIPPET = `location ~ \\.php$ {
  include fastcgi_params;
  fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
  fastcgi_param PHP_VALUE "memory_limit=-1";
  fastcgi_index index.php;
  fastcgi_buffering off;
  fastcgi_read_timeout 300s;
  fastcgi_pass unix:/run/php/www.sock;
}
`;

const PARAMETERS = STOCK_PARAMETERS.map(
  ([name, value]) => `fastcgi_param  ${name.padEnd(18)} ${value};\n`,
).join("");

/** Throws where there is no openssl. */
function writeCertificate(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=site";
  const files = ["-keyout", join(folder, "site.key"), "-out", join(folder, "site.pem")];
  const { status, stderr } = spawnSync("openssl", [...words.split(" "), ...files], { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`shape d needs openssl for a certificate: ${stderr ?? "it is not there"}`);
}

function wordPress(number: string): string {
  return `# Managed by the panel: site${number}
server {
    listen 127.0.0.1:18080;
    server_name site${number}.example.com www.site${number}.example.com;
    access_log off;
    location ^~ /.well-known/acme-challenge/ {
        default_type "text/plain";
        root /var/www/letsencrypt;
    }
    location / {
        return 301 https://site${number}.example.com$request_uri;
    }
}

server {
    listen 127.0.0.1:18443 ssl http2;
    server_name www.site${number}.example.com;
    ssl_certificate     certs/site.pem;
    ssl_certificate_key certs/site.key;
    return 301 https://site${number}.example.com$request_uri;
}

server {
    listen 127.0.0.1:18443 ssl http2;
    server_name site${number}.example.com;

    root  /srv/site${number}/public;
    index index.php index.html;

    ssl_certificate     certs/site.pem;
    ssl_certificate_key certs/site.key;
    ssl_protocols       TLSv1.2 TLSv1.3;
    ssl_session_timeout 1d;
    ssl_session_cache   shared:SSL:10m;
    ssl_session_tickets off;

    add_header X-Frame-Options "SAMEORIGIN" always;
    add_header X-Content-Type-Options "nosniff" always;
    add_header Referrer-Policy "strict-origin-when-cross-origin" always;
    add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;

    client_max_body_size 32m;
    keepalive_timeout    65;
    gzip on;
    gzip_types text/plain text/css application/json application/javascript text/xml application/xml;

    set $skip_cache 0;
    if ($request_method = POST) {
        set $skip_cache 1;
    }
    if ($query_string != "") {
        set $skip_cache 1;
    }
    if ($request_uri ~* "/wp-admin/|/xmlrpc.php|wp-.*.php|/feed/|index.php|sitemap(_index)?.xml") {
        set $skip_cache 1;
    }
    if ($http_cookie ~* "comment_author|wordpress_[a-f0-9]+|wp-postpass|wordpress_no_cache|wordpress_logged_in") {
        set $skip_cache 1;
    }

    rewrite ^/sitemap\\.xml$ /index.php?sitemap=1 last;
    rewrite ^/old-shop/(.*)$ /shop/$1 permanent;
    rewrite /wp-admin$ $scheme://$host$request_uri/ permanent;

    location / {
        try_files $uri $uri/ /index.php?$args;
    }

    location = /favicon.ico {
        log_not_found off;
        access_log off;
    }

    location = /robots.txt {
        allow all;
        log_not_found off;
        access_log off;
    }

    location ~ /\\. {
        deny all;
    }

    location ~* /(?:uploads|files)/.*\\.php$ {
        deny all;
    }

    location ~* \\.(?:js|css|png|jpg|jpeg|gif|ico|svg|woff2?)$ {
        expires 30d;
        add_header Cache-Control "public, immutable";
        access_log off;
    }

    location = /xmlrpc.php {
        deny all;
    }

    location ^~ /wp-content/cache/ {
        internal;
    }

    location ~ \\.php$ {
        try_files $uri =404;
        include fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_index index.php;
        fastcgi_read_timeout 60s;
        fastcgi_buffer_size 32k;
        fastcgi_buffers 8 32k;
        fastcgi_param SITE_ID ${number};
        fastcgi_no_cache $skip_cache;
        fastcgi_pass unix:/run/php/site${number}.sock;
    }

    error_page 404 /404.html;
    error_page 500 502 503 504 /50x.html;
    location = /50x.html {
        root /usr/share/nginx/html;
        internal;
    }
}
`;
}
