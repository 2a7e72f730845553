/**
 * DATA: what is in the official images before anybody adds to them. Only what the daemons read, and only
 * what decides about requests to PHP.
 *
 * Read on 2026-11-28 in
 * - docker-library/php, Dockerfile-linux.template at 445bf41 (accounts: `adduser -u 82` on Alpine, Debian's
 *   own www-data with 33; `WORKDIR /var/www/html`; the three files of php-fpm.d; no php.ini but
 *   conf.d/docker-fpm.ini; `EXPOSE 9000`; `STOPSIGNAL SIGQUIT`), and at f26909c and 168b429, which moved
 *   `listen = 9000` from zz-docker.conf to docker.conf for 8.2.31, 8.3.30, 8.4.17 and 8.5.2;
 * - php/php-src, sapi/fpm/php-fpm.conf.in and sapi/fpm/www.conf.in;
 * - nginxinc/docker-nginx at b430bec, Dockerfile-debian.template (`useradd --uid 101 nginx`) and
 *   entrypoint/20-envsubst-on-templates.sh; update.sh has the versions of stable and mainline over time;
 * - nginx/pkg-oss, rpm/SOURCES/nginx-quic.nginx.conf and debian/debian-quic/nginx-quic.default.conf, which
 *   the packages put there.
 */

import type { ContainerAccounts } from "../host/spec.js";
import { stockText } from "../nginx/facts/stock.js";
import { olderThan } from "../source/version.js";
import { NGINX_ON_ALPINE, NGINX_ON_DEBIAN, PHP_ON_ALPINE, PHP_ON_DEBIAN } from "./accounts.js";

/** What an image holds. */
export interface Image {
  /** As it is written: `php:8.3-fpm-alpine`. */
  readonly name: string;
  /** Texts by their path in the image. */
  readonly files: ReadonlyMap<string, string>;
  /** Directories without any file in `files`. */
  readonly directories: readonly string[];
  /** `8.3`; `null`: the tag does not say, or there is no PHP in it. */
  readonly phpVersion: string | null;
  /** `1.27`; `null`: the tag does not say, or there is no nginx in it. */
  readonly nginxVersion: string | null;
  /** Whether its entrypoint makes `conf.d/x` of `templates/x.template`. */
  readonly templates: boolean;
  /**
   * The release of PHP from which on docker.conf says where PHP-FPM listens, if the tag may mean an image of
   * before or after it; `null`: it means one of them.
   */
  readonly listenMovedIn: string | null;
  /** It has nothing besides: no application with files of its own. */
  readonly bare: boolean;
  /** Its users and groups; `null`: those of this tag were not read. */
  readonly accounts: ContainerAccounts | null;
  /** Its command does not start as root. */
  readonly ownUser: boolean;
  /** Which daemon the command of the image starts. */
  readonly runs: "php-fpm" | "nginx" | null;
}

const PHP_MAIN = `[global]
;pid = run/php-fpm.pid
include=etc/php-fpm.d/*.conf
`;

/** The pool that PHP's own sources bring, as far as it is not in comments. `user`: its group has the same name. */
export const stockPool = (user: string, listen: string): string => `[www]
user = ${user}
group = ${user}
${listen}
pm = dynamic
pm.max_children = 5
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
`;

/** `log_limit` and `decorate_workers_output` came with PHP 7.3, and the image has them since then. */
const DOCKER = (listen: string, before73: boolean): string => `[global]
error_log = /proc/self/fd/2
${before73 ? "" : "log_limit = 8192\n"}
[www]
access.log = /proc/self/fd/2
clear_env = no
catch_workers_output = yes
${before73 ? "" : "decorate_workers_output = no\n"}${listen}`;

const ZZ_DOCKER = (listen: string): string => `[global]
daemonize = no

[www]
${listen}`;

/** From which patch release on docker.conf says where PHP-FPM listens, so that later files may say otherwise. */
const LISTENS_EARLY: ReadonlyMap<string, number> = new Map([
  ["8.2", 31],
  ["8.3", 30],
  ["8.4", 17],
  ["8.5", 2],
]);

/**
 * Where the image of a tag says it. A tag without a patch release may be an image of either time; the older
 * one answers on 9000 whatever other files say.
 */
function listensEarly(minor: string | null, patch: number | null): boolean {
  const since = LISTENS_EARLY.get(minor ?? "");
  if (since !== undefined) return patch !== null && patch >= since;
  return minor !== null && !olderThan(minor, "8.6");
}

function movedIn(name: string, minor: string | null, patch: string | null): string | null {
  // A digest means one image, and nothing tells which.
  if (patch !== null || name.includes("@")) return null;
  const release = minor ?? "8.5";
  const since = LISTENS_EARLY.get(release);
  return since === undefined ? null : `${release}.${since}`;
}

function phpFiles(minor: string | null, patch: number | null): ReadonlyMap<string, string> {
  const early = listensEarly(minor, patch);
  const files = new Map([
    ["/usr/local/etc/php-fpm.conf", PHP_MAIN],
    [
      "/usr/local/etc/php-fpm.d/docker.conf",
      DOCKER(early ? "listen = 9000\n" : "", minor !== null && olderThan(minor, "7.3")),
    ],
    [
      "/usr/local/etc/php-fpm.d/www.conf",
      stockPool("www-data", early ? ";listen = 127.0.0.1:9000" : "listen = 127.0.0.1:9000"),
    ],
    ["/usr/local/etc/php-fpm.d/zz-docker.conf", ZZ_DOCKER(early ? "" : "listen = 9000\n")],
  ]);
  return files;
}

const NGINX_MAIN = `user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';
    access_log  /var/log/nginx/access.log  main;
    sendfile        on;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
`;

