import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { waitFor, waitsForEvents } from "../../daemons/processes.js";
import { onExit } from "../../support/exit.js";
import { run } from "../measure/fastcgi.js";
import { startFpm } from "../measure/pool.js";
import { writeClasses } from "../measure/scripts.js";

/** A real PHP-FPM with several static pools, all of whose workers can be kept busy at the same time. */

export interface DrivenPool {
  readonly name: string;
  readonly workers: number;
  /** MiB that each request takes. */
  readonly mib: number;
  /** Whether it takes them as one string, which PHP gives back at once, or as many small ones. */
  readonly whole: boolean;
  /** PHP files that each request loads. */
  readonly scripts: number;
}

/** The workers of a host at one moment, each listing with a header. */
export interface Listing {
  /** It tells which of them have a request. */
  readonly told: string;
  readonly aux: string;
}

export interface DrivenHost {
  /** The main file. */
  readonly main: string;
  /** What `ps` prints of the master and its workers: as the documentation names it, and as `ps aux`. */
  ps(): Listing;
  /** `/proc/PID/status` of each worker, by the number of the process. */
  statuses(): ReadonlyMap<string, string>;
  /** Gives every worker a request. `during`: called when all of them hold their memory. How many were not answered. */
  drive(during: () => void): Promise<number>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 120_000;

/** `cache`: with opcache of 128 MiB. `group`: directory of a control group to start in. */
export async function startHost(
  pools: readonly DrivenPool[],
  cache: boolean,
  group: string | null,
): Promise<DrivenHost> {
  const dir = fs.mkdtempSync("/tmp/fl-driven-");
  const remove = onExit(() => fs.rmSync(dir, { recursive: true, force: true }));
  fs.chmodSync(dir, 0o755);
  write(dir, pools, cache);
  const child = startFpm(dir, group);
  const stop = async (): Promise<void> => {
    await child.stop();
    remove();
  };
  await waitFor(() => child.exited() || waitsForEvents(child.pid), PATIENCE_MS);
  if (child.exited()) {
    remove();
    throw new Error(`php-fpm did not start:\n${child.output()}`);
  }
  const master = String(child.pid);
  return {
    main: `${dir}/php-fpm.conf`,
    stop,
    ps: () => {
      const listed = (columns: string): string =>
        execFileSync("ps", ["-o", columns, "--ppid", master, "-p", master]).toString();
      return {
        told: listed("pid,rss,stat,wchan:30,args"),
        aux: listed("user,pid,%cpu,%mem,vsz,rss,tname,stat,start_time,bsdtime,args"),
      };
    },
    statuses: () => {
      const pids = execFileSync("ps", ["-o", "pid=", "--ppid", master])
        .toString()
        .split(/\s+/)
        .filter(Boolean);
      return new Map(pids.map((pid) => [pid, fs.readFileSync(`/proc/${pid}/status`, "utf8")]));
    },
    drive: (during) => drive(dir, pools, during),
  };
}

function write(dir: string, pools: readonly DrivenPool[], cache: boolean): void {
  const most = Math.max(...pools.map(({ scripts }) => scripts));
  writeClasses(`${dir}/classes`, most);
  fs.writeFileSync(`${dir}/hold.php`, script(`${dir}/classes`));
  const opcache =
    "zend_extension = opcache\nopcache.memory_consumption = 128\nopcache.file_update_protection = 0\n";
  fs.writeFileSync(`${dir}/php.ini`, `${cache ? opcache : ""}memory_limit = 512M\nmax_execution_time = 0\n`);
  const sections = pools.map(
    ({ name, workers }) =>
      `[${name}]\nuser = www-data\ngroup = www-data\nlisten = ${dir}/${name}.sock\nlisten.mode = 0600\npm = static\npm.max_children = ${workers}\n`,
  );
  fs.writeFileSync(
    `${dir}/php-fpm.conf`,
    `[global]\npid = ${dir}/php-fpm.pid\nerror_log = ${dir}/php-fpm.log\n${sections.join("")}`,
  );
}

/** Some hundred bytes of each string are for PHP itself, so that 16 of them and 1 MiB are the same. */
function script(classes: string): string {
  return `<?php
foreach (array_slice(glob('${classes}/*.php'), 0, (int) $_GET['scripts']) as $file) require_once $file;
$held = [];
if ($_GET['whole']) $held[] = str_repeat('x', 1048576 * (int) $_GET['mib']);
else for ($part = 0; $part < 16 * (int) $_GET['mib']; $part++) $held[] = str_repeat('y', 65536 - 64);
touch($_GET['mark'] . '/' . getmypid());
while (!file_exists($_GET['go'])) { usleep(20000); clearstatcache(); }
echo 'held ' . count($held);
`;
}

let rounds = 0;

async function drive(dir: string, pools: readonly DrivenPool[], during: () => void): Promise<number> {
  rounds += 1;
  const mark = `${dir}/round-${rounds}`;
  fs.mkdirSync(mark);
  fs.chmodSync(mark, 0o777);
  let failed = 0;
  const requests = pools.flatMap(({ name, workers, mib, whole, scripts }) => {
    const numbers = { mib: String(mib), whole: whole ? "1" : "", scripts: String(scripts) };
    const query = new URLSearchParams({ ...numbers, mark, go: `${mark}.go` }).toString();
    return Array.from({ length: workers }, async () => {
      const answer = await run(`${dir}/${name}.sock`, `${dir}/hold.php`, query);
      if (!/held \d+$/.test(answer ?? "")) failed += 1;
    });
  });
  const all = pools.reduce((sum, { workers }) => sum + workers, 0);
  if (await waitFor(() => failed > 0 || fs.readdirSync(mark).length >= all, PATIENCE_MS)) during();
  fs.writeFileSync(`${mark}.go`, "");
  await Promise.all(requests);
  return failed;
}
