import type { HostDraft, PoolDraft } from "./draft.js";
import type { Random } from "./random.js";

/** A pool that nginx can reach and that runs scripts, in one of the many ways to write one. */
export function drawPool(host: HostDraft, { int, chance, pick }: Random, number: number): PoolDraft {
  const name = pick([`www${number}`, `app-${number}`, `site_${number}`]);
  const version = number > 1 && chance(0.1) ? "8.1" : "8.2";
  const pool: PoolDraft = {
    name,
    version,
    file: chance(0.8) ? `${name}.conf` : "all.conf",
    listen: "",
    addresses: [],
    walled: false,
    lines: [],
  };
  const account = pick(["www-data", "www-data", "www-data", "nobody", "33"]);
  pool.lines.push(`user = ${account}`);
  if (account !== "www-data" || chance(0.7))
    pool.lines.push(`group = ${account === "nobody" ? "nogroup" : account}`);
  pool.lines.push("catch_workers_output = yes");
  if (chance(0.65)) drawSocket(host, pool, { int, chance, pick });
  else drawPort(host, pool, 9000 + number, { int, chance, pick });
  drawWorkers(host, pool, { int, chance, pick });
  if (chance(0.2)) pool.lines.push(`listen.backlog = ${pick(["-1", "511", "128", "4096"])}`);
  if (chance(0.2)) pool.lines.push(`pm.max_requests = ${pick(["500", "1000", "0"])}`);
  if (chance(0.2))
    pool.lines.push(`security.limit_extensions = ${pick([".php", ".php .phtml", ".php .php8"])}`);
  if (chance(0.2)) pool.lines.push("chdir = /");
  if (chance(0.2))
    pool.lines.push(pick(["env[APP] = live", "php_admin_flag[log_errors] = on", "clear_env = no"]));
  return pool;
}

function drawSocket(host: HostDraft, pool: PoolDraft, { chance, pick }: Random): void {
  const base = pick(["/run/php", "/run/php", "/run/php-fpm", "/srv/run"]);
  const path = `${base}/${pool.name}.sock`;
  const [head = "", ...rest] = path.slice(1).split("/");
  const around = (first: string): string => [first, ...rest].join("/");
  pool.listen = pick([
    path,
    path,
    base === "/srv/run" ? path : around("/var/run"),
    `${base}/$pool.sock`,
    `${base}//${pool.name}.sock`,
    `"${path}"`,
  ]);
  pool.addresses.push(
    `unix:${path}`,
    `unix:${path}`,
    `unix:/${head}//${rest.join("/")}`,
    `unix:/${head}/./${rest.join("/")}`,
    `"unix:${path}"`,
  );
  if (base !== "/srv/run") pool.addresses.push(`unix:${around("/var/run")}`);
  if (chance(0.2)) {
    const link = `/srv/link/${pool.name}.sock`;
    host.links.set(link, path);
    pool.addresses.push(`unix:${link}`, `unix:${link}`);
    host.drawn.add("symbolic link");
  }
  drawAccess(host, pool, { chance, pick });
  host.drawn.add("socket");
}

/** Who may open the socket: nginx's account, its group, everybody, an ACL, a number for a name. */
function drawAccess(host: HostDraft, pool: PoolDraft, { pick }: Pick<Random, "chance" | "pick">): void {
  const [user = "www-data", named] = (host.user ?? "www-data").split(" ");
  const group = named ?? user;
  const number: Readonly<Record<string, string>> = { "www-data": "33", nobody: "65534", daemon: "1" };
  const way = pick<readonly string[]>([
    [`listen.owner = ${user}`, `listen.group = ${group}`, "listen.mode = 0660"],
    [`listen.owner = ${user}`, `listen.group = ${group}`],
    [`listen.owner = ${user}`],
    [`listen.owner = ${user}`, "listen.mode = 0600"],
    [`listen.group = ${group}`],
    ["listen.owner = root", `listen.group = ${group}`, "listen.mode = 0660"],
    [`listen.owner = ${number[user] ?? user}`, "listen.mode = 0600"],
    ["listen.mode = 0666"],
    [`listen.acl_users = ${user}`],
    [`listen.acl_users = ${user === "daemon" ? "nobody" : "daemon"},${user}`, "listen.owner = root"],
    [`listen.acl_groups = ${group}`],
  ]);
  pool.lines.push(...way);
  for (const word of ["acl_users", "acl_groups", "0666", "0600"])
    if (way.some((line) => line.includes(word))) host.drawn.add(word);
}

function drawPort(host: HostDraft, pool: PoolDraft, port: number, { chance, pick }: Random): void {
  const [listen, ...addresses] = pick<readonly [string, ...string[]]>([
    [`127.0.0.1:${port}`, `127.0.0.1:${port}`],
    [`127.0.0.1:${port}`, `127.0.0.1:${port}`, `localhost:${port}`],
    [`127.0.0.1:${port}`, `"127.0.0.1:${port}"`],
    [`${port}`, `127.0.0.1:${port}`, `localhost:${port}`],
    [`0.0.0.0:${port}`, `127.0.0.1:${port}`, `127.0.0.2:${port}`],
    [`localhost:${port}`, `localhost:${port}`],
    [`[::1]:${port}`, `[::1]:${port}`],
    [`[::]:${port}`, `[::1]:${port}`],
  ]);
  pool.listen = listen;
  pool.addresses.push(...addresses);
  const clients = pick(["", "", "127.0.0.1", "127.0.0.1,::1", "::1, 127.0.0.1"]);
  if (clients !== "" && !addresses.some((one) => one.includes("127.0.0.2"))) {
    pool.lines.push(`listen.allowed_clients = ${listen.includes("[::1]") ? "::1" : clients}`);
    host.drawn.add("allowed_clients");
  }
  // No effect on a port.
  if (chance(0.2)) pool.lines.push("listen.owner = www-data", "listen.mode = 0660");
  host.drawn.add(/^\[|^localhost/.test(listen) ? `listen ${listen.replace(/:\d+$/, "")}` : "port");
}

function drawWorkers(host: HostDraft, pool: PoolDraft, { int, chance, pick }: Random): void {
  const pm = pick(["static", "dynamic", "dynamic", "ondemand"]);
  const most = int(2, 6);
  pool.lines.push(`pm = ${pm}`, `pm.max_children = ${most}`);
  host.drawn.add(pm);
  if (pm === "dynamic") {
    const least = int(1, Math.min(2, most));
    const top = int(least, most);
    pool.lines.push(`pm.min_spare_servers = ${least}`, `pm.max_spare_servers = ${top}`);
    if (chance(0.7)) pool.lines.push(`pm.start_servers = ${int(least, top)}`);
  } else if (chance(0.3)) {
    // Without effect, and odd enough to be refused under dynamic.
    pool.lines.push("pm.start_servers = 9");
  }
  if (pm === "ondemand" && chance(0.5)) pool.lines.push("pm.process_idle_timeout = 10s");
}
