import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sources } from "../../build/fixtures.js";
import { STOCK_PARAMETERS } from "../../support/fastcgi-params.js";

/** A site as the manual of its application has it, from `fixtures/applications`. */
export interface Application {
  readonly name: string;
  /** The server block. `@POOL@` stands for the address of the pool. */
  readonly server: string;
  /** Lines for nginx's `http` block, for php.ini and for the pool, from the head of the file. */
  readonly http: readonly string[];
  readonly ini: readonly string[];
  readonly pool: readonly string[];
}

/** A whole host's files by path: their texts, and links with what they lead to. */
export type HostFiles = Readonly<Record<string, string | { readonly link: string }>>;

/** A way in which distributions lay out nginx and PHP-FPM. */
export interface Layout {
  readonly name: string;
  /** PHP-FPM's main file. */
  readonly fpm: string;
  /** A host with these sites and one pool for all of them. */
  compose(sites: readonly Application[]): HostFiles;
}

const HEAD = /^# (http|php\.ini|pool): (.+)$/;

export function applications(): readonly Application[] {
  const directory = join(sources(), "applications");
  return readdirSync(directory)
    .filter((file) => file.endsWith(".conf"))
    .sort()
    .map((file) =>
      readApplication(file.slice(0, -".conf".length), readFileSync(join(directory, file), "utf8")),
    );
}

function readApplication(name: string, text: string): Application {
  const lines = text.split("\n");
  const head = lines.flatMap((line) => {
    const [, where, content] = HEAD.exec(line) ?? [];
    return where === undefined || content === undefined ? [] : [{ where, content }];
  });
  const of = (where: string): readonly string[] =>
    head.filter((line) => line.where === where).map(({ content }) => content);
  const server = lines.slice(head.length).join("\n");
  return { name, server, http: of("http"), ini: of("php.ini"), pool: of("pool") };
}

function serverFor(site: Application, address: string): string {
  return site.server.replaceAll("@POOL@", address);
}

function lines(...parts: readonly (string | readonly string[])[]): string {
  return `${parts.flat().join("\n")}\n`;
}

const parameters = STOCK_PARAMETERS.map(([name, value]) => `fastcgi_param ${name} ${value};`);

const STOCK: HostFiles = {
  "/etc/nginx/mime.types": lines("types {", "    text/html html htm;", "    text/css css;", "}"),
  "/etc/nginx/fastcgi_params": lines(parameters),
  "/etc/nginx/fastcgi.conf": lines(
    "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;",
    parameters,
  ),
  "/etc/nginx/snippets/fastcgi-php.conf": lines(
    "fastcgi_split_path_info ^(.+?\\.php)(/.*)$;",
    "try_files $fastcgi_script_name =404;",
    "set $path_info $fastcgi_path_info;",
    "fastcgi_param PATH_INFO $path_info;",
    "fastcgi_index index.php;",
    "include fastcgi.conf;",
  ),
};

/** What both distributions have in their php.ini, unless the manual says something else. */
const INI = [
  ["memory_limit", "128M"],
  ["max_execution_time", "30"],
  ["upload_max_filesize", "2M"],
  ["post_max_size", "8M"],
] as const;

function phpIni(sites: readonly Application[]): string {
  const said = sites.flatMap(({ ini }) => ini);
  const names = new Set(said.map((line) => line.split(" = ")[0]));
  const others = INI.filter(([name]) => !names.has(name)).map(([name, value]) => `${name} = ${value}`);
  return lines("[PHP]", others, said);
}

