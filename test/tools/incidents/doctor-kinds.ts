/** What may be wrong with a running pair, and the check of `fpmlint doctor` that has to fail for it. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { holderKinds } from "./doctor-holders.js";
import { logKinds } from "./doctor-log.js";
import { memoryKinds } from "./doctor-memory.js";
import { pathKinds } from "./doctor-paths.js";
import { prefixKinds } from "./doctor-prefix.js";
import { rootKinds } from "./doctor-roots.js";
import { staleKinds } from "./doctor-stale.js";
import { stoppedKinds } from "./doctor-stopped.js";
import { tlsKinds } from "./doctor-tls.js";
import type { Need } from "./needs.js";
import type { Pair, PairOptions } from "./pair.js";

export interface DoctorKind {
  readonly name: string;
  /** Ids of checks of which the first that fails has to be one; none: no check may fail. */
  readonly expected: readonly string[];
  /** A snapshot cannot tell, or only where `ls` shows access control lists, so that none is made of it. Absent: one is. */
  readonly live?: true;
  /** What the machine has to allow. Absent: nothing that not every machine does. */
  readonly needs?: Need;
  /** What nginx answers for the script at the time of the look; 0: nothing. Absent: not asked. */
  readonly status?: number;
  /** Only on a Unix socket, or only on a port. Absent: on both. */
  readonly only?: "unix" | "tcp";
  readonly options?: Partial<PairOptions>;
  /** Before the daemons start. */
  readonly prepares?: (pair: Pair) => void;
  /** Makes it happen on a pair that runs; a function as answer is called after the look, to undo it. */
  readonly happens?: (pair: Pair, many: number) => Promise<unknown>;
}

/** Files have whole seconds here and there, and processes start when the pair does: a change is a moment later. */
function changeLater(path: string): void {
  const at = Date.now() / 1000 + 5;
  utimesSync(path, at, at);
}

const pause = (milliseconds: number): Promise<void> => new Promise((wake) => setTimeout(wake, milliseconds));

/** Keeps workers busy while the machine is looked at. */
const busy =
  (requests: number) =>
  async (pair: Pair): Promise<() => Promise<unknown>> => {
    const asked = pair.askMany("/index.php?m=sleep&s=5", requests);
    await pause(500);
    return () => asked;
  };

/** Short requests, so many at a time and one after the other, while the machine is looked at. */
const busyWithShort =
  (clients: number) =>
  async (pair: Pair): Promise<() => Promise<unknown>> => {
    let looking = true;
    const client = async (): Promise<void> => {
      while (looking) await pair.ask("/index.php?m=nap&ms=50");
    };
    const all = Promise.all(Array.from({ length: clients }, client));
    await pause(300);
    return () => {
      looking = false;
      return all;
    };
  };

/** opcache goes on with a script for two seconds, whoever may read it by then. */
const NO_CACHE = "php_admin_value[opcache.enable] = 0";

