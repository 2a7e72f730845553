import * as fs from "node:fs";
import { fpmCommand } from "../../daemons/available.js";
import { type Child, startChild, waitFor, waitsForEvents } from "../../daemons/processes.js";
import { onExit } from "../../support/exit.js";
import { run } from "./fastcgi.js";
import { holdScript, writeClasses } from "./scripts.js";

export interface PoolOptions {
  readonly workers: number;
  /** How many PHP files each request loads. */
  readonly scripts: number;
  /** What each request takes besides, in MiB. */
  readonly heapMib: number;
  /** `opcache.memory_consumption`, in MiB; 128 when absent. */
  readonly cacheMib?: number;
  /** Directory of the control group that it starts in; absent: that of this process. */
  readonly group?: string;
}

export interface Drive {
  readonly answered: number;
  /** The most files in the cache of scripts that a request saw. */
  readonly cached: number;
  /** Requests whose worker did not live to answer. */
  readonly failed: number;
}

export interface MeasuredPool {
  /** The main file of PHP-FPM. */
  readonly main: string;
  /** How many files its cache of scripts holds. */
  readonly cached: number;
  /**
   * Gives every worker one request at the same time, so many times. `during`: called when all of
   * them hold their memory, or the first is gone.
   */
  drive(rounds: number, during?: () => void): Promise<Drive>;
  stop(): Promise<void>;
}

/** No answer depends on how fast something is; this is for machines that never get there. */
const PATIENCE_MS = 120_000;

/** Starts one static pool `www` with the cache of scripts, already filled. */
export async function startPool(options: PoolOptions): Promise<MeasuredPool> {
  const dir = fs.mkdtempSync("/tmp/fl-measure-");
  const remove = onExit(() => fs.rmSync(dir, { recursive: true, force: true }));
  fs.chmodSync(dir, 0o755);
  let child: Child | null = null;
  const stop = async (): Promise<void> => {
    await child?.stop();
    remove();
  };
  try {
    write(dir, options);
    child = startFpm(dir, options.group ?? null);
    const begun = child;
    await waitFor(() => begun.exited() || waitsForEvents(begun.pid), PATIENCE_MS);
    if (begun.exited()) throw new Error(`php-fpm did not start:\n${begun.output()}`);
    const once = (workers: number, during = (): void => {}) => round(dir, workers, options.heapMib, during);
    // Alone first: workers that compile the same file at the same time each need memory for it.
    const { cached } = await once(1);
    return {
      main: `${dir}/php-fpm.conf`,
      cached,
      stop,
      drive: (rounds, during) => drive(rounds, () => once(options.workers, during)),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function drive(rounds: number, once: () => Promise<Drive>): Promise<Drive> {
  let [answered, failed, cached] = [0, 0, 0];
  for (let number = 0; number < rounds; number += 1) {
    const ended = await once();
    answered += ended.answered;
    failed += ended.failed;
    cached = Math.max(cached, ended.cached);
  }
  return { answered, failed, cached };
}

/** The cache leaves out files that are younger than two seconds, unless it is told not to wait. */
function write(dir: string, { workers, scripts, cacheMib = 128 }: PoolOptions): void {
  writeClasses(`${dir}/classes`, scripts);
  fs.writeFileSync(`${dir}/hold.php`, holdScript(`${dir}/classes`));
  fs.writeFileSync(
    `${dir}/php.ini`,
    `zend_extension = opcache
opcache.enable = 1
opcache.memory_consumption = ${cacheMib}
opcache.max_accelerated_files = 4000
opcache.file_update_protection = 0
memory_limit = 256M
max_execution_time = 0
log_errors = On
display_errors = Off
`,
  );
  fs.writeFileSync(
    `${dir}/php-fpm.conf`,
    `[global]
pid = ${dir}/php-fpm.pid
error_log = ${dir}/php-fpm.log
[www]
user = www-data
group = www-data
listen = ${dir}/www.sock
listen.mode = 0600
pm = static
pm.max_children = ${workers}
`,
  );
}

/** Starts it with the `php.ini` and `php-fpm.conf` of a directory; `group`: of the control group, `null`: this one. */
export function startFpm(dir: string, group: string | null): Child {
  if (fpmCommand === null) throw new Error("php-fpm is not installed");
  const args = ["-F", "-c", `${dir}/php.ini`, "-y", `${dir}/php-fpm.conf`];
  const env = { PATH: process.env.PATH, PHP_INI_SCAN_DIR: "" };
  if (group === null) return startChild(fpmCommand, args, `${dir}/php-fpm.out`, env);
  // In the group before it is PHP-FPM, so that nothing of it is counted elsewhere.
  const enter = 'echo $$ > "$0"/cgroup.procs && exec "$@"';
  return startChild("/bin/sh", ["-c", enter, group, fpmCommand, ...args], `${dir}/php-fpm.out`, env);
}

let rounds = 0;

async function round(dir: string, workers: number, mib: number, during: () => void): Promise<Drive> {
  rounds += 1;
  const mark = `${dir}/round-${rounds}`;
  fs.mkdirSync(mark);
  fs.chmodSync(mark, 0o777);
  let [failed, cached] = [0, 0];
  const query = new URLSearchParams({ mib: String(mib), mark, go: `${mark}.go` }).toString();
  const requests = Array.from({ length: workers }, async () => {
    const answer = await run(`${dir}/www.sock`, `${dir}/hold.php`, query);
    const [, held, scripts] = /held (\d+) in (\d+) scripts$/.exec(answer ?? "") ?? [];
    if (Number(held) !== mib * 16) failed += 1;
    cached = Math.max(cached, Number(scripts ?? 0));
  });
  const all = await waitFor(() => failed > 0 || fs.readdirSync(mark).length >= workers, PATIENCE_MS);
  if (all) during();
  fs.writeFileSync(`${mark}.go`, "");
  await Promise.all(requests);
  return { answered: workers - failed, failed, cached };
}