const debian: Layout = {
  name: "debian",
  fpm: "/etc/php/8.2/fpm/php-fpm.conf",
  compose: (sites) => ({
    ...STOCK,
    "/etc/passwd": lines(
      "root:x:0:0:root:/root:/bin/bash",
      "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin",
    ),
    "/etc/group": lines("root:x:0:", "www-data:x:33:"),
    "/etc/nginx/nginx.conf": lines(
      "user www-data;",
      "worker_processes auto;",
      "pid /run/nginx.pid;",
      "error_log /var/log/nginx/error.log;",
      "events {",
      "    worker_connections 768;",
      "}",
      "http {",
      "    sendfile on;",
      "    tcp_nopush on;",
      "    types_hash_max_size 2048;",
      "    include /etc/nginx/mime.types;",
      "    default_type application/octet-stream;",
      "    access_log /var/log/nginx/access.log;",
      "    gzip on;",
      "    include /etc/nginx/conf.d/*.conf;",
      "    include /etc/nginx/sites-enabled/*;",
      "}",
    ),
    "/etc/nginx/conf.d/sites.conf": lines(sites.flatMap(({ http }) => http)),
    ...Object.fromEntries(
      sites.map((site) => [
        `/etc/nginx/sites-available/${site.name}`,
        serverFor(site, "unix:/run/php/php8.2-fpm.sock"),
      ]),
    ),
    ...Object.fromEntries(
      sites.map((site) => [
        `/etc/nginx/sites-enabled/${site.name}`,
        { link: `/etc/nginx/sites-available/${site.name}` },
      ]),
    ),
    "/etc/php/8.2/fpm/php.ini": phpIni(sites),
    "/etc/php/8.2/fpm/php-fpm.conf": lines(
      "[global]",
      "pid = /run/php/php8.2-fpm.pid",
      "error_log = /var/log/php8.2-fpm.log",
      "include=/etc/php/8.2/fpm/pool.d/*.conf",
    ),
    "/etc/php/8.2/fpm/pool.d/www.conf": lines(
      "[www]",
      "user = www-data",
      "group = www-data",
      "listen = /run/php/php8.2-fpm.sock",
      "listen.owner = www-data",
      "listen.group = www-data",
      "pm = dynamic",
      "pm.max_children = 5",
      "pm.start_servers = 2",
      "pm.min_spare_servers = 1",
      "pm.max_spare_servers = 3",
      sites.flatMap(({ pool }) => pool),
    ),
  }),
};

const rhel: Layout = {
  name: "rhel",
  fpm: "/etc/php-fpm.conf",
  compose: (sites) => ({
    ...STOCK,
    "/etc/passwd": lines(
      "root:x:0:0:root:/root:/bin/bash",
      "nginx:x:990:990:nginx:/var/lib/nginx:/sbin/nologin",
      "apache:x:48:48:Apache:/usr/share/httpd:/sbin/nologin",
    ),
    "/etc/group": lines("root:x:0:", "nginx:x:990:", "apache:x:48:"),
    "/etc/nginx/nginx.conf": lines(
      "user nginx;",
      "worker_processes auto;",
      "error_log /var/log/nginx/error.log notice;",
      "pid /run/nginx.pid;",
      "events {",
      "    worker_connections 1024;",
      "}",
      "http {",
      "    access_log /var/log/nginx/access.log;",
      "    sendfile on;",
      "    keepalive_timeout 65;",
      "    include /etc/nginx/mime.types;",
      "    default_type application/octet-stream;",
      "    include /etc/nginx/conf.d/*.conf;",
      "}",
    ),
    "/etc/nginx/conf.d/php-fpm.conf": lines("upstream php-fpm {", "    server 127.0.0.1:9000;", "}"),
    ...Object.fromEntries(
      sites.map((site) => [
        `/etc/nginx/conf.d/${site.name}.conf`,
        lines(site.http, serverFor(site, "php-fpm")),
      ]),
    ),
    "/etc/php.ini": phpIni(sites),
    "/etc/php-fpm.conf": lines(
      "include=/etc/php-fpm.d/*.conf",
      "[global]",
      "pid = /run/php-fpm/php-fpm.pid",
      "error_log = /var/log/php-fpm/error.log",
      "daemonize = yes",
    ),
    "/etc/php-fpm.d/www.conf": lines(
      "[www]",
      "user = apache",
      "group = apache",
      "listen = 127.0.0.1:9000",
      "listen.allowed_clients = 127.0.0.1",
      "pm = dynamic",
      "pm.max_children = 50",
      "pm.start_servers = 5",
      "pm.min_spare_servers = 5",
      "pm.max_spare_servers = 35",
      "slowlog = /var/log/php-fpm/www-slow.log",
      "php_admin_value[error_log] = /var/log/php-fpm/www-error.log",
      "php_admin_flag[log_errors] = on",
      sites.flatMap(({ pool }) => pool),
    ),
  }),
};

export const layouts: readonly Layout[] = [debian, rhel];