export const doctorKinds: readonly DoctorKind[] = [
  { status: 200, name: "nothing", expected: [] },
  {
    name: "requests",
    expected: [],
    happens: async (pair, many) => void (await pair.askMany("/index.php", many)),
  },
  {
    name: "status and ping",
    expected: [],
    options: { pool: "pm.status_path = /status\nping.path = /ping" },
  },
  {
    status: 200,
    name: "on demand",
    expected: [],
    options: { pool: "pm = ondemand\npm.max_children = 3" },
  },
  {
    name: "reloaded",
    expected: [],
    options: { global: "pid = DIR/fpm.pid" },
    happens: async (pair) => {
      pair.signalFpm("SIGUSR2");
      pair.signalNginx("SIGHUP");
      await pair.wait("fpm.log", "ready to handle connections", 2);
      await pause(500);
    },
  },
  {
    status: 502,
    name: "PHP-FPM stopped",
    expected: ["basics/php-fpm"],
    happens: async (pair) => {
      pair.signalFpm("SIGTERM");
      await pair.ended("fpm");
    },
  },
  {
    status: 502,
    name: "PHP-FPM killed",
    expected: ["basics/php-fpm"],
    happens: async (pair) => {
      pair.killFpm();
      await pair.ended("fpm");
    },
  },
  {
    status: 0,
    name: "nginx stopped",
    expected: ["basics/nginx"],
    happens: async (pair) => {
      pair.signalNginx("SIGTERM");
      await pair.ended("nginx");
    },
  },
  {
    name: "pool added",
    expected: ["basics/pools"],
    happens: async ({ files, dir }) => {
      const pool = `[new]\nuser = www-data\nlisten = ${dir}/run/new.sock\npm = static\npm.max_children = 2\n`;
      writeFileSync(files.fpm, readFileSync(files.fpm, "utf8") + pool);
    },
  },
  {
    name: "nginx not reloaded",
    expected: ["basics/nginx-reloaded"],
    happens: async ({ files }) => changeLater(files.nginx),
  },
  {
    name: "a site enabled and not reloaded",
    expected: ["basics/nginx-reloaded"],
    options: { http: "include DIR/sites/*;" },
    prepares: ({ dir }) => {
      mkdirSync(join(dir, "sites"));
      writeFileSync(join(dir, "site"), "# nothing\n");
      utimesSync(join(dir, "site"), 1_700_000_000, 1_700_000_000);
    },
    happens: async ({ dir }) => {
      await pause(2500);
      symlinkSync(join(dir, "site"), join(dir, "sites/site"));
    },
  },
  {
    name: "PHP-FPM not reloaded",
    expected: ["basics/php-fpm-reloaded"],
    happens: async ({ files }) => changeLater(files.fpm),
  },
  {
    name: "program removed",
    expected: ["basics/program"],
    options: {
      program: (dir) => {
        copyFileSync("/usr/sbin/nginx", join(dir, "nginx"));
        chmodSync(join(dir, "nginx"), 0o755);
        return join(dir, "nginx");
      },
    },
    happens: async ({ dir }) => unlinkSync(join(dir, "nginx")),
  },
  {
    status: 502,
    name: "wrong socket",
    expected: ["reality/listens"],
    only: "unix",
    options: { pass: "unix:DIR/run/other.sock" },
  },
  {
    status: 502,
    name: "wrong port",
    expected: ["reality/listens"],
    only: "tcp",
    options: { pass: "127.0.0.1:PORT" },
  },
  {
    status: 502,
    name: "socket removed",
    expected: ["reality/socket-file"],
    only: "unix",
    happens: async (pair) => rmSync(pair.listen),
  },
  {
    status: 502,
    name: "a file instead of the socket",
    expected: ["reality/socket-file"],
    only: "unix",
    happens: async (pair) => {
      rmSync(pair.listen);
      writeFileSync(pair.listen, "");
    },
  },
  {
    status: 502,
    name: "nginx with mounts of its own",
    live: true,
    expected: ["reality/socket-file"],
    only: "unix",
    options: {
      program: (dir) => {
        const script = `#!/bin/sh\nexec unshare -m sh -c 'mount -t tmpfs none ${dir}/run && exec nginx "$@"' sh "$@"\n`;
        writeFileSync(join(dir, "nginx.sh"), script, { mode: 0o755 });
        return join(dir, "nginx.sh");
      },
    },
  },
  {
    status: 502,
    name: "mode",
    expected: ["reality/socket-access"],
    only: "unix",
    options: { pool: "listen.owner = root\nlisten.group = root\nlisten.mode = 0600" },
  },
  {
    status: 502,
    name: "chmod by hand",
    expected: ["reality/socket-access"],
    only: "unix",
    happens: async (pair) => chmodSync(pair.listen, 0),
  },
  {
    status: 502,
    name: "directory closed",
    expected: ["reality/socket-access"],
    only: "unix",
    happens: async ({ dir }) => chmodSync(join(dir, "run"), 0o700),
  },
  {
    status: 200,
    name: "opened by hand",
    expected: ["reality/socket-mode"],
    only: "unix",
    happens: async (pair) => chmodSync(pair.listen, 0o666),
  },
  {
    status: 200,
    name: "an access control list by hand lets nginx in",
    expected: ["reality/socket-mode"],
    live: true,
    only: "unix",
    needs: "acl",
    options: { pool: "listen.owner = root\nlisten.group = root\nlisten.mode = 0600" },
    happens: async (pair) => void spawnSync("setfacl", ["-m", "u:www-data:rw", pair.listen]),
  },
  {
    status: 200,
    name: "listen.acl_users",
    expected: [],
    only: "unix",
    options: { pool: "listen.owner = root\nlisten.group = root\nlisten.acl_users = www-data" },
  },
  {
    status: 502,
    name: "allowed_clients",
    expected: ["reality/answers"],
    only: "tcp",
    options: { pool: "listen.allowed_clients = 10.9.9.9" },
  },
  {
    status: 502,
    name: "not FastCGI",
    expected: ["reality/answers"],
    only: "tcp",
    options: { pass: "127.0.0.1:PORT", http: "server { listen 127.0.0.1:PORT; return 200; }" },
  },
  {
    name: "ping with another answer",
    expected: ["reality/pages"],
    options: { pool: "ping.path = /ping\nping.response = alive" },
    happens: async ({ files }) => {
      writeFileSync(files.fpm, readFileSync(files.fpm, "utf8").replace("= alive", "= pong"));
      utimesSync(files.fpm, 1_700_000_000, 1_700_000_000);
    },
  },
  {
    name: "a port that nginx did not take",
    expected: ["reality/ports"],
    options: { http: "server { listen 127.0.0.1:PORT; return 200; }" },
    prepares: ({ files }) => writeFileSync(`${files.nginx}.later`, readFileSync(files.nginx, "utf8")),
    happens: async ({ files }) => {
      const text = readFileSync(files.nginx, "utf8").replace(
        /server \{ listen 127\.0\.0\.1:(\d+);/,
        (line, port) => line.replace(port, String(Number(port) === 65_535 ? 65_534 : Number(port) + 1)),
      );
      writeFileSync(files.nginx, text);
      utimesSync(files.nginx, 1_700_000_000, 1_700_000_000);
    },
  },
  {
    name: "full, static",
    expected: ["resources/workers"],
    options: { pool: "pm = static\npm.max_children = 1" },
    happens: busy(3),
  },
  {
    name: "full, with a status page of its own",
    expected: ["resources/workers"],
    options: {
      pool: "pm = static\npm.max_children = 2\npm.status_path = /status\npm.status_listen = DIR/run/status.sock",
    },
    happens: busy(2),
  },
  {
    name: "full, dynamic",
    expected: ["resources/workers"],
    options: {
      pool: "pm = dynamic\npm.max_children = 2\npm.start_servers = 2\npm.min_spare_servers = 1\npm.max_spare_servers = 2",
    },
    happens: busy(5),
  },
  {
    name: "busy with short requests",
    expected: [],
    options: { pool: "pm = static\npm.max_children = 2" },
    happens: busyWithShort(4),
  },
  {
    name: "full, and nginx has given up",
    expected: ["resources/workers"],
    options: { pool: "pm = static\npm.max_children = 1", location: "fastcgi_read_timeout 1s;" },
    happens: async (pair) => {
      const asked = pair.askMany("/index.php?m=sleep&s=6", 1);
      await pause(1500);
      return () => asked;
    },
  },
  {
    name: "full of scripts that have answered",
    expected: ["resources/workers"],
    options: { pool: "pm = static\npm.max_children = 1" },
    happens: async (pair) => {
      await pair.askMany("/index.php?m=finish&s=5", 1);
      const asked = pair.askMany("/index.php", 2);
      await pause(300);
      return () => asked;
    },
  },
  {
    name: "kept connections of idle workers",
    expected: [],
    options: {
      pass: "php",
      location: "fastcgi_keep_conn on;",
      http: "upstream php { server LISTEN; keepalive 1; }",
      pool: "pm = static\npm.max_children = 2",
    },
    happens: async (pair) => void (await pair.ask("/index.php")),
  },
  {
    name: "full before its files allowed more",
    expected: ["resources/queue", "reality/answers"],
    options: { pool: "pm = static\npm.max_children = 1" },
    happens: async (pair) => {
      pair.edit("fpm", (text) => text.replace("pm.max_children = 1", "pm.max_children = 2"));
      utimesSync(pair.files.fpm, 1_700_000_000, 1_700_000_000);
      return busy(2)(pair);
    },
  },
  {
    name: "queue full",
    expected: ["resources/queue", "resources/workers"],
    only: "unix",
    options: { pool: "pm = static\npm.max_children = 1\nlisten.backlog = 1" },
    happens: busy(8),
  },
  {
    name: "many wait",
    expected: ["resources/workers", "resources/queue"],
    only: "tcp",
    options: { pool: "pm = static\npm.max_children = 1" },
    happens: busy(9),
  },
  {
    name: "few descriptors",
    expected: ["resources/descriptors"],
    options: { main: "worker_rlimit_nofile 100;" },
  },
  {
    name: "backlog",
    expected: ["resources/backlog"],
    options: { pool: "listen.backlog = 1000000" },
  },
  {
    name: "disk full",
    expected: ["resources/disk"],
    options: { pool: "php_admin_value[session.save_path] = DIR/full" },
    prepares: ({ dir }) => {
      mkdirSync(join(dir, "full"));
      const mounted = spawnSync("mount", [
        "-t",
        "tmpfs",
        "-o",
        "size=64k,mode=1777",
        "none",
        join(dir, "full"),
      ]);
      if (mounted.status !== 0) throw new Error("no tmpfs can be mounted here");
    },
    happens: async ({ dir }) => {
      spawnSync("sh", ["-c", `cat /dev/zero > ${dir}/full/x`]);
      return async () => void spawnSync("umount", [join(dir, "full")]);
    },
  },
  {
    status: 404,
    name: "root missing",
    expected: ["requests/roots"],
    options: { pool: NO_CACHE },
    happens: async ({ dir }) => renameSync(join(dir, "www"), join(dir, "gone")),
  },
  {
    status: 403,
    name: "script unreadable",
    expected: ["requests/scripts"],
    options: { pool: NO_CACHE },
    happens: async ({ dir }) => chmodSync(join(dir, "www/index.php"), 0o600),
  },
  {
    status: 404,
    name: "directory closed for the pool",
    expected: ["requests/scripts"],
    options: { pool: `user = nobody\ngroup = nogroup\n${NO_CACHE}` },
    happens: async ({ dir }) => {
      chownSync(join(dir, "www"), 33, 33);
      chmodSync(join(dir, "www"), 0o700);
    },
  },
  {
    status: 404,
    name: "open_basedir and a link",
    expected: ["requests/open-basedir"],
    options: { pool: "php_admin_value[open_basedir] = DIR/site" },
    prepares: ({ dir, files }) => {
      mkdirSync(join(dir, "site"));
      symlinkSync(join(dir, "www"), join(dir, "site/public"));
      const text = readFileSync(files.nginx, "utf8");
      writeFileSync(files.nginx, text.replace(`root ${dir}/www;`, `root ${dir}/site/public;`));
    },
  },
  {
    status: 200,
    name: "open_basedir and a link, both behind it",
    expected: [],
    options: { pool: "php_admin_value[open_basedir] = DIR/current" },
    prepares: ({ dir, files }) => {
      symlinkSync(join(dir, "www"), join(dir, "current"));
      const text = readFileSync(files.nginx, "utf8");
      writeFileSync(files.nginx, text.replace(`root ${dir}/www;`, `root ${dir}/current;`));
    },
  },
  {
    name: "sessions not writable",
    expected: ["requests/sessions"],
    options: { pool: "php_admin_value[session.save_path] = DIR/visits" },
    prepares: ({ dir }) => mkdirSync(join(dir, "visits"), { mode: 0o755 }),
  },
  {
    name: "sessions missing",
    expected: ["requests/sessions"],
    options: { pool: "php_admin_value[session.save_path] = DIR/visits" },
  },
  {
    name: "sessions as on Debian",
    expected: [],
    options: { pool: "php_admin_value[session.save_path] = DIR/visits" },
    prepares: ({ dir }) => {
      mkdirSync(join(dir, "visits"));
      chmodSync(join(dir, "visits"), 0o1733);
    },
  },
  {
    name: "sessions behind an access control list",
    expected: [],
    needs: "acl",
    options: { pool: "php_admin_value[session.save_path] = DIR/visits" },
    prepares: ({ dir }) => {
      mkdirSync(join(dir, "visits"), { mode: 0o700 });
      spawnSync("setfacl", ["-m", "u:www-data:rwx", join(dir, "visits")]);
    },
  },
  {
    name: "uploads missing",
    expected: ["requests/uploads"],
    options: { pool: "php_admin_value[upload_tmp_dir] = DIR/uploads" },
  },
  {
    name: "temporary directory closed",
    expected: ["requests/temporary"],
    happens: async ({ dir }) => {
      chownSync(join(dir, "tmp"), 0, 0);
      chmodSync(join(dir, "tmp"), 0o700);
    },
  },
  {
    name: "body directory removed",
    expected: ["requests/temporary"],
    happens: async ({ dir }) => rmSync(join(dir, "body"), { recursive: true }),
  },
  {
    name: "log rotated and not opened again",
    expected: ["requests/logs"],
    happens: async ({ dir }) => {
      const log = join(dir, "log/access.log");
      renameSync(log, `${log}.1`);
      writeFileSync(log, "");
    },
  },
  {
    name: "log rotated and opened again",
    expected: [],
    happens: async (pair) => {
      const log = join(pair.dir, "log/access.log");
      renameSync(log, `${log}.1`);
      pair.signalNginx("SIGUSR1");
      for (let tries = 0; tries < 100 && !existsSync(log); tries += 1) await pause(20);
      // The workers open it after the master.
      await pause(300);
    },
  },
  {
    name: "log removed",
    expected: ["requests/logs"],
    happens: async ({ dir }) => rmSync(join(dir, "log/fpm.log")),
  },
  {
    name: "certificate over soon",
    expected: ["requests/certificates"],
    options: {
      server: "ssl_certificate DIR/cert.pem; ssl_certificate_key DIR/key.pem; listen 127.0.0.1:PORT ssl;",
    },
    prepares: ({ dir }) => {
      const words = `req -x509 -newkey rsa:2048 -nodes -days 3 -subj /CN=shop.example -out ${dir}/cert.pem -keyout ${dir}/key.pem`;
      const made = spawnSync("openssl", words.split(" "));
      if (made.status !== 0) throw new Error("openssl made no certificate");
    },
  },
  ...holderKinds,
  ...pathKinds,
  ...prefixKinds,
  ...staleKinds,
  ...stoppedKinds,
  ...tlsKinds,
  ...logKinds,
  ...rootKinds,
  ...memoryKinds,
];
