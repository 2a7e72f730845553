/** What may go wrong with a pair, and the cause that `fpmlint diagnose` has to name first. */
import { chmodSync, chownSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Pair, PairOptions } from "./pair.js";

export interface Kind {
  readonly name: string;
  /** Ids of causes of which the first has to be one; none: nothing may be said. */
  readonly expected: readonly string[];
  /** Only on a Unix socket, or only on a port. Absent: on both. */
  readonly only?: "unix" | "tcp";
  readonly options?: Partial<PairOptions>;
  /** Makes it happen on a pair that runs. `many`: how many requests, as the seed says. */
  readonly happens: (pair: Pair, many: number) => Promise<unknown>;
}

const plain = (pair: Pair, many: number): Promise<unknown> => pair.askMany("/index.php", many);
const asking =
  (query: string) =>
  (pair: Pair, many: number): Promise<unknown> =>
    pair.askMany(`/index.php?${query}`, many);

export const kinds: readonly Kind[] = [
  { name: "nothing", expected: [], happens: plain },
  {
    name: "scanner",
    expected: [],
    happens: (pair) =>
      Promise.all(["/wp-login.php", "/.env", "/x.php", "/a.php"].map((path) => pair.ask(path))),
  },
  {
    name: "wrong socket",
    expected: ["connect/listen-mismatch"],
    only: "unix",
    options: { pass: "unix:DIR/run/other.sock" },
    happens: plain,
  },
  {
    name: "wrong port",
    expected: ["connect/listen-mismatch"],
    only: "tcp",
    options: { pass: "127.0.0.1:PORT" },
    happens: plain,
  },
  {
    name: "mode",
    expected: ["socket/permission-denied"],
    only: "unix",
    options: { pool: "listen.owner = root\nlisten.group = root\nlisten.mode = 0600" },
    happens: plain,
  },
  {
    name: "chmod by hand",
    expected: ["directory-above-socket"],
    only: "unix",
    happens: (pair, many) => {
      chmodSync(pair.listen, 0);
      return plain(pair, many);
    },
  },
  {
    name: "directory closed",
    expected: ["directory-above-socket"],
    only: "unix",
    happens: (pair, many) => {
      chmodSync(join(pair.dir, "run"), 0o700);
      return plain(pair, many);
    },
  },
  {
    name: "stopped",
    expected: ["fpm-down"],
    happens: async (pair, many) => {
      pair.signalFpm("SIGTERM");
      await pair.wait("fpm.log", "bye-bye");
      await plain(pair, many);
    },
  },
  {
    name: "killed",
    expected: ["fpm-down"],
    happens: async (pair, many) => {
      pair.killFpm();
      await new Promise((wake) => setTimeout(wake, 200));
      await plain(pair, many);
    },
  },
  {
    name: "socket removed",
    expected: ["socket-removed"],
    only: "unix",
    happens: (pair, many) => {
      rmSync(pair.listen);
      return plain(pair, many);
    },
  },
  { name: "worker killed", expected: ["oom-kill"], happens: asking("m=kill") },
  { name: "worker killed halfway", expected: ["oom-kill"], happens: asking("m=half") },
  { name: "worker crashed", expected: ["worker-crash"], happens: asking("m=crash") },
  {
    name: "reloaded under load",
    expected: ["restarted"],
    happens: async (pair, many) => {
      const asked = asking("m=sleep&s=4")(pair, Math.min(many, 3));
      await new Promise((wake) => setTimeout(wake, 700));
      pair.signalFpm("SIGUSR2");
      await asked;
    },
  },
  {
    name: "stopped under load",
    expected: ["restarted"],
    happens: async (pair, many) => {
      const asked = asking("m=sleep&s=4")(pair, Math.min(many, 3));
      await new Promise((wake) => setTimeout(wake, 700));
      pair.signalFpm("SIGTERM");
      await asked;
    },
  },
  {
    name: "terminate timeout",
    expected: ["timeout/terminate-below-read"],
    options: { pool: "request_terminate_timeout = 1" },
    happens: asking("m=sleep&s=6"),
  },
  {
    name: "slow script",
    expected: ["script-waits"],
    options: { location: "fastcgi_read_timeout 1s;" },
    happens: (pair, many) => asking("m=sleep&s=3")(pair, Math.min(many, 3)),
  },
  {
    name: "slow script, logged",
    expected: ["script-waits"],
    options: {
      location: "fastcgi_read_timeout 2s;",
      pool: "slowlog = DIR/log/slow.log\nrequest_slowlog_timeout = 1",
    },
    happens: (pair, many) => asking("m=sleep&s=4")(pair, Math.min(many, 3)),
  },
  {
    name: "full, static",
    expected: ["workers-busy"],
    options: { location: "fastcgi_read_timeout 1s;", pool: "pm = static\npm.max_children = 1" },
    happens: (pair, many) => asking("m=sleep&s=2")(pair, many + 2),
  },
  {
    name: "full, dynamic",
    expected: ["workers-busy"],
    options: {
      location: "fastcgi_read_timeout 3s;",
      pool: "pm = dynamic\npm.max_children = 2\npm.start_servers = 1\npm.min_spare_servers = 1\npm.max_spare_servers = 1",
    },
    happens: (pair, many) => asking("m=sleep&s=5")(pair, many + 3),
  },
  {
    name: "full, ondemand",
    expected: ["workers-busy"],
    options: { location: "fastcgi_read_timeout 3s;", pool: "pm = ondemand\npm.max_children = 2" },
    happens: (pair, many) => asking("m=sleep&s=5")(pair, many + 3),
  },
  {
    name: "queue full",
    expected: ["pool/backlog"],
    only: "unix",
    options: { pool: "pm = static\npm.max_children = 1\nlisten.backlog = 1" },
    happens: (pair, many) => asking("m=sleep&s=2")(pair, many + 5),
  },
  {
    name: "header too big",
    expected: ["buffer/header-too-small", "header-too-big"],
    happens: asking("m=header"),
  },
  {
    name: "body too large",
    expected: ["body-too-large", "buffer/body-limit-mismatch"],
    options: { server: "client_max_body_size 10k;" },
    happens: (pair, many) =>
      Promise.all(Array.from({ length: many }, () => pair.ask("/index.php", Buffer.alloc(20_000)))),
  },
  {
    name: "post_max_size",
    expected: ["post-limit", "buffer/body-limit-mismatch"],
    options: { pool: "php_admin_value[post_max_size] = 1K" },
    happens: (pair, many) =>
      Promise.all(Array.from({ length: many }, () => pair.ask("/index.php", Buffer.alloc(20_000)))),
  },
  {
    name: "allowed_clients",
    expected: ["connect/allowed-clients"],
    only: "tcp",
    options: { pool: "listen.allowed_clients = 10.9.9.9" },
    happens: plain,
  },
  {
    name: "temp directory",
    expected: ["temp-directory"],
    happens: async (pair, many) => {
      chmodSync(join(pair.dir, "tmp"), 0o700);
      chownSync(join(pair.dir, "tmp"), 0, 0);
      await Promise.all(Array.from({ length: many }, () => pair.ask("/index.php?m=large", null, 1000)));
    },
  },
  {
    name: "body directory",
    expected: ["temp-directory"],
    options: { server: "client_max_body_size 10m;" },
    happens: async (pair) => {
      chmodSync(join(pair.dir, "body"), 0o700);
      chownSync(join(pair.dir, "body"), 0, 0);
      await pair.ask("/index.php", Buffer.alloc(900_000));
    },
  },
  {
    name: "memory_limit",
    expected: ["script-memory"],
    options: { pool: "php_admin_value[memory_limit] = 8M" },
    happens: asking("m=memory"),
  },
  { name: "fatal error", expected: ["script-fatal"], happens: asking("m=fatal") },
  {
    name: "script unreadable",
    expected: ["script-unreadable"],
    happens: (pair, many) => {
      chmodSync(join(pair.dir, "www/index.php"), 0o600);
      return plain(pair, many);
    },
  },
  {
    name: "script moved",
    expected: ["script-missing", "fastcgi/script-filename"],
    happens: (pair, many) => {
      rmSync(join(pair.dir, "www/index.php"));
      return pair.askMany("/index.php", Math.max(2, many));
    },
  },
  {
    name: "not FastCGI",
    expected: ["connect/wrong-protocol"],
    only: "tcp",
    options: { pass: "127.0.0.1:PORT", http: "server { listen 127.0.0.1:PORT; return 200; }" },
    happens: plain,
  },
  {
    name: "group down",
    expected: ["connect/listen-mismatch", "fpm-down"],
    only: "tcp",
    options: {
      pass: "pools",
      http: "upstream pools { server 127.0.0.1:PORT; server 127.0.0.1:PORT max_fails=1; }",
    },
    happens: async (pair, many) => {
      for (let at = 0; at < many + 2; at += 1) await plain(pair, 1);
    },
  },
  {
    name: "no resolver",
    expected: ["connect/no-resolver"],
    only: "tcp",
    options: { pass: "$name:9000", server: "set $name php.invalid;" },
    happens: plain,
  },
  {
    name: "redirection cycle",
    expected: ["request/redirect-cycle", "fallback-missing"],
    options: { server: "location /cycle { try_files /nope /cycle; }" },
    happens: (pair, many) => pair.askMany("/cycle", many),
  },
  {
    name: "limit_req",
    expected: ["limited"],
    options: { http: "limit_req_zone $server_name zone=few:1m rate=1r/m;", location: "limit_req zone=few;" },
    happens: (pair, many) => pair.askMany("/index.php", many + 1),
  },
];
