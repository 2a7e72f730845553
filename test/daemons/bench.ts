/**
 * The bench: starts a copy of a fixture's files in real nginx and PHP-FPM.
 *
 * A fixture is a small host with absolute paths and ordinary ports. `copyFixture` copies it to
 * `/tmp/fl-XXXXXX/root` and applies one table (`substitution.ts`) to its configuration:
 *
 * - Directories: /etc, /run, /var/run (as /run), /var, /srv, /tmp, /home, /opt, /app,
 *   /usr/local/etc, /usr/local/var and /usr/share/nginx at the beginning of a path become the same
 *   directory below the copy's root. A path begins at the start of a word or behind one of
 *   `" ' = : , ; (` or a blank, so `unix:/run/php/www.sock` and `open_basedir=/srv/a:/tmp` are
 *   covered. Left alone: the arguments of directives that take URIs or patterns (`location`,
 *   `rewrite`, `try_files`, `error_page` …), `if` except behind `-f -d -e -x`, the keys of `map`,
 *   `fastcgi_param` SCRIPT_NAME and its like, `pm.status_path`, comments, PHP scripts.
 * - Ports: each TCP port in `listen`, `*_pass`, `server` of an upstream, `set`, the values of
 *   `map`/`geo`, and in FPM's `listen` and `pm.status_listen` becomes a free port, the same one
 *   everywhere. Numbers that are no port stay, so that a fault in them stays.
 * - Symlinks: absolute targets like paths.
 *
 * What a package or a person would have put on the host is added, and no line of a file moves:
 * stock files that are included but not carried (`fastcgi_params` …), directories for sockets,
 * logs and temporary files, and in every document root the scripts of `scripts.ts` unless the
 * fixture brings its own of that name. nginx gets, behind the brace of `http {`, writable
 * temporary paths and an access log, and in a `server` without `listen` the substitute of port 80:
 * what it would use otherwise was compiled in and belongs to the machine.
 *
 * A fixture must use accounts that the machine has (root, www-data, nobody, daemon), and socket
 * paths up to 88 bytes, because the copy's root takes 19 of the 107 that a socket may have.
 */
import * as fs from "node:fs";
import { bare, directives } from "../nginx/support/words.js";
import { fpmCommand, nginxCommand } from "./available.js";
import { type Copy, type MasterPaths, walk } from "./copy.js";
import { accepts, type Child, startChild, waitFor, waitsForEvents, workersOf } from "./processes.js";
import { type Answer, type Request, send } from "./request.js";
import type { Listen } from "./substitution.js";

export { type Copy, copyFixture, type HostPaths, hostPaths, type MasterPaths, walk } from "./copy.js";
export type { Answer, Request } from "./request.js";

export interface StartOptions {
  /** How long a daemon may take before it counts as not started. */
  readonly timeoutMs?: number;
}

export interface Daemon {
  readonly name: "nginx" | "php-fpm";
  readonly pid: number;
  /** Seen answering. `false`: it refused, or ended, or was never ready. */
  readonly started: boolean;
  output(): string;
}

export interface Running {
  readonly copy: Copy;
  readonly daemons: readonly Daemon[];
  /** `true`: every daemon of the fixture runs. */
  readonly started: boolean;
  /** What the daemons printed until then, with the fixture's own paths and ports. */
  readonly output: string;
  /** Ends the daemons with their workers and removes the copy. */
  stop(): Promise<void>;
}

