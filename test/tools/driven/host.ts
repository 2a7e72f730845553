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
  /** It tells which of them have a request, and what they do not share. */
  readonly own: string;
  /** The same without what they do not share. */
  readonly told: string;
  readonly aux: string;
}

/** Files of `/proc/PID`. */
export interface Told {
  readonly status: string;
  readonly stat: string;
  readonly wchan: string;
}

export interface DrivenHost {
  /** The main file. */
  readonly main: string;
  /** What `ps` prints of the master and its workers: as the documentation names them, and as `ps aux`. */
  ps(): Listing;
  /** What the kernel says of each worker, by the number of the process. */
  told(): ReadonlyMap<string, Told>;
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
      const own = listed("pid,rss,uss,stat,wchan:30,args");
      return {
        own,
        told: own.replace(/^( *\S+ +\S+) +\S+/gm, "$1"),
        aux: listed("user,pid,%cpu,%mem,vsz,rss,tname,stat,start_time,bsdtime,args"),
      };
    },
    told: () => {
      const pids = execFileSync("ps", ["-o", "pid=", "--ppid", master])
        .toString()
        .split(/\s+/)
        .filter(Boolean);
      const read = (pid: string, name: string): string => fs.readFileSync(`/proc/${pid}/${name}`, "utf8");
      return new Map(
        pids.map((pid) => {
          const [stat, wchan] = [read(pid, "stat"), read(pid, "wchan")];
          return [pid, { status: read(pid, "status"), stat, wchan }];
        }),
      );
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
$go = fopen($_GET['go'], 'r');
touch($_GET['mark'] . '/' . getmypid());
fgets($go);
echo 'held ' . count($held);
`;
}

let rounds = 0;

async function drive(dir: string, pools: readonly DrivenPool[], during: () => void): Promise<number> {
  rounds += 1;
  const mark = `${dir}/round-${rounds}`;
  fs.mkdirSync(mark);
  fs.chmodSync(mark, 0o777);
  // Who reads from a pipe waits until nobody has it open to write.
  const go = `${mark}.go`;
  execFileSync("mkfifo", [go]);
  fs.chmodSync(go, 0o644);
  const held = fs.openSync(go, "r+");
  let failed = 0;
  const requests = pools.flatMap(({ name, workers, mib, whole, scripts }) => {
    const numbers = { mib: String(mib), whole: whole ? "1" : "", scripts: String(scripts) };
    const query = new URLSearchParams({ ...numbers, mark, go }).toString();
    return Array.from({ length: workers }, async () => {
      const answer = await run(`${dir}/${name}.sock`, `${dir}/hold.php`, query);
      if (!/held \d+$/.test(answer ?? "")) failed += 1;
    });
  });
  const all = pools.reduce((sum, { workers }) => sum + workers, 0);
  if (await waitFor(() => failed > 0 || fs.readdirSync(mark).length >= all, PATIENCE_MS)) during();
  fs.closeSync(held);
  await Promise.all(requests);
  return failed;
}
