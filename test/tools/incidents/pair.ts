/** A real nginx and PHP-FPM below a directory of their own, for one incident. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get, request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeGroup } from "../measure/group.js";
import { kernelLines, makeSwap } from "./needs.js";

export interface PairOptions {
  /** Lines of `location ~ \.php$`, beside `fastcgi_pass`. */
  readonly location?: string;
  /** Where nginx sends requests; absent: where the pool listens. `DIR` is the pair's directory, `PORT` a free port, `LISTEN` where the pool listens. */
  readonly pass?: string;
  /** Lines of `server`. */
  readonly server?: string;
  /** Lines of `http`. */
  readonly http?: string;
  /** Lines of the pool, which win over those that every pool has. */
  readonly pool?: string;
  readonly global?: string;
  /** Lines outside of `http`. */
  readonly main?: string;
  /** How many connections a worker of nginx may have; absent: 256. */
  readonly connections?: number;
  /** Program of nginx; absent: the installed one. */
  readonly program?: (dir: string) => string;
  /** Further words of PHP-FPM's command line. */
  readonly fpmWords?: readonly string[];
  /** Whether the pool listens on a port. */
  readonly tcp: boolean;
  readonly name: string;
  readonly script?: string;
}

const SCRIPT = `<?php
$m = $_GET['m'] ?? '';
if ($m === 'sleep') sleep((int) $_GET['s']);
if ($m === 'nap') usleep((int) $_GET['ms'] * 1000);
if ($m === 'finish') { fastcgi_finish_request(); sleep((int) $_GET['s']); }
if ($m === 'kill') posix_kill(getmypid(), 9);
if ($m === 'crash') posix_kill(getmypid(), 11);
if ($m === 'memory') str_repeat('x', 64 << 20);
if ($m === 'fatal') nope();
if ($m === 'header') header('X: ' . str_repeat('x', 20000));
if ($m === 'large') echo str_repeat('x', 30000000);
if ($m === 'invalid') header('X Y: 1');
if ($m === 'crash-halfway') { echo str_repeat('x', 100000); flush(); posix_kill(getmypid(), 11); }
if ($m === 'stall') { echo str_repeat('x', 100000); flush(); sleep((int) $_GET['s']); }
if ($m === 'loop') { set_time_limit(1); while (true); }
if ($m === 'eat') { ini_set('memory_limit', -1); $all = []; while (true) $all[] = str_repeat('x', 1 << 20); }
if ($m === 'hold') { ini_set('memory_limit', -1); $held = str_repeat('x', (int) $_GET['mb'] << 20); sleep((int) $_GET['s']); }
if ($m === 'session') { session_start(); $_SESSION['cart'] = str_repeat('x', 100); }
if ($m === 'warn') trigger_error('odd, but it goes on', E_USER_WARNING);
if ($m === 'half') { echo str_repeat('x', 100000); flush(); posix_kill(getmypid(), 9); }
echo 'ok';
`;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return address !== null && typeof address === "object" ? address.port : 0;
}

export class Pair {
  private nginx: ChildProcess | null = null;
  private fpm: ChildProcess | null = null;
  /** Undoes what was done to the machine, the last first. */
  private readonly undo: (() => unknown)[] = [];
  /** The kernel's last line before what is noted. */
  private kernelLast = "";

  private constructor(
    readonly dir: string,
    readonly port: number,
    readonly listen: string,
    private readonly program: string,
    private readonly fpmWords: readonly string[],
  ) {}

  static async make(options: PairOptions): Promise<Pair> {
    const dir = mkdtempSync(join(tmpdir(), "fpmlint-incident-"));
    chmodSync(dir, 0o755);
    const [port, own, free] = [await freePort(), await freePort(), await freePort()];
    const listen = options.tcp ? `127.0.0.1:${own}` : `${dir}/run/${options.name}.sock`;
    for (const one of ["run", "log", "www", "body", "tmp", "sessions", "etc/nginx", "etc/php/8.2/fpm"])
      mkdirSync(join(dir, one), { recursive: true });
    for (const one of ["body", "tmp", "sessions", "run"]) chmodSync(join(dir, one), 0o777);
    writeFileSync(join(dir, "www/index.php"), options.script ?? SCRIPT);
    const address = options.tcp ? listen : `unix:${listen}`;
    const filled = (text: string): string =>
      text.replaceAll("DIR", dir).replaceAll("PORT", String(free)).replaceAll("LISTEN", address);
    const pass = filled(options.pass ?? address);
    writeFileSync(join(dir, "etc/nginx/nginx.conf"), filled(nginxConf(options, port, pass)));
    const global = `[global]\nerror_log = DIR/log/fpm.log\ndaemonize = no\n${options.global ?? ""}\n`;
    writeFileSync(join(dir, "etc/php/8.2/fpm/php-fpm.conf"), filled(global + poolConf(options, listen)));
    return new Pair(
      dir,
      port,
      listen,
      options.program?.(dir) ?? "nginx",
      (options.fpmWords ?? []).map(filled),
    );
  }

