import { allEntries, drop, has, inner, type PoolDraft, put } from "./draft.js";
import { type Fault, upstreamOf } from "./faults-nginx.js";

const set = (...lines: readonly string[]): Fault => {
  return (_host, _site, entry) => {
    for (const one of lines) setting(entry.pool, one);
    return true;
  };
};

/** One of them. */
const oneOf = (...lines: readonly string[]): Fault => {
  return (_host, _site, entry, { pick }) => {
    setting(entry.pool, pick(lines));
    return true;
  };
};

function setting(pool: PoolDraft, line: string): void {
  put(pool.lines, line);
}

function bare(pool: PoolDraft, ...names: readonly string[]): void {
  for (const name of names) drop(pool.lines, name);
}

const ACCESS = ["listen.owner", "listen.group", "listen.mode", "listen.acl_users", "listen.acl_groups"];

export const poolFaults: Readonly<Record<string, Fault>> = {
  "nobody owns the socket": (_host, _site, { pool }) => {
    if (/\d$/.test(pool.listen)) return false;
    bare(pool, ...ACCESS);
    return true;
  },
  "another owner": (_host, _site, { pool }, { pick }) => {
    bare(pool, ...ACCESS);
    const owner = pick(["daemon", "nobody", "root", "www-data", "33"]);
    pool.lines.push(`listen.owner = ${owner}`, `listen.mode = ${pick(["0660", "0600", "0640"])}`);
    return true;
  },
  "a closed mode": oneOf(
    "listen.mode = 0440",
    "listen.mode = 0600",
    "listen.mode = 0640",
    "listen.mode = 0060",
  ),
  "a mode in letters": set("listen.mode = rw-rw----"),
  "an ACL for others": (_host, _site, { pool }, { pick }) => {
    bare(pool, ...ACCESS);
    pool.lines.push(
      pick(["listen.acl_users = daemon", "listen.acl_groups = nogroup", "listen.acl_users = www-data"]),
    );
    return true;
  },
  "clients refused": (_host, _site, { pool }, { pick }) => {
    if (!/\d$/.test(pool.listen)) return false;
    setting(
      pool,
      `listen.allowed_clients = ${pick(["10.0.0.1", "any", "localhost", "127.0.0.0/8", " 127.0.0.1", "::1", "127.0.0.1"])}`,
    );
    return true;
  },
  "killed early": oneOf("request_terminate_timeout = 1", "request_terminate_timeout = 2s"),
  "killed late": oneOf(
    "request_terminate_timeout = 300",
    "request_terminate_timeout = 10m",
    "request_terminate_timeout = 0",
  ),
  "another extension": oneOf(
    "security.limit_extensions = .php5",
    "security.limit_extensions = .php,.phtml",
    "security.limit_extensions = .html .phtml",
  ),
  "small forms": oneOf("php_value[post_max_size] = 1M", "php_admin_value[post_max_size] = 512K"),
  "large forms": oneOf("php_value[post_max_size] = 64M", "php_admin_value[post_max_size] = 0"),
  "little memory": set("php_admin_value[memory_limit] = 2M", "php_admin_value[post_max_size] = 8M"),
  "a limit with a wrong unit": oneOf(
    "php_admin_value[memory_limit] = 256MB",
    "php_value[post_max_size] = 8MB",
  ),
  "counts out of order": (_host, _site, { pool }, { pick }) => {
    setting(pool, "pm = dynamic");
    setting(
      pool,
      pick([
        "pm.min_spare_servers = 7",
        "pm.max_spare_servers = 0",
        "pm.start_servers = 20",
        "pm.max_children = 0",
        "pm.max_children = 1",
      ]),
    );
    return true;
  },
  "no pm": (_host, _site, { pool }) => {
    bare(pool, "pm");
    return true;
  },
  "no idle time": set("pm = ondemand", "pm.process_idle_timeout = 0"),
  "an unknown setting": oneOf(
    "pm.max_childs = 5",
    "listen.onwer = www-data",
    "daemonize = no",
    "memory_limit = 128M",
  ),
  "an invalid value": oneOf(
    "pm = sometimes",
    "pm.max_requests = many",
    "request_terminate_timeout = 5 minutes",
    "catch_workers_output = perhaps",
    "ping.path = ping",
  ),
  "a misread time": oneOf("request_terminate_timeout = 500ms", "request_terminate_timeout = 1.5m"),
  "a # comment": (_host, _site, { pool }, { pick }) => {
    pool.lines.push(pick(["# workers", "#pm.max_requests = 5", "pm.max_requests 5"]));
    return true;
  },
  "no listen": (_host, _site, { pool }) => {
    pool.listen = "";
    return true;
  },
  "one address for two": (host, _site, { pool }) => {
    const other = host.pools.find((one) => one !== pool);
    if (other === undefined || other.listen.includes("$pool")) return false;
    pool.listen = other.listen;
    return true;
  },
  "an unknown account": (_host, _site, { pool }, { pick }) => {
    const shut = /\d$/.test(pool.listen) || pool.lines.some((line) => line.includes("listen.acl"));
    // Where no socket needs it, `php-fpm -t` refuses the name and the daemon starts all the same.
    const names = [
      "user = nosuchuser",
      "group = nosuchgroup",
      ...(shut ? [] : ["listen.owner = nosuchuser"]),
    ];
    setting(pool, pick(names));
    return true;
  },
  "a root pool": set("user = root", "group = root"),
  "no user": (_host, _site, { pool }) => {
    bare(pool, "user");
    return true;
  },
  "a slow log without file": (_host, _site, { pool }) => {
    bare(pool, "slowlog");
    setting(pool, "request_slowlog_timeout = 5s");
    return true;
  },
  "a missing directory": (host) => {
    host.global.push("include = /etc/php/nowhere/*.conf");
    return true;
  },
  chroot: (host, site, { pool }) => {
    const all = allEntries(host).filter((one) => one.entry.pool === pool);
    // Paths of other directories may be there a second time inside it.
    const alias = ({ entry }: (typeof all)[number]): boolean =>
      entry.blocks.some(({ lines }) => has(lines, "alias"));
    if (site.root === "" || all.some((one) => one.site !== site || alias(one))) return false;
    setting(pool, `chroot = ${site.root}`);
    return true;
  },
  "a tiny queue": (_host, _site, { pool }, { pick }) => {
    bare(pool, "pm.start_servers", "pm.min_spare_servers", "pm.max_spare_servers", "pm.process_idle_timeout");
    for (const one of [
      "pm = static",
      "pm.max_children = 2",
      `listen.backlog = ${pick(["0", "1", "2", "16"])}`,
    ])
      setting(pool, one);
    return true;
  },
  "kept connections": (host, _site, entry, { pick }) => {
    const kept = upstreamOf(host, entry, (lines) => put(lines, `keepalive ${pick(["2", "8", "16"])};`));
    if (kept) put(host.http, "fastcgi_keep_conn on;");
    if (kept) for (const one of ["pm = static", "pm.max_children = 2"]) setting(entry.pool, one);
    return kept;
  },
  "a long path": (_host, _site, { pool }) => {
    pool.listen = `/run/php/${"long".repeat(30)}.sock`;
    return true;
  },
  PHP_VALUE: (_host, _site, entry, { pick }) => {
    const size = pick(["1M", "64M", "8M"]);
    inner(entry).lines.push(
      `fastcgi_param ${pick(["PHP_VALUE", "PHP_ADMIN_VALUE"])} "post_max_size=${size}";`,
    );
    return true;
  },
};
