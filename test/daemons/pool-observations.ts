import * as fs from "node:fs";
import * as net from "node:net";
import { parseShare, parseSize } from "../../src/capacity/size.js";
import { budgetOf } from "../../src/capacity/sum.js";
import type { Config } from "../../src/engine/schemas.js";
import { logs, type Running, request, walk } from "./bench.js";
import type { Observation, Observed } from "./observation.js";
import { childrenOf, waitFor } from "./processes.js";

/** What the workers of pools are seen to do. */

/**
 * The pool of a worker, by the title that PHP-FPM gives the process; by the socket that it takes requests from where a
 * loader started PHP-FPM (`npm run daemons`), for then there is no title. `null`: the worker has ended.
 */
export function poolOf(worker: number): string | null {
  try {
    const title = fs.readFileSync(`/proc/${worker}/cmdline`, "utf8");
    return /pool ([^\0]+?) *\0*$/.exec(title)?.[1] ?? fs.readlinkSync(`/proc/${worker}/fd/0`);
  } catch {
    return null;
  }
}

/** The pools of which a worker runs. */
export function runningPools(running: Running): readonly string[] {
  return [...new Set(workers(running).flatMap((pid) => poolOf(Number(pid)) ?? []))];
}

/** The workers that the bench's `hold.php` holds, by the names of their marks. */
function heldWorkers(running: Running): readonly string[] {
  return fs.readdirSync(`${running.copy.root}/tmp`).filter((name) => name.startsWith("held-"));
}

