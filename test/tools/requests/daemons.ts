import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import { fpmCommand, nginxCommand } from "../../daemons/available.js";

/** nginx and PHP-FPM on loopback, and requests that are written byte for byte. */

export interface Daemon {
  stop(): Promise<void>;
}

export interface Fpm extends Daemon {
  /** The text of its configuration. */
  readonly text: string;
  /** The path of the socket of each pool. */
  readonly sockets: Readonly<Record<string, string>>;
}

const user = process.getuid?.() === 0 ? "user = nobody\ngroup = nogroup\n" : "";

/** The lines of each pool that are its own. */
function pools(top: string): Readonly<Record<string, string>> {
  return {
    usual: "pm.status_path = /fpm-status\nping.path = /fpm-ping\n",
    plain: "php_admin_value[cgi.fix_pathinfo] = 0\n",
    walled: `php_admin_value[open_basedir] = ${top}/root0:${top}/root1/a\n`,
    anything: "security.limit_extensions =\n",
    rooted: `php_admin_value[doc_root] = ${top}/root2\n`,
  };
}

export async function startFpm(top: string): Promise<Fpm> {
  const own = pools(top);
  const sockets: Record<string, string> = {};
  let text = `[global]\nerror_log = ${top}/fpm.log\npid = ${top}/fpm.pid\ndaemonize = no\n`;
  for (const [name, lines] of Object.entries(own)) {
    sockets[name] = `${top}/${name}.sock`;
    text += `[${name}]\n${user}listen = ${sockets[name]}\nlisten.mode = 0666\nlisten.backlog = 511\npm = static\npm.max_children = 2\n${lines}`;
  }
  fs.writeFileSync(`${top}/php-fpm.conf`, text);
  if (fpmCommand === null) throw new Error("php-fpm is not installed");
  // Without php.ini: what it does not say is PHP's default.
  const child = spawn(
    fpmCommand,
    ["-n", "-d", "realpath_cache_size=0", "-F", "-R", "-y", `${top}/php-fpm.conf`],
    { stdio: "ignore" },
  );
  await until(() => Object.values(sockets).every((path) => fs.existsSync(path)), "php-fpm did not start");
  return { text, sockets, stop: () => stopped(child) };
}

/** Starts nginx; the message when it refuses the configuration. */
export async function startNginx(top: string, socket: string): Promise<Daemon | string> {
  if (nginxCommand === null) throw new Error("nginx is not installed");
  const args = ["-c", `${top}/nginx.conf`, "-p", top, "-e", `${top}/error.log`];
  const tested = spawnSync(nginxCommand, [...args, "-t"], { encoding: "utf8" });
  if (tested.status !== 0) return tested.stderr;
  fs.rmSync(socket, { force: true });
  const child = spawn(nginxCommand, args, { stdio: "ignore" });
  await until(() => fs.existsSync(socket), "nginx did not start");
  return { stop: () => stopped(child) };
}

async function until(holds: () => boolean, message: string): Promise<void> {
  for (let times = 0; times < 3000; times += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(message);
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

export interface Answer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** The client's own port. */
  readonly port: number;
}

/** Sends the bytes and reads to the end of the connection. */
export function exchange(to: net.NetConnectOpts, bytes: string): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = net.connect(to);
    let port = 0;
    socket.once("connect", () => {
      port = socket.localPort ?? 0;
      socket.write(bytes);
    });
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.once("close", () => resolve({ ...parsed(Buffer.concat(chunks)), port }));
  });
}

function parsed(bytes: Buffer): Omit<Answer, "port"> {
  const text = bytes.toString("utf8");
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = (end === -1 ? text : text.slice(0, end)).split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const raw = end === -1 ? "" : text.slice(end + 4);
  const body = headers.get("transfer-encoding") === "chunked" ? unchunked(bytes.subarray(end + 4)) : raw;
  return { status: Number(/^HTTP\/\d\.\d (\d+)/.exec(first)?.[1] ?? 0), headers, body };
}

function unchunked(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf("\r\n", at);
    if (end === -1) break;
    const size = Number.parseInt(raw.toString("latin1", at, end), 16);
    if (!(size > 0)) break;
    parts.push(raw.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts).toString("utf8");
}
