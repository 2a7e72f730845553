import { describe, expect, test } from "vitest";
import { type Check, examine, GROUPS, groupOf, type Status } from "../../src/doctor/check.js";
import { checks } from "../../src/doctor/checks/index.js";
import type { FpmFacts, MachineFacts, PathFacts, ProcessFacts } from "../../src/live/facts.js";
import {
  factsWith,
  fpmOf,
  type HostParts,
  hostWith,
  listenerOf,
  NOW,
  nginxOf,
  PORT,
  pathOf,
  pathsWith,
  processOf,
  SOCKET,
} from "./support/facts.js";

/** Each check on facts that it faults, on sound ones that look alike, and on what it cannot tell. */

type Case = readonly [
  id: Check["id"],
  what: string,
  status: Status,
  facts: Partial<MachineFacts>,
  host?: HostParts,
];

const unix = { kind: "unix", path: SOCKET } as const;
const answer = { address: unix, problem: null, asNginx: true, values: "answered" } as const;
const worker = nginxOf().workers[0] ?? processOf();
const page = { pool: 0, key: "pm.status_path", path: "/status", state: "answered" } as const;
const status = { accepted: 9, active: 1, total: 2, waiting: 0, full: 0, started: NOW - 3600, durations: [] };
const stranger = { pid: 77, name: "apache2", daemon: null, master: null, orphan: false };
const stalePid = { path: "/run/x.pid", names: 77 };
const memory = factsWith().memory;
const directory = { kind: "directory" } as const;
const LOG = "/var/log/php/errors.log";

/** The first line of a setting counts. */
function logged(value: string): string {
  return `php_admin_value[error_log] = ${value}\nphp_admin_flag[log_errors] = on`;
}

/** As the pool's workers see it. */
function at(path: string, more: Parameters<typeof pathOf>[1] = {}): PathFacts {
  return pathOf(path, { viewer: "pool 0", ...more });
}

function missing(path: string, real = path): PathFacts {
  return at(path, { state: "missing", kind: null, own: null, real });
}

const space = { path: "/var/log", free: 50e9, size: 100e9, freeFiles: 900, files: 1000 };
const certificate = {
  path: "/etc/ssl/a.pem",
  problem: null,
  from: NOW - 1000,
  to: NOW + 90 * 86_400,
  names: ["shop.example"],
  selfSigned: false,
};
/** What only the running PHP-FPM knows. */
const TEMPLATE = "$" + "{HOME}";
const tls = { server: "ssl_certificate /etc/ssl/a.pem;" };
const two = {
  http: `upstream both { server unix:${SOCKET}; server unix:/run/php/old.sock; }`,
  pass: "both",
};
const many = { pool: "pm.max_children = 10\npm.status_path = /status" };
const manyWorkers = [
  fpmOf({
    workers: Array.from({ length: 10 }, (_, at) => ({ ...processOf({ pid: 30 + at }), pool: "shop" })),
  }),
];

/** Workers of the pool, each with a connection of that number. */
function workersHolding(...connections: readonly string[]): readonly FpmFacts[] {
  const workers = connections.map((one, at) => ({
    ...processOf({ pid: 30 + at, sockets: ["1", one] }),
    pool: "shop",
  }));
  return [fpmOf({ workers })];
}

function held(more: Partial<NonNullable<ProcessFacts["halt"]>> = {}): ProcessFacts {
  return processOf({ pid: 40, halt: { tracer: null, switches: 9, lasts: true, ...more } });
}

const heldWorkers = [held(), held()].map((one) => ({ ...one, pool: "shop" }));
const hiddenWorkers = [fpmOf({ workers: [{ ...processOf({ pid: 21, sockets: null }), pool: "shop" }] })];
/** As in a snapshot. */
const notAsked = { answers: [] };

