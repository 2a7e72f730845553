import type {
  FpmFacts,
  ListenerFacts,
  MachineFacts,
  NginxFacts,
  PathFacts,
  ProcessFacts,
} from "../../../src/live/facts.js";
import type { Host } from "../../../src/model/host.js";
import { memoryHost } from "../../build/hosts.js";

/** A machine on which nothing is wrong, and parts of it that may be. */

export const NOW = 1_800_000_000;
export const SOCKET = "/run/php/shop.sock";

const NGINX = `user www-data;
events { worker_connections 768; }
http {
  client_body_temp_path /var/lib/nginx/body;
  fastcgi_temp_path /var/lib/nginx/fastcgi;
  access_log /var/log/nginx/access.log;
  error_log /var/log/nginx/error.log;
  SERVERS
}
`;
const SERVER = `server {
    listen 80;
    server_name shop.example;
    root /srv/shop;
    index index.php;
    SERVER
    location ~ \\.php$ {
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_pass unix:${SOCKET};
    }
  }`;
const FPM = `[global]
pid = /run/php-fpm.pid
error_log = /var/log/php-fpm.log
[shop]
user = www-data
group = www-data
listen = ${SOCKET}
listen.owner = www-data
listen.group = www-data
pm = static
pm.max_children = 2
POOL
`;

export interface HostParts {
  /** Lines of the server, and further servers or upstreams. */
  readonly server?: string;
  readonly http?: string;
  /** Lines of the pool. */
  readonly pool?: string;
  readonly pass?: string;
}

export function hostWith({ server = "", http = "", pool = "", pass }: HostParts = {}): Host {
  const nginx = NGINX.replace("SERVERS", `${http}\n${SERVER}`).replace("SERVER", server);
  return memoryHost({
    "/etc/nginx/nginx.conf":
      pass === undefined
        ? nginx
        : nginx.replace(`fastcgi_pass unix:${SOCKET};\n    }\n  }`, `fastcgi_pass ${pass};\n    }\n  }`),
    "/etc/php/8.2/fpm/php-fpm.conf": FPM.replace("POOL", pool),
    "/etc/php/8.2/fpm/php.ini": "session.save_path = /var/lib/php/sessions\n",
    "/etc/passwd":
      "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\nshop:x:1001:1001::/srv:/bin/sh\n",
    "/etc/group": "root:x:0:\nwww-data:x:33:\nshop:x:1001:\n",
  });
}

export function processOf(more: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    pid: 100,
    identity: { user: 33, group: 33, groups: [33] },
    started: NOW - 3600,
    replaced: false,
    libraries: [],
    descriptors: 20,
    mostDescriptors: 1024,
    open: [],
    sockets: [],
    resident: 20e6,
    swapped: 0,
    halt: null,
    ...more,
  };
}

const ROOT = { user: 0, group: 0, groups: [] };

export function nginxOf(more: Partial<NginxFacts> = {}): NginxFacts {
  const open = ["/var/log/nginx/access.log", "/var/log/nginx/error.log"];
  return {
    main: "/etc/nginx/nginx.conf",
    ours: true,
    master: processOf({ pid: 10, identity: ROOT, open }),
    workers: [processOf({ pid: 11, open })],
    old: [],
    stalePid: null,
    ...more,
  };
}

export function fpmOf(more: Partial<FpmFacts> = {}): FpmFacts {
  return {
    index: 0,
    master: processOf({ pid: 20, identity: ROOT, open: ["/var/log/php-fpm.log"] }),
    workers: [21, 22].map((pid) => ({ ...processOf({ pid }), pool: "shop" })),
    stalePid: null,
    ...more,
  };
}

export function listenerOf(more: Partial<ListenerFacts> = {}): ListenerFacts {
  return {
    address: { kind: "unix", path: SOCKET },
    inode: "1",
    waiting: 0,
    most: 511,
    taken: [],
    later: null,
    owners: [{ pid: 20, name: "php-fpm", daemon: "php-fpm", master: 0, orphan: false }],
    ...more,
  };
}