  startNginx(): void {
    const words = ["-c", this.files.nginx, "-e", join(this.dir, "log/error.log")];
    this.nginx = spawn(this.program, words, { stdio: "ignore" });
  }

  startFpm(): void {
    this.fpm = spawn("php-fpm8.2", ["-R", "-y", this.files.fpm, ...this.fpmWords], { stdio: "ignore" });
  }

  /** Until the log of a daemon has some words, or a generous time is over. */
  async wait(log: "fpm.log" | "error.log", words: string, times = 1): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const path = join(this.dir, "log", log);
      if (existsSync(path) && readFileSync(path, "utf8").split(words).length > times) return;
      await pause(50);
    }
  }

  async start(): Promise<void> {
    this.startFpm();
    await this.wait("fpm.log", "ready to handle connections");
    this.startNginx();
    for (let tries = 0; tries < 100 && (await this.ask("/status-of-nginx")) === 0; tries += 1)
      await pause(50);
  }

  signalFpm(signal: NodeJS.Signals): void {
    this.fpm?.kill(signal);
  }

  /** Ends PHP-FPM as a stop does, and waits until it is gone. */
  async stopFpm(): Promise<void> {
    this.signalFpm("SIGTERM");
    await this.ended("fpm");
  }

  /** Starts PHP-FPM again, until it is ready for the so many-th time. */
  async startFpmAgain(times: number): Promise<void> {
    this.startFpm();
    await this.wait("fpm.log", "ready to handle connections", times);
  }

  /** nginx reads its files anew, and its old workers are gone. */
  async reloadNginx(): Promise<void> {
    this.signalNginx("SIGHUP");
    await this.wait("error.log", "reconfiguring");
    await pause(500);
  }

  /** The main file of a daemon, changed. */
  edit(daemon: "nginx" | "fpm", change: (text: string) => string): void {
    const path = this.files[daemon];
    writeFileSync(path, change(readFileSync(path, "utf8")));
  }

  /** A file system of a few bytes at a directory of the pair. */
  mountSmall(name: string, bytes: number): void {
    const at = join(this.dir, name);
    run("mount", "-t", "tmpfs", "-o", `size=${bytes},mode=0777`, "fpmlint", at);
    this.undo.push(() => run("umount", at));
  }

  /** Bounds the memory of PHP-FPM and its workers. `swap`: bytes that they may have beside it. */
  boundMemory(bytes: number, swap = 0): void {
    const group = makeGroup(bytes, swap);
    if ("why" in group) throw new Error(group.why);
    this.undo.push(() => group.remove());
    for (const pid of [this.fpm?.pid ?? 0, ...childrenOf(this.fpm?.pid ?? 0)])
      writeFileSync(join(group.path, "cgroup.procs"), String(pid));
  }

  /** A file to swap to, below the pair's directory. */
  addSwap(bytes: number): void {
    const path = join(this.dir, "swap");
    makeSwap(path, bytes);
    this.undo.push(() => run("swapoff", path));
  }

  /** From here on the kernel's lines are noted. */
  noteKernel(): void {
    this.kernelLast = kernelLines().at(-1) ?? "";
  }

  /** Writes what the kernel said since then to a log, as a syslog writes it that read it now. */
  writeKernelLog(): void {
    const all = kernelLines();
    const time = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    const own = all.slice(all.lastIndexOf(this.kernelLast) + 1);
    writeFileSync(
      join(this.dir, "log/kernel.log"),
      own.map((line) => `${time} host kernel: ${line}\n`).join(""),
    );
  }

  signalNginx(signal: NodeJS.Signals): void {
    this.nginx?.kill(signal);
  }

  /** Until a daemon has ended. */
  async ended(which: "nginx" | "fpm"): Promise<void> {
    const one = which === "nginx" ? this.nginx : this.fpm;
    if (one === null || one.exitCode !== null || one.signalCode !== null) return;
    await new Promise<void>((done) => one.once("exit", () => done()));
  }

  /** The main files. */
  get files(): { readonly nginx: string; readonly fpm: string } {
    return {
      nginx: join(this.dir, "etc/nginx/nginx.conf"),
      fpm: join(this.dir, "etc/php/8.2/fpm/php-fpm.conf"),
    };
  }

  /** The workers of PHP-FPM. */
  workers(): readonly number[] {
    return childrenOf(this.fpm?.pid ?? 0);
  }

  workersOfNginx(): readonly number[] {
    return childrenOf(this.nginx?.pid ?? 0);
  }

  get masters(): { readonly nginx: number; readonly fpm: number } {
    return { nginx: this.nginx?.pid ?? 0, fpm: this.fpm?.pid ?? 0 };
  }

  /** Ends PHP-FPM with its workers, as a machine that lost it. */
  killFpm(): void {
    const pid = this.fpm?.pid;
    if (pid === undefined) return;
    const children = childrenOf(pid);
    this.fpm?.kill("SIGKILL");
    for (const child of children) process.kill(child, "SIGKILL");
  }

  /** The status; 0: no answer. */
  ask(path: string, body: Buffer | null = null, wait = 0, chunked = false): Promise<number> {
    return new Promise((done) => {
      const options = {
        host: "127.0.0.1",
        port: this.port,
        path,
        headers: { Host: "shop.example", ...(chunked ? { "Transfer-Encoding": "chunked" } : {}) },
        timeout: 20_000,
        agent: false,
      };
      const sent = body === null ? get(options) : request({ ...options, method: "POST" });
      sent.on("response", (answer) => {
        answer.on("error", () => done(answer.statusCode ?? 0));
        answer.on("close", () => done(answer.statusCode ?? 0));
        // A client that does not read makes nginx keep the answer.
        setTimeout(() => answer.resume(), wait);
      });
      sent.on("timeout", () => sent.destroy());
      sent.on("error", () => done(0));
      if (body !== null) sent.end(body);
    });
  }

  /** Asks and hangs up after some milliseconds. */
  hangUp(path: string, after: number): Promise<void> {
    return new Promise((done) => {
      const sent = get({ host: "127.0.0.1", port: this.port, path, agent: false });
      sent.on("error", () => done());
      setTimeout(() => {
        sent.destroy();
        done();
      }, after);
    });
  }

  async askMany(path: string, times: number): Promise<readonly number[]> {
    return Promise.all(Array.from({ length: times }, () => this.ask(path)));
  }

  get logs(): readonly string[] {
    return ["error.log", "access.log", "fpm.log", "fpm-access.log", "slow.log", "kernel.log"]
      .map((name) => join(this.dir, "log", name))
      .filter((path) => existsSync(path));
  }

  async end(): Promise<void> {
    this.signalNginx("SIGTERM");
    this.signalFpm("SIGTERM");
    await Promise.all([this.ended("nginx"), this.ended("fpm")]);
    for (const one of this.undo.reverse()) await one();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds));
}

