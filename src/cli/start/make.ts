import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import type { run } from "../run.js";
import { type Cached, cacheBeside, packed } from "./cache.js";
import { startLean } from "./lean.js";
import { type Modules, PARTS, type PartName, programIn, requireFrom, shown } from "./parts.js";

/**
 * Makes the code cache beside the command: what the build and the installation of the package run. A host with
 * what most hosts have is linted and its logs are read first, so that the functions for that are in it.
 */

const FILES: readonly (readonly [path: string, text: string])[] = [
  [
    "host/etc/nginx/nginx.conf",
    `user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log warn;
events {
  worker_connections 1024;
}
http {
  log_format main '$remote_addr "$request" $status $upstream_response_time';
  access_log /var/log/nginx/access.log main;
  default_type application/octet-stream;
  types_hash_max_size 2048;
  sendfile on;
  keepalive_timeout 65;
  gzip on;
  map $http_upgrade $connection_upgrade {
    default upgrade;
    "" close;
  }
  upstream php {
    server unix:/run/php/site.sock;
    keepalive 4;
  }
  include /etc/nginx/sites-enabled/*.conf;
}
`,
  ],
  [
    "host/etc/nginx/fastcgi_params",
    `fastcgi_param QUERY_STRING $query_string;
fastcgi_param REQUEST_METHOD $request_method;
fastcgi_param CONTENT_TYPE $content_type;
fastcgi_param CONTENT_LENGTH $content_length;
fastcgi_param SCRIPT_NAME $fastcgi_script_name;
fastcgi_param REQUEST_URI $request_uri;
fastcgi_param DOCUMENT_URI $document_uri;
fastcgi_param DOCUMENT_ROOT $document_root;
fastcgi_param SERVER_PROTOCOL $server_protocol;
fastcgi_param REQUEST_SCHEME $scheme;
fastcgi_param HTTPS $https if_not_empty;
fastcgi_param REMOTE_ADDR $remote_addr;
fastcgi_param REMOTE_PORT $remote_port;
fastcgi_param SERVER_ADDR $server_addr;
fastcgi_param SERVER_PORT $server_port;
fastcgi_param SERVER_NAME $server_name;
fastcgi_param REDIRECT_STATUS 200;
`,
  ],
  [
    "host/etc/nginx/sites-enabled/site.conf",
    `server {
  listen 80;
  listen [::]:80;
  server_name site.example.com www.site.example.com;
  location ^~ /.well-known/acme-challenge/ {
    root /var/www/letsencrypt;
    default_type text/plain;
  }
  location / {
    return 301 https://site.example.com$request_uri;
  }
}
server {
  listen 443 ssl http2;
  server_name site.example.com;
  root /srv/site/public;
  index index.php index.html;
  client_max_body_size 8m;
  ssl_certificate certs/site.pem;
  ssl_certificate_key certs/site.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:SSL:10m;
  ssl_session_timeout 1d;
  access_log /var/log/nginx/site.log main buffer=32k flush=5s;
  error_log syslog:server=127.0.0.1;
  add_header X-Frame-Options "SAMEORIGIN" always;
  gzip_types text/css application/json;
  set $skip 0;
  if ($request_method = POST) {
    set $skip 1;
  }
  if ($http_cookie ~* "comment_author|logged_in") {
    set $skip 1;
  }
  if ($query_string != "") {
    set $skip 1;
  }
  rewrite ^/old/(.*)$ /new/$1 permanent;
  rewrite ^/map\\.xml$ /index.php?map=1 last;
  location / {
    try_files $uri $uri/ /index.php?$args;
  }
  location ~ /\\. {
    deny all;
  }
  location ~* /(?:uploads|files)/.*\\.php$ {
    deny all;
  }
  location ~* \\.(?:js|css|png|woff2?)$ {
    expires 30d;
    add_header Cache-Control "public";
    access_log off;
  }
  location = /robots.txt {
    allow all;
    log_not_found off;
  }
  location ^~ /internal/ {
    internal;
  }
  location /api/ {
    proxy_pass http://127.0.0.1:3000;
    proxy_set_header Host $host;
    proxy_read_timeout 60s;
  }
  location ~ \\.php$ {
    try_files $uri =404;
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_index index.php;
    fastcgi_read_timeout 300s;
    fastcgi_buffer_size 32k;
    fastcgi_buffers 8 32k;
    fastcgi_no_cache $skip;
    fastcgi_pass unix:/run/php/site.sock;
  }
  error_page 404 /404.html;
  error_page 500 502 503 504 /50x.html;
  location = /50x.html {
    root /usr/share/nginx/html;
    internal;
  }
}
server {
  listen 8080;
  server_name shop.example.com;
  root /srv/shop/public;
  location / {
    try_files $uri /index.php$is_args$args;
  }
  location ~ ^(.+\\.php)(/.*)?$ {
    fastcgi_split_path_info ^(.+\\.php)(/.*)$;
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_param PATH_INFO $fastcgi_path_info;
    fastcgi_pass php;
  }
}
`,
  ],
  [
    "host/etc/php/8.2/fpm/php-fpm.conf",
    `[global]
pid = /run/php/php8.2-fpm.pid
error_log = /var/log/php8.2-fpm.log
process_control_timeout = 10s
include=/etc/php/8.2/fpm/pool.d/*.conf
`,
  ],
  [
    "host/etc/php/8.2/fpm/pool.d/site.conf",
    `[site]
user = www-data
group = www-data
listen = /run/php/$pool.sock
listen.owner = www-data
listen.group = www-data
listen.mode = 0660
pm = dynamic
pm.max_children = 20
pm.start_servers = 4
pm.min_spare_servers = 2
pm.max_spare_servers = 6
pm.max_requests = 500
pm.status_path = /status
request_terminate_timeout = 30s
request_slowlog_timeout = 5s
slowlog = /var/log/php/$pool.slow.log
catch_workers_output = yes
chdir = /
security.limit_extensions = .php
php_admin_value[memory_limit] = 128M
php_admin_value[open_basedir] = /srv/site:/tmp
php_admin_value[error_log] = /var/log/php/site.log
php_admin_flag[log_errors] = on
php_value[post_max_size] = 9M
php_value[upload_max_filesize] = 8M
php_value[max_execution_time] = 30
env[TMPDIR] = /srv/site/tmp
`,
  ],
  [
    "host/etc/php/8.2/fpm/pool.d/shop.conf",
    `; the other
[shop]
user = www-data
group = www-data
listen = 127.0.0.1:9001
listen.allowed_clients = 127.0.0.1
pm = ondemand
pm.max_children = 5
pm.process_idle_timeout = 10s
`,
  ],
  [
    "host/etc/php/8.2/fpm/php.ini",
    "[PHP]\nmemory_limit = 128M\npost_max_size = 8M\nmax_execution_time = 30\n",
  ],
  ["host/etc/passwd", "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n"],
  ["host/etc/group", "root:x:0:\nwww-data:x:33:\n"],
  ["host/pools.conf", "[global]\ndaemonize = no\ninclude = /srv/pools/*.conf\n"],
  ["settled/fpmlint.json", `{ "rules": { "buffer/header-too-small": "warning" }, "failOn": "error" }\n`],
  [
    "settled/site.conf",
    "server {\n  listen 80;\n  location / {\n    fastcgi_pass unix:/run/php/site.sock;\n  }\n}\n",
  ],
  [
    "containers/compose.yaml",
    `services:
  web:
    image: nginx:1.27
    ports: ["80:80"]
    volumes: ["./site.conf:/etc/nginx/conf.d/default.conf:ro"]
  php:
    image: php:8.3-fpm
`,
  ],
  ["containers/site.conf", "server {\n  listen 80;\n  location / {\n    fastcgi_pass php:9000;\n  }\n}\n"],
  [
    "access.log",
    `203.0.113.1 - - [28/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 500 "-" "curl/8.5.0"
203.0.113.1 - - [28/Nov/2026:12:00:01 +0000] "GET /index.php HTTP/1.1" 502 150 "-" "curl/8.5.0"
`,
  ],
  [
    "error.log",
    `2026/11/28 12:00:01 [crit] 7#7: *1 connect() to unix:/run/php/site.sock failed (2: No such file or directory) while connecting to upstream, client: 203.0.113.1, server: site.example.com, request: "GET /index.php HTTP/1.1", upstream: "fastcgi://unix:/run/php/site.sock:", host: "site.example.com"
2026/11/28 12:00:02 [crit] 7#7: *2 connect() to unix:/run/php/site.sock failed (2: No such file or directory) while connecting to upstream, client: 203.0.113.1, server: site.example.com, request: "GET /index.php HTTP/1.1", upstream: "fastcgi://unix:/run/php/site.sock:", host: "site.example.com"
`,
  ],
];