export const PORT = listenerOf({
  address: { kind: "tcp", host: "0.0.0.0", port: 80 },
  inode: "2",
  owners: [{ pid: 10, name: "nginx", daemon: "nginx", master: null, orphan: false }],
});

type PathParts = Partial<PathFacts> & { readonly mode?: number; readonly owner?: number };

/** `mode` and `owner`: of the path itself, below directories that everybody may pass. */
export function pathOf(path: string, { mode = 0o755, owner = 0, ...more }: PathParts = {}): PathFacts {
  const rights = { user: owner, group: owner, acl: null };
  return {
    path,
    viewer: "reader",
    state: "there",
    real: path,
    kind: "file",
    own: { path, mode, ...rights },
    above: [{ path: "/run", mode: 0o755, user: 0, group: 0, acl: null }],
    changed: NOW - 86_400,
    names: null,
    empty: null,
    opened: null,
    readOnly: null,
    ...more,
  };
}

const socket = { kind: "socket", mode: 0o660, owner: 33 } as const;
const directory = { kind: "directory" } as const;

const PATHS: readonly PathFacts[] = [
  pathOf("/etc/nginx/nginx.conf"),
  pathOf("/etc/php/8.2/fpm/php-fpm.conf"),
  pathOf("/etc/php/8.2/fpm/php.ini"),
  pathOf("/run/php-fpm.pid", { changed: NOW - 3600 }),
  pathOf(SOCKET, socket),
  pathOf(SOCKET, { ...socket, viewer: "nginx" }),
  pathOf("/srv/shop", { ...directory, viewer: "nginx", opened: true }),
  pathOf("/srv/shop", { ...directory, viewer: "pool 0" }),
  pathOf("/srv/shop/index.php", { viewer: "pool 0", mode: 0o644, opened: true }),
  pathOf("/var/lib/php/sessions", { ...directory, viewer: "pool 0", mode: 0o1733, opened: false }),
  pathOf("/tmp", { ...directory, viewer: "pool 0", mode: 0o1777, opened: true }),
  pathOf("/var/lib/nginx/body", { ...directory, viewer: "nginx", mode: 0o700, owner: 33, opened: true }),
  pathOf("/var/lib/nginx/fastcgi", { ...directory, viewer: "nginx", mode: 0o700, owner: 33, opened: true }),
];

/** With other paths in the place of those that have the same name and viewer. */
export function pathsWith(...others: readonly PathFacts[]): readonly PathFacts[] {
  const same = (a: PathFacts, b: PathFacts): boolean => a.path === b.path && a.viewer === b.viewer;
  return [...PATHS.filter((one) => !others.some((other) => same(one, other))), ...others];
}

export function factsWith(more: Partial<MachineFacts> = {}): MachineFacts {
  return {
    version: 1,
    source: "live",
    now: NOW,
    root: true,
    proc: true,
    hidden: false,
    container: false,
    nginx: [nginxOf()],
    fpm: [fpmOf()],
    otherFpm: [],
    network: true,
    listeners: [listenerOf(), PORT],
    paths: PATHS,
    spaces: [{ path: "/var/log", free: 50e9, size: 100e9, freeFiles: 900, files: 1000 }],
    memory: {
      total: 8e9,
      available: 4e9,
      swapTotal: 0,
      swapFree: 0,
      someWaits: 0,
      allWait: 0,
      kills: { count: 0, source: "/sys/fs/cgroup/system.slice/php8.2-fpm.service/memory.events" },
      others: [],
    },
    somaxconn: 4096,
    answers: [{ address: { kind: "unix", path: SOCKET }, problem: null, asNginx: true, values: "answered" }],
    pages: [],
    names: [],
    certificates: [],
    built: [],
    units: [{ name: "nginx.service", state: "active", result: "success", restarts: 0 }],
    kernelLines: [],
    programs: [],
    ...more,
  };
}