function run(...[command = "", ...words]: readonly string[]): void {
  const { status, stderr } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

function childrenOf(pid: number): readonly number[] {
  return spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
    .stdout.trim()
    .split("\n")
    .filter((one) => one !== "")
    .map(Number);
}

function nginxConf(
  { location = "", server = "", http = "", main = "", connections = 256 }: PairOptions,
  port: number,
  pass: string,
): string {
  return `daemon off;
pid DIR/nginx.pid;
error_log DIR/log/error.log info;
user www-data;
${main}
events { worker_connections ${connections}; }
http {
    access_log DIR/log/access.log;
    client_body_temp_path DIR/body;
    fastcgi_temp_path DIR/tmp;
    ${http}
    server {
        listen 127.0.0.1:${port};
        server_name shop.example;
        root DIR/www;
        index index.php;
        ${server}
        location = /status-of-nginx { access_log off; return 204; }
        location ~ \\.php$ {
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_pass ${pass};
            ${location}
        }
    }
}
`;
}

function poolConf({ pool = "", name }: PairOptions, listen: string): string {
  const own = pool.split("\n").map((line) => line.split("=")[0]?.trim());
  const common = [
    "user = www-data",
    "group = www-data",
    `listen = ${listen}`,
    "listen.owner = www-data",
    "listen.group = www-data",
    "listen.mode = 0660",
    "pm = static",
    "pm.max_children = 3",
  ].filter((line) => !own.includes(line.split("=")[0]?.trim()));
  return `[${name}]\n${common.join("\n")}\n${pool}\n`;
}