/** The sum of every `pm.max_children` that a pool file has. */
function mostWorkers(running: Running): number {
  const files = [...walk(running.copy.root)].filter((file) => /\/pool\.d\/.*\.conf$/.test(file));
  const lines = files.flatMap((file) => fs.readFileSync(file, "utf8").split("\n"));
  const counts = lines.map((line) => Number(/^\s*pm\.max_children\s*=\s*(\d+)/.exec(line)?.[1] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Waits until what is seen is `null`, or has stayed as it is for so many milliseconds. */
async function settled(see: () => string | null, ms: number): Promise<void> {
  for (let last = see(); last !== null; ) {
    const before = last;
    const changed = await waitFor(() => {
      last = see();
      return last !== before;
    }, ms);
    if (!changed) return;
  }
}

function workers(running: Running): readonly string[] {
  return running.daemons.flatMap(({ name, pid }) => (name === "php-fpm" ? childrenOf(pid) : []));
}

/** The value that a line of some pool file gives a key; `null`: no line has it. */
export function written(running: Running, key: string): string | null {
  const files = [...walk(running.copy.root)].filter((file) => /\/pool\.d\/.*\.conf$/.test(file));
  const lines = files.flatMap((file) => fs.readFileSync(file, "utf8").split("\n"));
  const line = lines.find((one) => one.split("=")[0]?.trim() === key);
  return line === undefined ? null : line.slice(line.indexOf("=") + 1).trim();
}

function socketsOf(pid: string): number {
  const names = fs.readdirSync(`/proc/${pid}/fd`);
  return names.filter((name) => linkOf(`/proc/${pid}/fd/${name}`).startsWith("socket:")).length;
}

function linkOf(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    return "";
  }
}

/** `null`: nobody took the connection within a second. */
function connected(to: net.NetConnectOpts): Promise<net.Socket | null> {
  return new Promise((resolve) => {
    const socket = net.connect(to);
    const end = (answer: net.Socket | null): void => {
      socket.removeAllListeners("timeout");
      if (answer === null) socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(null));
    socket.on("error", () => end(null));
    socket.on("connect", () => end(socket));
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Bytes of memory that a process shares with nobody. */
function anonymous(pid: string): number {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

async function heldBy(running: Running, begun: string): Promise<Observed> {
  const [listen] = running.copy.listens;
  const socket = listen === undefined ? null : await connected(listen);
  if (socket === null) return { seen: false, saw: "nobody listens" };
  socket.setTimeout(0);
  socket.pause();
  socket.write(begun);
  await pause(1500);
  const answer = await Promise.race([request(running, { path: "/index.php" }), pause(4000)]);
  socket.destroy();
  return { seen: answer === undefined, saw: answer === undefined ? "no answer" : `status ${answer.status}` };
}

export const poolObservations: Readonly<Record<string, Observation>> = {
  /** No site of the host is answered by one of the pools. */
  "pool-without-requests": async (running) => {
    const answered = new Set<string>();
    for (const host of ["shop.example.com", "blog.example.com"]) {
      const { body } = await request(running, { path: "/index.php", host });
      answered.add(poolOf(Number(/"pid":(\d+)/.exec(body)?.[1] ?? 0)) ?? "");
    }
    const idle = runningPools(running).filter((pool) => !answered.has(pool));
    return { seen: idle.length > 0, saw: `answers came from ${[...answered].join(", ")}` };
  },
  /** Nine seconds after a burst began the pool still has fewer workers than it may have. */
  "pool-not-full": async (running) => {
    // Nobody waits for the answers: they end with the daemons.
    for (let one = 0; one < 30; one += 1) void request(running, { path: "/slow.php?s=12" });
    const most = Number(written(running, "pm.max_children"));
    const full = await waitFor(() => workers(running).length >= most, 9000);
    return { seen: !full, saw: `${workers(running).length} of ${most} workers` };
  },
  /** Of ten connections one after the other some find no room in the queue of the pool. */
  "queue-full": async (running) => {
    const listen = written(running, "listen") ?? "";
    const port = /(\d+)$/.exec(listen)?.[1];
    const open: (net.Socket | null)[] = [];
    for (let round = 0; round < 10; round += 1)
      open.push(
        await connected(
          listen.startsWith("/") ? { path: listen } : { port: Number(port), host: "127.0.0.1" },
        ),
      );
    for (const socket of open) socket?.destroy();
    const count = open.filter((socket) => socket !== null).length;
    return { seen: count < 10, saw: `${count} of 10 connections` };
  },
  "pool-begins-empty": async (running) => {
    const before = workers(running).length;
    return { seen: before === 0, saw: `${before} workers before the first request` };
  },
  "other-count-than-start-servers": async (running) => {
    const [start, idle] = [written(running, "pm.start_servers"), written(running, "pm.process_idle_timeout")];
    // So that an ondemand pool has a worker that could end.
    if (start === null) await request(running, { path: "/index.php" });
    const count = workers(running).length;
    // Three times the written seconds: an ondemand worker would be gone.
    if (start === null && idle !== null) await pause(Number.parseInt(idle, 10) * 3000);
    const left = workers(running).length;
    const seen = start === null ? idle !== null && left === count : count !== Number(start);
    return { seen, saw: `${count} workers, later ${left}` };
  },
  "owner-without-a-socket": async (running) => {
    const sockets = [...walk(running.copy.root)].filter((file) => fs.lstatSync(file).isSocket());
    const seen = written(running, "listen.owner") !== null && sockets.length === 0;
    return { seen, saw: `${sockets.length} sockets` };
  },
  /** A worker says that PHP has no setting of a name; it does so when it starts. */
  "value-unknown-to-php": async (running) => {
    const says = (): boolean => /Unable to set php_(?:admin_)?value/.test(logs(running).fpm);
    await request(running, { path: "/index.php" });
    const seen = await waitFor(says, written(running, "catch_workers_output") === null ? 0 : 3000);
    return { seen, saw: seen ? "a setting that PHP refuses" : "no complaint" };
  },
  "unlisted-client-answered": async (running) => {
    const { status } = await request(running, { path: "/index.php" });
    const seen = status === 200 && written(running, "listen.allowed_clients") !== null;
    return { seen, saw: `status ${status}` };
  },
  /** A script of the fixture prints the bytes that are free in the cache of scripts: more than the 64M of the fixture. */
  "shared-memory-of-default-size": async (running) => {
    const { body } = await request(running, { path: "/opcache.php" });
    return { seen: Number(body) > 64 * 1024 * 1024, saw: body.slice(0, 200) };
  },
  /** After a request no worker holds a connection of nginx. */
  "connections-closed": async (running) => {
    const { status } = await request(running, { path: "/index.php" });
    await pause(300);
    const sockets = workers(running).map(socketsOf);
    // A worker that keeps a connection has one more than those that wait for their first.
    const closed = new Set(sockets).size === 1 && everything(running).includes("fastcgi_keep_conn on");
    return { seen: status === 200 && closed, saw: `sockets of the workers: ${sockets.join(" ")}` };
  },
  "workers-live-on": async (running) => {
    const before = workers(running).join(" ");
    for (let round = 0; round < 20; round += 1) await request(running, { path: "/index.php" });
    await pause(300);
    return {
      seen: workers(running).join(" ") === before,
      saw: `workers ${before}, then ${workers(running)}`,
    };
  },
  /** All workers at work with the fixture's script take more memory than its fpmlint.json says there is. */
  "workers-above-memory": async (running) => {
    const config = JSON.parse(fs.readFileSync(`${running.copy.root}/fpmlint.json`, "utf8")) as Config;
    const room = budgetOf({
      memory: parseSize(config.memory ?? "") ?? 0,
      reserve: parseSize(config.reserve ?? "") ?? 0,
      headroom: parseShare(config.headroom ?? "") ?? 0,
      shared: 0,
    });
    const used = (): number => workers(running).reduce((sum, pid) => sum + anonymous(pid), 0);
    const busy = Array.from({ length: mostWorkers(running) }, () => request(running, { path: "/work.php" }));
    // The scripts hold their workers until then, so that a slow machine shows the same as a fast one.
    await settled(() => (used() > room ? null : `${workers(running)} ${heldWorkers(running)}`), 10_000);
    const most = used();
    fs.writeFileSync(`${running.copy.root}/tmp/go`, "");
    await Promise.all(busy);
    const kib = Math.round(most / 1024);
    return { seen: most > room, saw: `${kib} KiB, of ${room / 1024}` };
  },
  /** While a client reads nothing of its response, the only worker answers nobody else. */
  "slow-client-holds-worker": (running) =>
    heldBy(running, "GET /large.php HTTP/1.0\r\nHost: localhost\r\n\r\n"),
  /** While a client does not go on with its form, the only worker answers nobody else. */
  "slow-upload-holds-worker": (running) =>
    heldBy(
      running,
      "POST /body.php HTTP/1.0\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 500000\r\n\r\nbegun",
    ),
  /** What the fixture's script writes to the worker's standard error does not arrive in PHP-FPM's log. */
  "worker-output-lost": async (running) => {
    await request(running, { path: "/speak.php" });
    const heard = await waitFor(() => logs(running).fpm.includes("the worker speaks"), 3000);
    return { seen: !heard, saw: heard ? "its line is in the log" : "no line in the log" };
  },
};

function everything(running: Running): string {
  const files = [...walk(running.copy.root)].filter((file) => /nginx\/.*\.conf$/.test(file));
  return files.map((file) => fs.readFileSync(file, "utf8")).join("");
}