/** Makes it anew. Throws where it cannot be written. */
async function makeCache(command: string): Promise<void> {
  startLean();
  const file = readFileSync(command, "latin1");
  const scripts = new Map<PartName, { readonly text: string; readonly script: Script }>();
  const load = requireFrom((name) => {
    const text = shown(file, name);
    const script = new Script(text, { filename: command });
    scripts.set(name, { text, script });
    return script.runInThisContext() as Modules;
  });
  const { run: program } = load("lint") as { readonly run: typeof run };
  const cached: Cached[] = [];
  const keep = (): void => {
    for (const name of PARTS) {
      const made = scripts.get(name);
      if (made !== undefined && !cached.some((one) => one.name === name))
        cached.push({ name, text: made.text, code: made.script.createCachedData() });
    }
  };
  await warm(program, keep);
  // Without the commands that ask for it: what they alone run must not make the others wait.
  load("docs");
  keep();
  const path = cacheBeside(command);
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, packed(cached, programIn(file)), { mode: 0o644, flag: "wx" });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function warm(program: typeof run, keep: () => void): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "fpmlint-cache-"));
  try {
    for (const [name, text] of FILES) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const nowhere = { write: () => true };
    const given = { env: {}, stdout: nowhere, stderr: nowhere };
    const nothing = (): void => undefined;
    const nobody = {
      output: () => process.stdout,
      errors: () => process.stderr,
      wrote: nothing,
      readMuch: nothing,
      hasRead: nothing,
    };
    const at = (name: string): string => join(root, name);
    const logs = [at("access.log"), at("error.log")];
    // What only some runs need must not make the others wait: each part is kept when it has done what most ask of it.
    const lines = [
      [[at("host")], [at("host/etc"), "--quiet"], [at("host"), "--format", "json"]],
      [["diagnose", ...logs, at("host/etc")], [at("settled")], [at("containers")]],
    ];
    for (const some of lines) {
      for (const words of some) await program(words, nobody, given);
      keep();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const command = join(__dirname, "fpmlint.js");
// Without the cache everything works as well, only later.
if (existsSync(command))
  makeCache(command).catch((error: unknown) => {
    process.stderr.write(`fpmlint starts without its code cache: ${String(error)}\n`);
  });
