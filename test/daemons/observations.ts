import * as fs from "node:fs";
import type { ProofRequest } from "../../src/engine/rule.js";
import { type Answer, logs, type Running, walk } from "./bench.js";
import { cacheObservations } from "./cache-observations.js";
import { fpmObservations } from "./fpm-observations.js";
import { ask, type Observation, type Observed, shown } from "./observation.js";
import { poolObservations, poolOf, written } from "./pool-observations.js";
import { waitFor } from "./processes.js";

export const observations: Readonly<Record<string, Observation>> = {
  ...cacheObservations,
  ...fpmObservations,
  ...poolObservations,
  /** A local account that is neither owner nor in the group may write to a socket. */
  "socket-mode-others-write": async (running) => {
    const modes = sockets(running).map((file) => fs.statSync(file).mode & 0o777);
    return {
      seen: modes.some((mode) => (mode & 0o002) !== 0),
      saw: `socket modes ${modes.map(octal).join(" ")}`,
    };
  },
  /** PHP-FPM made a socket of another name than its file says. */
  "socket-cut-off": async (running) => {
    const cut = sockets(running).filter((file) => Buffer.byteLength(file) === 107);
    return { seen: cut.length > 0, saw: `sockets ${sockets(running).join(" ")}` };
  },
  /** PHP-FPM listens on a port of every address of the machine. */
  "port-of-all-addresses": async (running) => {
    const open = ["/proc/net/tcp", "/proc/net/tcp6"]
      .flatMap((file) => fs.readFileSync(file, "utf8").split("\n"))
      .flatMap((line) => /^ *\d+: 0+:([0-9A-F]{4}) \S+ 0A/.exec(line)?.[1] ?? []);
    const port = /(\d+)$/.exec(written(running, "listen") ?? "")?.[1] ?? "0";
    const seen = open.includes(Number(port).toString(16).toUpperCase().padStart(4, "0"));
    return { seen, saw: `port ${port}` };
  },
  /** A socket nobody but root can open, as a mode that is not an octal number makes it. */
  "socket-mode-zero": async (running) => {
    const modes = sockets(running).map((file) => fs.statSync(file).mode & 0o777);
    return { seen: modes.includes(0), saw: `socket modes ${modes.map(octal).join(" ")}` };
  },
  /** Requests to one address run in one pool now, in another then. */
  "two-pools-one-address": async (running, [wanted]) => {
    const pools = new Set<unknown>();
    for (let round = 0; round < 10; round += 1) {
      const four = await Promise.all([1, 2, 3, 4].map(() => ask(running, wanted)));
      for (const answer of four) if (answer.status === 200) pools.add(poolOf(Number(json(answer).pid)));
    }
    return { seen: pools.size > 1, saw: `40 requests were answered by ${[...pools].join(", ")}` };
  },
  /** The link of the document root is switched from release 1 to release 2, and release 1 answers. */
  "old-release-after-switch": async (running) => {
    // Each worker remembers for itself.
    const round = async (): Promise<readonly string[]> => {
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask(running)));
      return answers.map(({ body }) => body.trim());
    };
    const before = await round();
    const link = `${running.copy.root}/var/www/shop/current`;
    fs.unlinkSync(link);
    fs.symlinkSync("releases/2", link);
    const after = await round();
    const seen = before[0] !== "" && after.some((body) => body === before[0]);
    return { seen, saw: `${before.join(", ")}, then ${after.join(", ")}` };
  },
  /** Two sites have an index.php that names them, and one gets the other's. */
  "script-of-another-pool": async (running) => {
    const names = ["wiki.test", "blog.test"];
    const bodies: string[] = [];
    for (const host of names) bodies.push((await ask(running, { host })).body.trim());
    const alike = bodies[0] !== "" && bodies.every((body) => body === bodies[0]);
    return { seen: alike, saw: `the sites answer ${bodies.join(", ")}` };
  },
  /** The request succeeds, but PHP has nothing of its form. */
  "body-dropped": async (running, [wanted]) => {
    const answer = await ask(running, wanted ?? { method: "POST", path: "/body.php", bodyBytes: 2_097_152 });
    return { seen: answer.status === 200 && json(answer).post === 0, saw: shown(answer) };
  },
  /** Neither nginx nor PHP lets the form through: an error, or a script without its fields. */
  "body-refused": async (running, [wanted]) => {
    const answer = await ask(running, wanted);
    return { seen: answer.status !== 200 || json(answer).post === 0, saw: shown(answer) };
  },
  /** The request succeeds, but PHP has nothing of its query string. */
  "query-lost": async (running, requests) =>
    any(
      running,
      requests.length === 0 ? [{ path: "/index.php?a=1" }] : requests,
      (answer) => answer.status === 200 && size(json(answer).get) === 0,
    ),
  /** A script runs, but PHP does not have the field `a` of its query string. */
  "query-not-sent": async (running, requests) =>
    any(running, requests.length === 0 ? [{ path: "/index.php?a=1" }] : requests, (answer) => {
      const got = json(answer).get;
      return answer.status === 200 && typeof got === "object" && got !== null && !("a" in got);
    }),
  /** A script of the fixture prints what it thinks of a request over TLS. */
  "https-not-seen": async (running, requests) =>
    any(running, requests, (answer) => answer.status === 200 && answer.body === "https:off"),
  /** A script of the fixture answers 404 with a text of its own, and the client gets another one. */
  "own-answer-lost": async (running, requests) =>
    any(running, requests, (answer) => answer.status === 404 && !answer.body.includes("the shop has")),
  "blank-page": async (running, requests) =>
    any(running, requests, (answer) => answer.status === 200 && answer.body.length === 0),
  /** A script of the fixture prints the PATH_INFO that it got: none. */
  "path-info-empty": async (running, requests) =>
    any(running, requests, (answer) => answer.status === 200 && answer.body === "path:"),
  /** PHP source arrives as text. */
  "source-shown": async (running, requests) =>
    any(running, requests, (answer) => answer.status === 200 && answer.body.includes("<?php")),
  /** PHP-FPM looks for a script that is not there, though the one of SCRIPT_FILENAME is. */
  "no-input-file": async (running, requests) =>
    any(running, requests, ({ status, body }) => status === 404 && body.includes("No input file specified.")),
  /** PHP ran something that the request was not meant to reach: it prints `fpm-fcgi`. */
  "script-ran": async (running, requests) =>
    any(running, requests, (answer) => answer.status === 200 && answer.body.includes("fpm-fcgi")),
  /** PHP-FPM was asked to run a picture, and only its list of extensions kept it from that. */
  "picture-refused": async (running, [wanted]) => {
    const answer = await ask(running, wanted);
    const held = await waitFor(() => logs(running).nginx.includes("security.limit_extensions"), 3000);
    return { seen: answer.status === 403 && held, saw: shown(answer) };
  },
  "status-page-open": async (running, requests) =>
    any(running, requests, (answer) => answer.status === 200 && /^(pool:|pong)/m.test(answer.body)),
  /** The first request, the second, the first again: the pool's `memory_limit` has changed. */
  "value-sticks": async (running, [plain, special]) => {
    const before = json(await ask(running, plain)).memory_limit;
    await ask(running, special);
    const after = json(await ask(running, plain)).memory_limit;
    return { seen: before !== after, saw: `memory_limit ${String(before)}, then ${String(after)}` };
  },
  /** A `memory_limit` that PHP could not read leaves its default in force. */
  "memory-limit-not-applied": async (running) => {
    const limit = json(await ask(running)).memory_limit;
    return { seen: limit === "128M", saw: `memory_limit is ${String(limit)}` };
  },
  /** A request that is running when PHP-FPM is told to reload never gets its answer. */
  "reload-drops-request": async (running) => {
    const pending = ask(running, { path: "/slow.php?s=3&mark=begun" });
    const begun = await waitFor(() => fs.existsSync(`${running.copy.root}/tmp/begun`), 30_000);
    if (begun)
      for (const daemon of running.daemons)
        if (daemon.name === "php-fpm") process.kill(daemon.pid, "SIGUSR2");
    const answer = await pending;
    const saw = begun ? shown(answer) : `the request never began: ${shown(answer)}`;
    return { seen: begun && answer.status === 502 && logs(running).nginx.includes("104"), saw };
  },
  "reload-freezes-requests": freezes,
};