const cases: readonly Case[] = [
  ["basics/nginx", "it does not run", "error", { nginx: [] }],
  ["basics/nginx", "it runs with another file", "error", { nginx: [nginxOf({ ours: false })] }],
  ["basics/nginx", "its file has another number", "warning", { nginx: [nginxOf({ stalePid })] }],
  [
    "basics/nginx",
    "its file has the number of the nginx that replaces it",
    "ok",
    { nginx: [nginxOf({ stalePid }), nginxOf()] },
  ],
  ["basics/php-fpm", "its file has another number", "warning", { fpm: [fpmOf({ stalePid })] }],
  [
    "basics/php-fpm-reloaded",
    "edited, and another process has written the file with its number",
    "warning",
    {
      fpm: [fpmOf({ stalePid })],
      paths: pathsWith(
        pathOf("/etc/php/8.2/fpm/php.ini", { changed: NOW - 60 }),
        pathOf("/run/php-fpm.pid", { changed: NOW - 30 }),
      ),
    },
  ],
  ["basics/nginx", "no workers", "error", { nginx: [nginxOf({ workers: [] })] }],
  ["basics/nginx", "no /proc", "unknown", { nginx: [], proc: false }],
  ["basics/nginx", "/proc hides other users", "unknown", { nginx: [], root: false, hidden: true }],
  [
    "basics/nginx",
    "who has its port is not shown to root",
    "unknown",
    { nginx: [], listeners: [{ ...PORT, owners: [] }] },
  ],
  [
    "basics/nginx",
    "who has its port is shown to root alone",
    "error",
    { nginx: [], root: false, listeners: [{ ...PORT, owners: [] }] },
  ],
  [
    "basics/nginx",
    "another has its port",
    "error",
    { nginx: [], listeners: [{ ...PORT, owners: [stranger] }] },
  ],
  ["basics/php-fpm", "it does not run", "error", { fpm: [] }],
  ["basics/php-fpm", "no /proc", "unknown", { fpm: [], proc: false }],
  ["basics/php-fpm", "/proc hides other users", "unknown", { fpm: [], root: false, hidden: true }],
  [
    "basics/php-fpm",
    "who has its socket is not shown to root",
    "unknown",
    { fpm: [], listeners: [listenerOf({ owners: [] })] },
  ],
  ["basics/php-fpm", "no location needs it", "skipped", { fpm: [] }, { pass: "127.0.0.1:9000" }],
  ["basics/pools", "no workers", "error", { fpm: [fpmOf({ workers: [] })] }],
  [
    "basics/pools",
    "a pm that only the running PHP-FPM knows",
    "unknown",
    { fpm: [fpmOf({ workers: [] })] },
    { pool: `pm = ${TEMPLATE}` },
  ],
  ["basics/pools", "on demand", "ok", { fpm: [fpmOf({ workers: [] })] }, { pool: "pm = ondemand" }],
  ["basics/pools", "in other letters", "ok", { fpm: [fpmOf({ workers: [] })] }, { pool: "pm = OnDemand" }],
  [
    "basics/pools",
    "a pm that PHP-FPM refuses",
    "error",
    { fpm: [fpmOf({ workers: [] })] },
    { pool: "pm = none" },
  ],
  [
    "basics/pools",
    "a pool that is gone",
    "warning",
    { fpm: [fpmOf({ workers: [...fpmOf().workers, { ...processOf({ pid: 9 }), pool: "old" }] })] },
  ],
  ["basics/stopped", "nginx's master", "warning", { nginx: [nginxOf({ master: held() })] }],
  ["basics/stopped", "the only worker of nginx", "error", { nginx: [nginxOf({ workers: [held()] })] }],
  ["basics/stopped", "one of two workers", "warning", { nginx: [nginxOf({ workers: [worker, held()] })] }],
  [
    "basics/stopped",
    "PHP-FPM's master, by a debugger",
    "warning",
    { fpm: [fpmOf({ master: held({ tracer: 7 }) })] },
  ],
  ["basics/stopped", "all workers of the pool", "error", { fpm: [fpmOf({ workers: heldWorkers })] }],
  ["basics/stopped", "for a moment", "ok", { nginx: [nginxOf({ workers: [held({ lasts: false })] })] }],
  ["basics/stopped", "an old worker", "ok", { nginx: [nginxOf({ old: [held()] })] }],
  [
    "basics/stopped",
    "nobody looked twice",
    "unknown",
    { nginx: [nginxOf({ workers: [held({ lasts: null })] })] },
  ],
  ["basics/stopped", "nothing runs", "skipped", { nginx: [], fpm: [] }],
  [
    "resources/workers",
    "all stopped",
    "skipped",
    { fpm: [fpmOf({ workers: heldWorkers })], answers: [{ ...answer, values: "silent" }] },
  ],
  [
    "reality/answers",
    "all workers stopped, and more may be",
    "skipped",
    { fpm: [fpmOf({ workers: heldWorkers.slice(1) })], answers: [{ ...answer, values: "silent" }] },
  ],
  [
    "basics/nginx-reloaded",
    "edited since",
    "warning",
    { paths: pathsWith(pathOf("/etc/nginx/nginx.conf", { changed: NOW - 60 })) },
  ],
  [
    "basics/pools",
    "workers of another account, and the files look older",
    "warning",
    {},
    { pool: "user = shop" },
  ],
  [
    "basics/pools",
    "workers of another account, and the files were edited since",
    "ok",
    { paths: pathsWith(pathOf("/etc/php/8.2/fpm/php-fpm.conf", { changed: NOW - 60 })) },
    { pool: "user = shop" },
  ],
  ["basics/pools", "an account that the host does not have", "ok", {}, { pool: "user = nobody-here" }],
  [
    "basics/pools",
    "another account, and the master is not root's",
    "ok",
    { fpm: [fpmOf({ master: processOf({ pid: 20 }) })] },
    { pool: "user = shop" },
  ],
  [
    "basics/nginx-reloaded",
    "a certificate that was renewed since",
    "warning",
    { paths: pathsWith(pathOf("/etc/ssl/a.pem", { changed: NOW - 60 })) },
    tls,
  ],
  [
    "basics/nginx-reloaded",
    "a certificate from before the start",
    "ok",
    { paths: pathsWith(pathOf("/etc/ssl/a.pem")) },
    tls,
  ],
  [
    "basics/nginx-reloaded",
    "edited in the second of the start",
    "ok",
    { paths: pathsWith(pathOf("/etc/nginx/nginx.conf", { changed: NOW - 3599 })) },
  ],
  [
    "basics/nginx-reloaded",
    "from a clock far ahead",
    "ok",
    { paths: pathsWith(pathOf("/etc/nginx/nginx.conf", { changed: NOW + 7200 })) },
  ],
  [
    "basics/nginx-reloaded",
    "hidden starts",
    "unknown",
    { nginx: [nginxOf({ workers: [processOf({ started: null })] })] },
  ],
  [
    "basics/php-fpm-reloaded",
    "php.ini edited since",
    "warning",
    { paths: pathsWith(pathOf("/etc/php/8.2/fpm/php.ini", { changed: NOW - 60 })) },
  ],
  [
    "basics/php-fpm-reloaded",
    "edited, and the file with its number is newer",
    "ok",
    {
      paths: pathsWith(
        pathOf("/etc/php/8.2/fpm/php.ini", { changed: NOW - 60 }),
        pathOf("/run/php-fpm.pid", { changed: NOW - 30 }),
      ),
    },
  ],
  [
    "basics/php-fpm-reloaded",
    "edited after the status page's start",
    "warning",
    {
      paths: pathsWith(
        pathOf("/etc/php/8.2/fpm/php.ini", { changed: NOW - 60 }),
        pathOf("/run/php-fpm.pid", { changed: NOW - 30 }),
      ),
      pages: [{ ...page, status }],
    },
  ],
  [
    "basics/php-fpm-reloaded",
    "hidden starts",
    "unknown",
    { fpm: [fpmOf({ master: processOf({ started: null }), workers: [] })] },
  ],
  ["basics/program", "replaced", "warning", { nginx: [nginxOf({ master: processOf({ replaced: true }) })] }],
  [
    "basics/program",
    "a library replaced",
    "warning",
    { fpm: [fpmOf({ master: processOf({ libraries: ["/usr/lib/libssl.so.3"] }) })] },
  ],
  [
    "basics/program",
    "hidden",
    "unknown",
    { nginx: [nginxOf({ master: processOf({ replaced: null, libraries: null }) })] },
  ],
  ["basics/old-workers", "an hour after", "warning", { nginx: [nginxOf({ old: [processOf()] })] }],
  [
    "basics/old-workers",
    "a minute after",
    "ok",
    { nginx: [nginxOf({ old: [processOf()], workers: [{ ...worker, started: NOW - 60 }] })] },
  ],
  [
    "basics/unit",
    "failed",
    "error",
    { units: [{ name: "php8.2-fpm.service", state: "failed", result: "exit-code", restarts: 0 }] },
  ],
  [
    "basics/unit",
    "restarted",
    "warning",
    { units: [{ name: "php8.2-fpm.service", state: "active", result: "success", restarts: 7 }] },
  ],
  [
    "basics/unit",
    "stopped by hand",
    "ok",
    { units: [{ name: "php8.2-fpm.service", state: "inactive", result: "success", restarts: 0 }] },
  ],
  ["basics/unit", "no systemd", "unknown", { units: [] }],
  ["reality/listens", "nobody", "error", { listeners: [] }],
  ["reality/listens", "nobody on one of two servers", "warning", {}, two],
  ["reality/listens", "nobody on both servers", "error", { listeners: [] }, two],
  [
    "reality/listens",
    "nobody on one of two servers, and a location that has no other",
    "error",
    {},
    {
      ...two,
      server:
        "location /alone { fastcgi_param SCRIPT_FILENAME /x.php; fastcgi_pass unix:/run/php/old.sock; }",
    },
  ],
  ["reality/listens", "another program", "warning", { listeners: [listenerOf({ owners: [stranger] })] }],
  [
    "reality/listens",
    "workers whose master is gone",
    "warning",
    { fpm: [], listeners: [listenerOf({ owners: [{ ...stranger, orphan: true }] })] },
  ],
  ["reality/listens", "who is hidden", "ok", { listeners: [listenerOf({ owners: [] })] }],
  ["reality/listens", "another machine's", "skipped", { listeners: [] }, { pass: "10.9.8.7:9000" }],
  ["reality/listens", "no /proc/net", "unknown", { listeners: [], network: false }],
  [
    "reality/socket-file",
    "gone",
    "error",
    { paths: pathsWith(pathOf(SOCKET, { viewer: "nginx", state: "missing", own: null, kind: null })) },
  ],
  ["reality/socket-file", "a file", "error", { paths: pathsWith(pathOf(SOCKET, { viewer: "nginx" })) }],
  ["reality/socket-file", "gone, and nobody listens", "skipped", { listeners: [] }],
  [
    "reality/socket-file",
    "mounts that cannot be seen",
    "unknown",
    { paths: pathsWith(pathOf(SOCKET, { viewer: "nginx", state: "hidden", own: null, kind: null })) },
  ],
  [
    "reality/socket-access",
    "root's alone",
    "error",
    {
      paths: pathsWith(pathOf(SOCKET, { viewer: "nginx", kind: "socket", mode: 0o600 })),
      answers: [],
    },
  ],
  [
    "reality/socket-access",
    "root's and its group's: perhaps the mask of a list",
    "unknown",
    {
      paths: pathsWith(pathOf(SOCKET, { viewer: "nginx", kind: "socket", mode: 0o660 })),
      answers: [],
    },
  ],
  [
    "reality/socket-access",
    "the same, and the connection was refused",
    "error",
    {
      paths: pathsWith(pathOf(SOCKET, { viewer: "nginx", kind: "socket", mode: 0o660 })),
      answers: [{ ...answer, problem: "EACCES", values: null }],
    },
  ],
  [
    "reality/socket-access",
    "the same, and the connection was made",
    "ok",
    { paths: pathsWith(pathOf(SOCKET, { viewer: "nginx", kind: "socket", mode: 0o660 })) },
  ],
  [
    "reality/socket-mode",
    "changed by hand",
    "warning",
    { paths: pathsWith(pathOf(SOCKET, { kind: "socket", mode: 0o666, owner: 33 })) },
  ],
  [
    "reality/socket-mode",
    "changed in the files, which were not read yet",
    "skipped",
    {
      paths: pathsWith(
        pathOf(SOCKET, { kind: "socket", mode: 0o666, owner: 33 }),
        pathOf("/etc/php/8.2/fpm/php-fpm.conf", { changed: NOW - 60 }),
      ),
    },
  ],
  [
    "reality/socket-mode",
    "an owner that the machine does not have",
    "unknown",
    {},
    { pool: "listen.owner = ghost" },
  ],
  ["reality/answers", "not FastCGI", "error", { answers: [{ ...answer, values: "foreign" }] }],
  ["reality/answers", "ended at once", "error", { answers: [{ ...answer, values: "closed" }] }],
  [
    "reality/answers",
    "silent, and there may be more workers",
    "error",
    { answers: [{ ...answer, values: "silent" }] },
    { pool: "pm.max_children = 9" },
  ],
  ["reality/answers", "silent and full", "skipped", { answers: [{ ...answer, values: "silent" }] }],
  ["reality/answers", "nobody asked", "unknown", { answers: [] }],
  [
    "reality/answers",
    "another machine refuses",
    "error",
    {
      answers: [
        {
          address: { kind: "tcp", host: "10.9.8.7", port: 9000 },
          problem: "ECONNREFUSED",
          asNginx: false,
          values: null,
        },
      ],
    },
    { pass: "10.9.8.7:9000" },
  ],
  [
    "reality/pages",
    "something else answers",
    "warning",
    { pages: [{ ...page, state: "other", status: null }] },
    { pool: "pm.status_path = /status" },
  ],
  [
    "reality/pages",
    "it answers",
    "ok",
    { pages: [{ ...page, status }] },
    { pool: "pm.status_path = /status" },
  ],
  [
    "reality/pages",
    "it does not answer, and the pool does",
    "unknown",
    { answers: [answer], pages: [{ ...page, state: "silent", status: null }] },
    { pool: "pm.status_path = /status" },
  ],
  ["reality/pages", "nobody asked", "unknown", {}, { pool: "pm.status_path = /status" }],
  ["reality/ports", "nobody", "error", { listeners: [listenerOf()] }],
  [
    "reality/ports",
    "Apache",
    "error",
    { listeners: [listenerOf({ address: { kind: "tcp", host: "0.0.0.0", port: 80 }, owners: [stranger] })] },
  ],
  ["reality/ports", "no /proc/net", "unknown", { network: false }],
  ["resources/workers", "full", "error", { answers: [{ ...answer, values: "silent" }] }],
  [
    "resources/workers",
    "nearly full",
    "warning",
    { fpm: manyWorkers, pages: [{ ...page, status: { ...status, active: 10 } }] },
    many,
  ],
  [
    "resources/workers",
    "half",
    "ok",
    { fpm: manyWorkers, pages: [{ ...page, status: { ...status, active: 6 } }] },
    many,
  ],
  [
    "resources/workers",
    "one worker, which answers for the page itself",
    "ok",
    { pages: [{ ...page, status }] },
    { pool: "pm.max_children = 1\npm.status_path = /status" },
  ],
  ["resources/workers", "no status page, and connections that are hidden", "unknown", { fpm: hiddenWorkers }],
  ["resources/workers", "no status page, and no worker holds a connection", "ok", {}],
  [
    "resources/workers",
    "all hold one, and one answered within a second",
    "ok",
    { fpm: workersHolding("a", "b"), listeners: [listenerOf({ taken: ["a", "b"] })] },
  ],
  [
    "resources/workers",
    "all hold one, and nobody looked twice",
    "unknown",
    { ...notAsked, fpm: workersHolding("a", "b"), listeners: [listenerOf({ taken: ["a", "b"] })] },
  ],
  [
    "resources/workers",
    "all hold the same a second later",
    "error",
    {
      ...notAsked,
      fpm: workersHolding("a", "b"),
      listeners: [listenerOf({ taken: ["a", "b"], later: { taken: ["a", "b"], waiting: 0 } })],
    },
  ],
  [
    "resources/workers",
    "one has ended its request a second later",
    "ok",
    {
      ...notAsked,
      fpm: workersHolding("a", "b"),
      listeners: [listenerOf({ taken: ["a", "b"], waiting: 2, later: { taken: ["a"], waiting: 0 } })],
    },
  ],
  [
    "resources/workers",
    "one more may be started",
    "ok",
    {
      ...notAsked,
      fpm: workersHolding("a", "b"),
      listeners: [listenerOf({ taken: ["a", "b"], later: { taken: ["a", "b"], waiting: 0 } })],
    },
    { pool: "pm.max_children = 3" },
  ],
  [
    "resources/workers",
    "scripts that have answered go on, and nobody takes what waits",
    "error",
    { ...notAsked, listeners: [listenerOf({ waiting: 1, later: { taken: [], waiting: 1 } })] },
  ],
  [
    "resources/workers",
    "idle workers hold connections that nginx keeps",
    "unknown",
    {
      ...notAsked,
      fpm: workersHolding("a", "b"),
      listeners: [listenerOf({ taken: ["a", "b"], later: { taken: ["a", "b"], waiting: 0 } })],
    },
    { server: "fastcgi_keep_conn on;" },
  ],
  [
    "resources/workers",
    "nearly all hold one",
    "warning",
    {
      fpm: workersHolding(..."abcdefghij"),
      listeners: [listenerOf({ taken: [..."abcdefghi"] })],
    },
    { pool: "pm.max_children = 10" },
  ],
  ["resources/queue", "refused", "error", { answers: [{ ...answer, problem: "EAGAIN", values: null }] }],
  ["resources/queue", "nearly full", "error", { listeners: [listenerOf({ waiting: 500 })] }],
  ["resources/queue", "more than workers", "warning", { listeners: [listenerOf({ waiting: 9 })] }],
  ["resources/queue", "a few", "ok", { listeners: [listenerOf({ waiting: 3 })] }],
  [
    "resources/queue",
    "a few, and nobody takes them although there may be more workers",
    "warning",
    { ...notAsked, listeners: [listenerOf({ waiting: 1, later: { taken: [], waiting: 1 } })] },
    { pool: "pm.max_children = 3" },
  ],
  [
    "resources/queue",
    "a few, and the pool is full",
    "ok",
    { ...notAsked, listeners: [listenerOf({ waiting: 1, later: { taken: [], waiting: 1 } })] },
  ],
  ["resources/queue", "not shown", "unknown", { listeners: [listenerOf({ waiting: null })] }],
  [
    "resources/killed",
    "the group counts one",
    "warning",
    { memory: { ...memory, kills: { count: 1, source: "memory.events" } } },
  ],
  [
    "resources/killed",
    "a line",
    "warning",
    { kernelLines: ["Out of memory: Killed process 9 (php-fpm8.2)"] },
  ],
  ["resources/killed", "nothing tells", "unknown", { memory: { ...memory, kills: null }, kernelLines: null }],
  ["resources/memory", "hardly any", "warning", { memory: { ...memory, available: 0.1e9 } }],
  ["resources/memory", "all wait", "warning", { memory: { ...memory, allWait: 22 } }],
  ["resources/memory", "no meminfo", "unknown", { memory: { ...memory, total: null } }],
  ["resources/swap", "half of them", "warning", { fpm: [fpmOf({ master: processOf({ swapped: 100e6 }) })] }],
  ["resources/swap", "a little", "ok", { fpm: [fpmOf({ master: processOf({ swapped: 1e6 }) })] }],
  ["resources/swap", "nothing runs", "skipped", { fpm: [], nginx: [] }],
  [
    "resources/swap",
    "not shown",
    "unknown",
    { fpm: [], nginx: [nginxOf({ master: processOf({ swapped: null }), workers: [] })] },
  ],
  [
    "resources/descriptors",
    "nearly all",
    "warning",
    { fpm: [fpmOf({ master: processOf({ descriptors: 1000 }) })] },
  ],
  [
    "resources/descriptors",
    "fewer than connections",
    "warning",
    { nginx: [nginxOf({ workers: [{ ...worker, mostDescriptors: 512 }] })] },
  ],
  [
    "resources/descriptors",
    "hidden",
    "unknown",
    {
      fpm: [],
      nginx: [
        nginxOf({
          master: processOf({ descriptors: null }),
          workers: [processOf({ descriptors: null, mostDescriptors: null })],
        }),
      ],
    },
  ],
  ["resources/backlog", "longer than allowed", "warning", {}, { pool: "listen.backlog = 65535" }],
  ["resources/backlog", "shorter", "ok", {}, { pool: "listen.backlog = 1024" }],
  ["resources/backlog", "no /proc/sys", "unknown", { somaxconn: null }, { pool: "listen.backlog = 1024" }],
  ["resources/disk", "full", "error", { spaces: [{ ...space, free: 0 }] }],
  ["resources/disk", "nearly full", "warning", { spaces: [{ ...space, free: 0.5e9 }] }],
  ["resources/disk", "a small part of a large disk", "ok", { spaces: [{ ...space, free: 2e9 }] }],
  ["resources/disk", "no files left", "error", { spaces: [{ ...space, freeFiles: 0 }] }],
  ["resources/disk", "files are not counted", "ok", { spaces: [{ ...space, freeFiles: null, files: null }] }],
  ["resources/disk", "nothing seen", "unknown", { spaces: [] }],
  [
    "requests/roots",
    "links that lead in a circle",
    "error",
    { paths: pathsWith(pathOf("/srv/shop", { viewer: "pool 0", kind: "other" })) },
  ],
  [
    "requests/roots",
    "missing",
    "error",
    { paths: pathsWith(pathOf("/srv/shop", { viewer: "pool 0", state: "missing", own: null, kind: null })) },
  ],
  [
    "requests/roots",
    "empty",
    "warning",
    { paths: pathsWith(at("/srv/shop", { ...directory, empty: true })) },
  ],
  [
    "requests/roots",
    "not empty",
    "ok",
    { paths: pathsWith(at("/srv/shop", { ...directory, empty: false })) },
  ],
  ["requests/roots", "perhaps empty", "ok", { paths: pathsWith(at("/srv/shop", directory)) }],
  [
    "requests/roots",
    "closed for nginx",
    "warning",
    { paths: pathsWith(pathOf("/srv/shop", { ...directory, viewer: "nginx", mode: 0o700, opened: false })) },
  ],
  [
    "requests/roots",
    "hidden",
    "unknown",
    { paths: pathsWith(pathOf("/srv/shop", { viewer: "pool 0", state: "hidden", own: null, kind: null })) },
  ],
  [
    "requests/scripts",
    "root's alone",
    "error",
    { paths: pathsWith(pathOf("/srv/shop/index.php", { viewer: "pool 0", mode: 0o600, opened: false })) },
  ],
  [
    "requests/scripts",
    "perhaps a list lets it in, and nobody tried",
    "unknown",
    { paths: pathsWith(pathOf("/srv/shop/index.php", { viewer: "pool 0", mode: 0o640 })) },
  ],
  [
    "requests/open-basedir",
    "behind a link",
    "error",
    { paths: pathsWith(pathOf("/srv/shop", { ...directory, viewer: "pool 0", real: "/releases/7" })) },
    { pool: "php_admin_value[open_basedir] = /srv:/tmp" },
  ],
  ["requests/open-basedir", "inside", "ok", {}, { pool: "php_admin_value[open_basedir] = /srv:/tmp" }],
  [
    "requests/open-basedir",
    "known to the machine alone",
    "unknown",
    {},
    { pool: `php_admin_value[open_basedir] = ${TEMPLATE}` },
  ],
  [
    "requests/sessions",
    "a file system that is read-only",
    "error",
    {
      paths: pathsWith(
        pathOf("/var/lib/php/sessions", { ...directory, viewer: "pool 0", mode: 0o1777, readOnly: true }),
      ),
    },
  ],
  [
    "requests/sessions",
    "root's",
    "error",
    {
      paths: pathsWith(
        pathOf("/var/lib/php/sessions", { ...directory, viewer: "pool 0", mode: 0o755, opened: true }),
      ),
    },
  ],
  ["requests/sessions", "as on Debian: everybody may write, nobody list", "ok", {}],
  [
    "requests/sessions",
    "a group's, or a list's, and nobody tried",
    "unknown",
    {
      paths: pathsWith(pathOf("/var/lib/php/sessions", { ...directory, viewer: "pool 0", mode: 0o770 })),
    },
  ],
  [
    "requests/sessions",
    "a group's, and the account was not let in",
    "error",
    {
      paths: pathsWith(
        pathOf("/var/lib/php/sessions", { ...directory, viewer: "pool 0", mode: 0o770, opened: false }),
      ),
    },
  ],
  ...(
    [
      [
        "missing, and the directory is everybody's",
        "ok",
        missing(LOG),
        at("/var/log/php", { ...directory, mode: 0o1777 }),
      ],
      [
        "missing, and the directory is root's",
        "warning",
        missing(LOG),
        at("/var/log/php", { ...directory, opened: true }),
      ],
      ["missing with its directory", "warning", missing(LOG, "/var/log/php"), missing("/var/log/php")],
      ["a link that leads nowhere", "unknown", missing(LOG, "/mnt/php.log"), at("/var/log/php", directory)],
      ["the account's", "ok", at(LOG, { mode: 0o200, owner: 33, opened: false })],
      ["root's", "warning", at(LOG, { mode: 0o644, opened: true })],
      ["root's, behind a list", "unknown", at(LOG, { mode: 0o660 })],
      ["a directory", "warning", at(LOG, directory)],
      ["a pipe", "ok", at(LOG, { kind: "other" })],
      ["not looked at", "unknown"],
    ] as const
  ).map(
    ([what, state, ...paths]): Case => [
      "requests/php-log",
      what,
      state,
      { paths: pathsWith(...paths) },
      { pool: logged(LOG) },
    ],
  ),
  ...[
    "syslog",
    "/dev/stderr",
    "php.log",
    `${LOG}\nphp_admin_flag[log_errors] = off`,
    `${LOG}\nchroot = /srv`,
  ].map((value): Case => ["requests/php-log", value, "skipped", {}, { pool: logged(value) }]),
  [
    "requests/uploads",
    "a file system that is read-only",
    "warning",
    { paths: pathsWith(pathOf("/tmp", { ...directory, viewer: "pool 0", mode: 0o1777, readOnly: true })) },
  ],
  [
    "requests/uploads",
    "missing",
    "warning",
    {
      paths: pathsWith(pathOf("/srv/uploads", { viewer: "pool 0", state: "missing", own: null, kind: null })),
    },
    { pool: "php_admin_value[upload_tmp_dir] = /srv/uploads" },
  ],
  ["requests/uploads", "off", "skipped", {}, { pool: "php_admin_flag[file_uploads] = off" }],
  [
    "requests/uploads",
    "hidden",
    "unknown",
    { paths: pathsWith(pathOf("/tmp", { viewer: "pool 0", state: "hidden", own: null, kind: null })) },
  ],
  [
    "requests/temporary",
    "a file system that is read-only",
    "error",
    {
      paths: pathsWith(
        pathOf("/var/lib/nginx/body", { ...directory, viewer: "nginx", mode: 0o1777, readOnly: true }),
      ),
    },
  ],
  [
    "requests/temporary",
    "of another account",
    "error",
    {
      paths: pathsWith(
        pathOf("/var/lib/nginx/body", {
          ...directory,
          viewer: "nginx",
          mode: 0o700,
          owner: 1001,
          opened: false,
        }),
      ),
    },
  ],
  [
    "requests/temporary",
    "missing",
    "error",
    {
      paths: pathsWith(
        pathOf("/var/lib/nginx/body", { viewer: "nginx", state: "missing", own: null, kind: null }),
      ),
    },
  ],
  [
    "requests/temporary",
    "hidden",
    "unknown",
    {
      paths: pathsWith(
        pathOf("/var/lib/nginx/body", { viewer: "nginx", state: "hidden", own: null, kind: null }),
      ),
    },
  ],
  [
    "requests/names",
    "no address",
    "error",
    { names: [{ name: "php.internal", problem: "ENOTFOUND", addresses: [] }] },
    { pass: "php.internal:9000" },
  ],
  [
    "requests/names",
    "no answer",
    "unknown",
    { names: [{ name: "php.internal", problem: "EAI_AGAIN", addresses: [] }] },
    { pass: "php.internal:9000" },
  ],
  [
    "requests/names",
    "an address",
    "ok",
    { names: [{ name: "php.internal", problem: null, addresses: ["10.0.0.1"] }] },
    { pass: "php.internal:9000" },
  ],
  [
    "requests/certificate-names",
    "another name",
    "warning",
    { certificates: [{ ...certificate, names: ["blog.example"] }] },
    { server: `listen 443 ssl; ${tls.server}` },
  ],
  [
    "requests/certificate-names",
    "it was not read",
    "unknown",
    { certificates: [{ ...certificate, names: [], selfSigned: null }] },
    { server: `listen 443 ssl; ${tls.server}` },
  ],
  ["requests/certificates", "over", "error", { certificates: [{ ...certificate, to: NOW - 1 }] }, tls],
  [
    "requests/certificates",
    "soon",
    "warning",
    { certificates: [{ ...certificate, to: NOW + 3 * 86_400 }] },
    tls,
  ],
  [
    "requests/certificates",
    "three weeks",
    "ok",
    { certificates: [{ ...certificate, to: NOW + 21 * 86_400 }] },
    tls,
  ],
  [
    "requests/certificates",
    "missing",
    "error",
    { certificates: [{ ...certificate, problem: "no such file", from: null, to: null }] },
    tls,
  ],
  [
    "requests/certificates",
    "not readable",
    "unknown",
    { certificates: [{ ...certificate, problem: "Permission denied", from: null, to: null }] },
    tls,
  ],
  [
    "requests/logs",
    "renamed and packed",
    "warning",
    { nginx: [nginxOf({ workers: [processOf({ open: ["/var/log/nginx/access.log.1 (deleted)"] })] })] },
  ],
  [
    "requests/logs",
    "renamed",
    "warning",
    { nginx: [nginxOf({ workers: [processOf({ open: ["/var/log/nginx/access.log.1"] })] })] },
  ],
  [
    "requests/logs",
    "renamed with the day, and a new one is open",
    "ok",
    {
      nginx: [
        nginxOf({
          workers: [processOf({ open: ["/var/log/nginx/access.log-20261128", "/var/log/nginx/access.log"] })],
        }),
      ],
    },
  ],
  [
    "requests/logs",
    "removed",
    "warning",
    { nginx: [nginxOf({ master: processOf({ open: ["/var/log/nginx/error.log (deleted)"] }) })] },
  ],
  [
    "requests/logs",
    "hidden",
    "unknown",
    {
      nginx: [nginxOf({ master: processOf({ open: null }), workers: [processOf({ open: null })] })],
      fpm: [],
    },
  ],
];

