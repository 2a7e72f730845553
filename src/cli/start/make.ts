import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import type { run } from "../run.js";
import { cacheBeside, digestOf, type Program, shown } from "./cache.js";

/**
 * Makes the code cache beside the command: what the build and the installation of the package run. A small host is
 * linted and its logs are read first, so that the functions for that are in it.
 */

const FILES: readonly (readonly [path: string, text: string])[] = [
  [
    "etc/nginx/nginx.conf",
    `user www-data;
events {
}
http {
  include /etc/nginx/sites-enabled/*.conf;
}
`,
  ],
  [
    "etc/nginx/fastcgi_params",
    `fastcgi_param QUERY_STRING $query_string;
fastcgi_param REQUEST_METHOD $request_method;
fastcgi_param CONTENT_TYPE $content_type;
fastcgi_param CONTENT_LENGTH $content_length;
`,
  ],
  [
    "etc/nginx/sites-enabled/site.conf",
    `server {
  listen 80;
  listen 443 ssl http2;
  server_name site.example.com;
  root /srv/site/public;
  index index.php;
  client_max_body_size 8m;
  ssl_certificate certs/site.pem;
  ssl_certificate_key certs/site.key;
  add_header X-Frame-Options "SAMEORIGIN" always;
  gzip on;
  set $skip 0;
  if ($request_method = POST) {
    set $skip 1;
  }
  rewrite ^/old/(.*)$ /new/$1 permanent;
  location / {
    try_files $uri $uri/ /index.php?$args;
  }
  location ~ /\\. {
    deny all;
  }
  location = /robots.txt {
    access_log off;
  }
  location ~ \\.php$ {
    try_files $uri =404;
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_index index.php;
    fastcgi_read_timeout 300s;
    fastcgi_pass unix:/run/php/site.sock;
  }
  error_page 500 502 503 504 /50x.html;
}
`,
  ],
  ["etc/php/8.2/fpm/php-fpm.conf", "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n"],
  [
    "etc/php/8.2/fpm/pool.d/site.conf",
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
request_terminate_timeout = 30s
php_admin_value[memory_limit] = 128M
env[TMPDIR] = /srv/site/tmp
`,
  ],
  ["etc/passwd", "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n"],
  ["etc/group", "root:x:0:\nwww-data:x:33:\n"],
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
  const source = shown(readFileSync(command, "utf8"));
  const script = new Script(source, { filename: command });
  const program = (script.runInThisContext() as Program<{ readonly run: typeof run }>)(
    process.getBuiltinModule,
  );
  await warm(program.run);
  const code = script.createCachedData();
  const path = cacheBeside(command);
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, Buffer.concat([code, digestOf(source, code)]), { mode: 0o644, flag: "wx" });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function warm(program: typeof run): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "fpmlint-cache-"));
  try {
    for (const [name, text] of FILES) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const nowhere = { write: () => true };
    const given = { env: {}, stdout: nowhere, stderr: nowhere };
    const at = (name: string): string => join(root, name);
    const logs = [at("access.log"), at("error.log")];
    for (const words of [[at("etc")], [at("etc"), "--quiet"], ["diagnose", ...logs, at("etc")]])
      await program(words, () => undefined, given);
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