/** While an old request still runs, one that comes in after the reload is given up. */
async function freezes(running: Running): Promise<Observed> {
  const old = ask(running, { path: "/slow.php?s=8&mark=begun" });
  const begun = await waitFor(() => fs.existsSync(`${running.copy.root}/tmp/begun`), 30_000);
  for (const daemon of running.daemons) if (daemon.name === "php-fpm") process.kill(daemon.pid, "SIGUSR2");
  // The master stops taking requests only when it has seen the signal.
  await waitFor(() => logs(running).fpm.includes("Reloading in progress"), 10_000);
  let answer = await ask(running);
  // A worker that the master has not told yet takes one more.
  for (let again = 0; again < 5 && answer.status === 200; again += 1) answer = await ask(running);
  await old;
  return { seen: begun && answer.status === 504, saw: shown(answer) };
}

async function any(
  running: Running,
  requests: readonly ProofRequest[],
  wanted: (answer: Answer) => boolean,
): Promise<Observed> {
  const answers: Answer[] = [];
  for (const one of requests.length === 0 ? [{}] : requests) answers.push(await ask(running, one));
  return { seen: answers.some(wanted), saw: answers.map(shown).join("; ") };
}

function sockets(running: Running): readonly string[] {
  return [...walk(running.copy.root)].filter((file) => fs.lstatSync(file).isSocket());
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** What a script printed as JSON, behind the warnings that PHP shows when no php.ini hides them. */
function json(answer: Answer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(answer.body.slice(answer.body.indexOf('{"')));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function size(value: unknown): number {
  return typeof value === "object" && value !== null ? Object.keys(value).length : -1;
}