function statusOf(id: Check["id"], facts: Partial<MachineFacts>, parts?: HostParts): Status | undefined {
  const look = { host: hostWith(parts), facts: factsWith(facts), findings: [] };
  return examine(checks, look).find(({ check }) => check.id === id)?.status;
}

describe("the checks of doctor", () => {
  test("nothing is wrong with a sound machine", () => {
    const look = { host: hostWith(), facts: factsWith(), findings: [] };
    const ill = examine(checks, look).filter(({ status }) => status === "error" || status === "warning");
    expect(ill.map(({ check, answers }) => [check.id, answers])).toEqual([]);
  });

  for (const [id, what, expected, facts, parts] of cases)
    test(`${id}: ${what} is ${expected}`, () => {
      expect(statusOf(id, facts, parts)).toBe(expected);
    });

  test("each has a case that it faults, and one that it cannot tell where it says that there are such", () => {
    const of = (id: string, wanted: readonly Status[]): boolean =>
      cases.some(([one, , status]) => one === id && wanted.includes(status));
    // The linter's findings have tests of their own.
    const own = checks.filter(({ id }) => id !== "reality/files");
    expect(own.filter(({ id }) => !of(id, ["error", "warning"])).map(({ id }) => id)).toEqual([]);
    const sayUnknown = own.filter(({ cannotTell }) => !cannotTell.startsWith("never"));
    expect(sayUnknown.filter(({ id }) => !of(id, ["unknown"])).map(({ id }) => id)).toEqual([]);
  });

  test("the step names who keeps a daemon from starting, or from answering", () => {
    const said = (id: string, facts: Partial<MachineFacts>): string => {
      const looked = examine(checks, { host: hostWith(), facts: factsWith(facts), findings: [] });
      const answers = looked.find(({ check }) => check.id === id)?.answers ?? [];
      return answers
        .map((one) => (one.kind === "wrong" ? [one.evidence, one.fix].flat().join("; ") : ""))
        .join();
    };
    const strange = [listenerOf({ owners: [stranger] })];
    const silent = { answers: [{ ...answer, values: "silent" } as const] };
    const orphans = [{ ...stranger, name: "php-fpm8.2", orphan: true }];
    const shared = said("basics/nginx", { nginx: [], listeners: [{ ...PORT, owners: [stranger] }] });
    expect(shared).toContain("process 77, apache2, listens on 0.0.0.0:80; end who listens");
    expect(said("basics/php-fpm", { fpm: [], listeners: strange })).toContain("process 77, apache2, listens");
    expect(said("basics/php-fpm", { fpm: [], listeners: [] })).not.toContain("end who listens");
    expect(said("reality/listens", { fpm: [], listeners: [listenerOf({ owners: orphans })] })).toContain(
      "kill 77; then systemctl start",
    );
    expect(said("reality/answers", { ...silent, listeners: strange })).toContain("apache2, listens there");
    const none = { ...silent, fpm: [fpmOf({ workers: [] })] };
    expect(said("reality/answers", none)).toContain("ps -o stat,wchan -p 20");
  });

  test("a full pool names the slow log that its files have, or how to get one", () => {
    const fixWith = (pool: string): string => {
      const facts = factsWith({ answers: [{ ...answer, values: "silent" }] });
      const full = examine(checks, { host: hostWith({ pool }), facts, findings: [] });
      const [said] = full.find(({ check }) => check.id === "resources/workers")?.answers ?? [];
      return said?.kind === "wrong" ? (said.fix ?? "") : "";
    };
    expect(fixWith("")).toContain("slowlog and request_slowlog_timeout = 5s in the pool show");
    expect(fixWith("slowlog = /var/log/slow.log\nrequest_slowlog_timeout = 5s")).toContain(
      "the slow log, which fpmlint diagnose reads",
    );
  });

  test("each has an id of its own, in the order of the groups", () => {
    const ids = checks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const order = GROUPS.map(([group]) => group);
    const groups = checks.map((check) => order.indexOf(groupOf(check)));
    expect(groups).toEqual([...groups].sort((a, b) => a - b));
  });

  test("an error of ours in one leaves the others", () => {
    const broken: Check = {
      id: "basics/broken",
      title: "",
      looksAt: "",
      fires: "",
      silent: "",
      cannotTell: "",
      judge: () => {
        throw new Error("oops");
      },
    };
    const look = { host: hostWith(), facts: factsWith(), findings: [] };
    const [first, second] = examine([broken, ...checks], look);
    expect(first?.status).toBe("unknown");
    expect(second?.status).toBe("ok");
  });
});