const NGINX_DEFAULT = `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

/** Beside them the packages of nginx.org have these, and neither fastcgi.conf nor snippets. */
const NGINX_PARTS = ["fastcgi_params", "mime.types", "scgi_params", "uwsgi_params"].map(
  (name) => [`/etc/nginx/${name}`, stockText(`/${name}`) ?? ""] as const,
);

const NGINX_FILES: ReadonlyMap<string, string> = new Map([
  ...NGINX_PARTS,
  ["/etc/nginx/nginx.conf", NGINX_MAIN],
  ["/etc/nginx/conf.d/default.conf", NGINX_DEFAULT],
]);

const NOTHING: ReadonlyMap<string, string> = new Map();

/** The image without its registry: Docker's own library has no name before the slash. */
function library(name: string): string {
  return name
    .replace(/^(?:docker\.io|index\.docker\.io|registry\.hub\.docker\.com)\//, "")
    .replace(/^library\//, "");
}

/** Copies of the official images under other names, word for word, and those of one kind of machine. */
function official(name: string): string {
  return library(name)
    .replace(/^public\.ecr\.aws\/docker\/library\//, "")
    .replace(/^mirror\.gcr\.io\/(?:library\/)?/, "")
    .replace(/^(?:amd64|arm32v[5-7]|arm64v8|i386|mips64le|ppc64le|riscv64|s390x)\//, "");
}

/** The name of an image in Docker's own library, and its tag. */
export function partsOfName(written: string): { readonly repository: string; readonly tag: string } {
  const [name = ""] = official(written).split("@");
  const [, repository = "", tag = "latest"] = /^([^:]+)(?::(.+))?$/.exec(name) ?? [];
  return { repository, tag };
}

/** What is known of an image by its name; `null`: nothing. */
export function imageOf(written: string): Image | null {
  const { repository, tag } = partsOfName(written);
  if (repository === "php") return phpImage(written, tag);
  if (APPLICATIONS.has(repository)) return applicationImage(written, tag);
  if (repository === "nginx" || repository === "nginxinc/nginx-unprivileged")
    return nginxImage(written, tag, repository);
  return null;
}

/** Images of Docker's own library whose tags with `fpm` are built from `php:*-fpm*` and keep its files. */
const APPLICATIONS: ReadonlySet<string> = new Set([
  "backdrop",
  "drupal",
  "friendica",
  "joomla",
  "matomo",
  "mediawiki",
  "monica",
  "nextcloud",
  "phpmyadmin",
  "wordpress",
]);

/** One with PHP-FPM; `null`: another variant, which has Apache. */
function applicationImage(name: string, tag: string): Image | null {
  if (!/(?:^|-)fpm(?:-|$)/.test(tag)) return null;
  const version = /(?:^|-)php(\d\.\d)(?:-|$)/.exec(tag)?.[1];
  // Which release of PHP's image it was built from cannot be told.
  const base = phpImage(name, `${version ?? ""}-fpm${ON_ALPINE.test(tag) ? "-alpine" : ""}`);
  // What an application adds was not read.
  const accounts = base.accounts === null ? null : { ...base.accounts, complete: false };
  return { ...base, accounts, bare: false, listenMovedIn: null };
}

/** `fpm-alpine3.20`; without it a tag is built on Debian. */
const ON_ALPINE = /(?:^|-)alpine/;

function phpImage(name: string, tag: string): Image {
  // Release candidates are of one time, and nothing tells which.
  const candidate = /rc|alpha|beta/i.test(tag);
  const [, minor = null, patch] = /^(\d+\.\d+)(?:\.(\d+))?(?:[-a-zA-Z]|$)/.exec(tag) ?? [];
  const base = {
    name,
    phpVersion: minor,
    nginxVersion: null,
    templates: false,
    listenMovedIn: null,
    bare: true,
    accounts: ON_ALPINE.test(tag) ? PHP_ON_ALPINE() : PHP_ON_DEBIAN(),
    ownUser: false,
  };
  const directories = ["/var/www/html", "/usr/local/etc/php/conf.d"];
  if (!/(?:^|-)fpm(?:-|$)/.test(tag)) return { ...base, files: NOTHING, directories, runs: null };
  const files = phpFiles(minor, patch === undefined ? null : Number(patch));
  return {
    ...base,
    files,
    directories,
    runs: "php-fpm",
    listenMovedIn: candidate ? null : movedIn(name, minor, patch ?? null),
  };
}

function onBase(tag: string): ContainerAccounts {
  return ON_ALPINE.test(tag) ? NGINX_ON_ALPINE() : NGINX_ON_DEBIAN();
}

function nginxImage(name: string, tag: string, repository: string): Image {
  const version = /^(\d+\.\d+(?:\.\d+)?)(?:-|$)/.exec(tag)?.[1] ?? null;
  // The one without privileges listens on 8080, and its account is the same.
  const unprivileged = repository !== "nginx";
  const files = unprivileged
    ? new Map(
        [...NGINX_FILES].map(([path, text]) => [
          path,
          text.replace("80;", "8080;").replace(/^user .*\n/, ""),
        ]),
      )
    : NGINX_FILES;
  // The entrypoint with templates came with 1.19.
  const templates = version === null || !/^1\.(?:\d|1[0-8])(?:\.|$)/.test(version);
  return {
    name,
    files,
    directories: ["/usr/share/nginx/html"],
    phpVersion: null,
    nginxVersion: version !== null && version.split(".").length === 3 ? version : null,
    templates,
    listenMovedIn: null,
    bare: true,
    // One number for all variants came in 2019, with 1.17.
    accounts: version !== null && olderThan(version, "1.18") ? null : onBase(tag),
    ownUser: unprivileged,
    runs: "nginx",
  };
}