export async function start(copy: Copy, options: StartOptions = {}): Promise<Running> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const children: Child[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
    copy.remove();
  };
  try {
    const masters = copy.hosts.masters.map((master, index) =>
      startFpm(copy, master, index, children, timeoutMs),
    );
    const nginx = copy.hosts.nginx === null ? [] : [startNginx(copy, copy.hosts.nginx, children, timeoutMs)];
    const daemons = await Promise.all([...masters, ...nginx]);
    const output = copy.restore(daemons.map((daemon) => daemon.output()).join(""));
    const fpmLog = daemons.every((daemon) => daemon.started) ? "" : copyLogs(copy).fpm;
    return {
      copy,
      daemons,
      started: daemons.every((daemon) => daemon.started),
      output: output + fpmLog,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startFpm(
  copy: Copy,
  master: MasterPaths,
  index: number,
  children: Child[],
  timeoutMs: number,
): Promise<Daemon> {
  if (fpmCommand === null) throw new Error("php-fpm is not installed");
  const { args, env } = fpmCall(copy, master);
  const log = `${copy.dir}/php-fpm-${index}.out`;
  const child = startChild(fpmCommand, ["-F", ...args], log, env);
  children.push(child);
  const ready = (): boolean =>
    /ready to handle connections/.test(child.output()) || waitsForEvents(child.pid);
  const started = await answers(child, ready, log, timeoutMs);
  return { name: "php-fpm", pid: child.pid, started, output: child.output };
}

export interface Call {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** How PHP-FPM is started with the copy's files, and with `-t` asked what it thinks of them. */
export function fpmCall(copy: Copy, master: MasterPaths): Call {
  // Relative paths count from where PHP was built to live.
  const prefix = master.main.startsWith("/usr/local/") ? "usr/local" : "usr";
  const ini = master.ini === null ? stockIni(copy) : copy.root + master.ini;
  const args = ["-y", copy.root + master.main, "-c", ini, "-p", `${copy.root}/${prefix}`];
  const env = {
    PATH: process.env.PATH,
    PHP_INI_SCAN_DIR: master.scan === null ? "" : copy.root + master.scan,
  };
  return { args, env };
}

/** Every distribution's `php.ini` hides errors from clients and logs them; PHP without one does not. */
function stockIni(copy: Copy): string {
  const file = `${copy.dir}/php.ini`;
  fs.writeFileSync(file, "display_errors = Off\nlog_errors = On\nhtml_errors = Off\n");
  return file;
}

async function startNginx(copy: Copy, main: string, children: Child[], timeoutMs: number): Promise<Daemon> {
  if (nginxCommand === null) throw new Error("nginx is not installed");
  const { args, env } = nginxCall(copy, main);
  const log = `${copy.dir}/nginx.out`;
  const child = startChild(nginxCommand, args, log, env);
  children.push(child);
  const ready = async (): Promise<boolean> =>
    workersOf(child.pid).length > 0 && (copy.listens.length === 0 || (await answering(copy)) !== null);
  const started = await answers(child, ready, log, timeoutMs);
  return { name: "nginx", pid: child.pid, started, output: child.output };
}

/** How nginx is started with the copy's files, and with `-t` asked what it thinks of them. */
export function nginxCall(copy: Copy, main: string): Call {
  const file = copy.root + main;
  const top = directives(fs.readFileSync(file, "utf8")).filter((directive) => directive.parent === null);
  const set = new Set(top.map((directive) => bare(directive.name)));
  // Both are "duplicate" when the file has them, and a `daemon on` would escape.
  const globals = [
    ...(set.has("daemon") ? [] : ["daemon off;"]),
    ...(set.has("pid") ? [] : [`pid ${copy.dir}/nginx.pid;`]),
  ];
  const args = [
    "-c",
    file,
    "-p",
    `${copy.root}/usr/share/nginx/`,
    "-e",
    `${copy.root}/var/log/nginx/error.log`,
  ];
  if (globals.length > 0) args.push("-g", globals.join(" "));
  return { args, env: { PATH: process.env.PATH } };
}

async function answers(
  child: Child,
  ready: () => boolean | Promise<boolean>,
  log: string,
  timeoutMs: number,
): Promise<boolean> {
  let seen = false;
  const settled = await waitFor(async () => {
    if (child.exited()) return true;
    seen = await ready();
    return seen;
  }, timeoutMs);
  if (!settled) fs.appendFileSync(log, `\n(bench: neither ready nor gone after ${timeoutMs} ms)\n`);
  return seen && !child.exited();
}

/** The first address of a `listen` that is in use: a site that is not enabled has one, too. */
async function answering(copy: Copy, port?: number): Promise<Listen | null> {
  for (const listen of copy.listens) {
    const asked = port === undefined || listen.port === copy.ports.get(port);
    if (asked && (await accepts(listen.host, listen.port))) return listen;
  }
  return null;
}

/** Sends one request to nginx, to `port` of the fixture or to the first address at which it listens. */
export async function request(running: Running, wanted: Request): Promise<Answer> {
  const listen = await answering(running.copy, wanted.port);
  return listen === null ? { status: null, body: "(nothing listens)", ms: 0 } : send(listen, wanted);
}

export interface Logs {
  readonly nginx: string;
  readonly fpm: string;
}

/** Everything the daemons logged or printed so far, with the fixture's own paths and ports. */
export function logs(running: Running): Logs {
  const files = copyLogs(running.copy);
  const printed = (name: Daemon["name"]): string =>
    running.daemons.flatMap((daemon) => (daemon.name === name ? [daemon.output()] : [])).join("");
  return {
    nginx: files.nginx + running.copy.restore(printed("nginx")),
    fpm: files.fpm + running.copy.restore(printed("php-fpm")),
  };
}

function copyLogs(copy: Copy): Logs {
  const read = (nginx: boolean): string =>
    [...walk(copy.root)]
      .filter((file) => /\/var\/log\/|\.log$/.test(file) && !/access[^/]*$/.test(file))
      .filter((file) => isNginxLog(file.slice(copy.root.length)) === nginx)
      .filter((file) => fs.lstatSync(file).isFile())
      .map((file) => fs.readFileSync(file, "utf8"))
      .join("");
  return { nginx: copy.restore(read(true)), fpm: copy.restore(read(false)) };
}

function isNginxLog(file: string): boolean {
  return file.includes("nginx") || (file.endsWith("error.log") && !/php|fpm/.test(file));
}
