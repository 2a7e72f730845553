import { readSamples } from "../../../src/capacity/samples.js";
import { MIB, showSize } from "../../../src/capacity/size.js";
import { diskFilesystem } from "../../../src/host/disk.js";
import type { MemoryNode } from "../../../src/host/memory.js";
import { buildHost } from "../../../src/model/build.js";
import type { Host } from "../../../src/model/host.js";
import { liveHost } from "../../../src/sizing/live-host.js";
import type { CapacityOptions } from "../../../src/sizing/options.js";
import { capacityOf } from "../../../src/sizing/plan-of-host.js";
import type { HostCapacity } from "../../../src/sizing/result.js";
import { memoryHost } from "../../build/hosts.js";
import { daemonsAvailable } from "../../daemons/available.js";
import { makeGroup } from "../measure/group.js";
import { table } from "../measure/table.js";
import { type Random, random as randomOf } from "../reality/random.js";
import { type DrivenHost, type DrivenPool, startHost } from "./host.js";

/** `npm run driven`: see README.md beside it. */

const numbers = process.argv.slice(2).map(Number);
if (numbers.length > 3 || !numbers.every(Number.isSafeInteger)) {
  process.stderr.write("usage: npm run driven -- [HOSTS [RECORDED [SEED]]]\n");
  process.exit(2);
}
const [driven = 20, recorded = 180, seed = 1] = numbers;

/** Workers of one pool while all were busy, as `ps aux` and the kernel show them. */
interface Record {
  readonly workers: readonly { readonly line: string; readonly status: string }[];
  readonly master: string;
  readonly cache: boolean;
}

/** How many workers each way gives to a pool. */
interface Compared {
  readonly live: number;
  readonly samples: number;
  readonly rest: number | null;
  readonly none: number;
  readonly now: number;
}

const none = { all: null, byPool: new Map<string, number>() };
const nothing: CapacityOptions = {
  ...{ reserve: null, headroom: null, shared: null, workerSize: none, samples: null, weights: new Map() },
  ...{ cores: null, cpuShare: null, rate: none, mean: none, p95: none },
};
const RESERVE = 500 * MIB;

const { reason } = daemonsAvailable();
if (reason !== null) {
  process.stderr.write(`Nothing can be driven: ${reason}.\n`);
  process.exitCode = 2;
} else await main();

async function main(): Promise<void> {
  const random = randomOf(seed, 0);
  const records: Record[] = [];
  const rows: (readonly string[])[] = [];
  const real: Compared[] = [];
  for (let number = 0; number < driven; number += 1) {
    const pools = drawPools(random, number);
    const cache = random.chance(0.7);
    const memory = random.pick([1, 2, 4, 8]) * 1024 * MIB;
    const one = await compareReal(pools, cache, memory);
    records.push(...one.records);
    real.push(...one.compared);
    rows.push([
      String(number + 1),
      described(pools),
      cache ? "yes" : "no",
      showSize(memory),
      ...cellsOf(one.compared),
      ...(await underLimit(one, pools, cache)),
    ]);
  }
  const head = [
    "host",
    "workers × MiB",
    "opcache",
    "memory",
    "now",
    "live",
    "samples",
    "at rest",
    "none",
    "limit",
    "peak",
    "killed",
    "failed",
  ];
  process.stdout.write(`${table([head, ...rows])}\n\n${driven} hosts driven: ${said(real)}\n`);
  const paper = Array.from({ length: recorded }, () => compareRecorded(records, random)).flat();
  process.stdout.write(`${recorded} hosts with recorded samples: ${said(paper)}\n`);
}

function drawPools(random: Random, number: number): readonly DrivenPool[] {
  return Array.from({ length: random.int(1, 3) }, (_, index) => ({
    name: `d${number}p${index}`,
    workers: random.int(5, 9),
    mib: random.int(3, 60),
    whole: random.chance(0.5),
    scripts: random.int(0, 120),
  }));
}

function described(pools: readonly DrivenPool[]): string {
  return pools.map(({ workers, mib, whole }) => `${workers} × ${mib}${whole ? "" : " small"}`).join(", ");
}

interface Real {
  readonly compared: readonly Compared[];
  readonly records: readonly Record[];
  /** What live measuring gives in a small memory, to be driven there. */
  readonly small: { readonly memory: number; readonly counts: readonly number[] } | null;
}

async function compareReal(pools: readonly DrivenPool[], cache: boolean, memory: number): Promise<Real> {
  const running = await startHost(pools, cache, null);
  try {
    let busy = { ps: "", live: [] as readonly number[], records: [] as readonly Record[] };
    let small: Real["small"] = null;
    const during = (): void => {
      const ps = running.ps();
      busy = {
        ps,
        live: countsOf(hostOf(running, memory), true, {}),
        records: recordsOf(running, ps, pools, cache),
      };
      const limit = smallFor(pools, cache);
      const counts = counted(hostOf(running, limit), true, { reserve: 0, headroom: 0 });
      small = counts === null ? null : { memory: limit, counts };
    };
    // The first round compiles the scripts.
    await running.drive(() => {});
    await running.drive(during);
    const samples = countsOf(hostOf(running, memory), false, { samples: readSamples(busy.ps) });
    const rest = countsOf(hostOf(running, memory), false, { samples: readSamples(running.ps()) });
    const without = countsOf(hostOf(running, memory), false, {});
    const compared = pools.map(({ workers }, index) => ({
      now: workers,
      live: busy.live[index] ?? 0,
      samples: samples[index] ?? 0,
      rest: rest[index] ?? 0,
      none: without[index] ?? 0,
    }));
    return { compared, records: busy.records, small };
  } finally {
    await running.stop();
  }
}

/** Room for some more workers than now, so that a wrong size is seen. */
function smallFor(pools: readonly DrivenPool[], cache: boolean): number {
  const bytes = pools.reduce((sum, { workers, mib }) => sum + workers * (mib + 12), 0);
  return (Math.ceil(bytes * 1.3) + (cache ? 128 : 0)) * MIB;
}

function hostOf({ main }: DrivenHost, memory: number): Host {
  const spec = { name: ".", root: "/", nginx: null, fragments: [], fpm: [main], pools: [] };
  // A filesystem answers the same again; only a new one sees what is now.
  const fs = diskFilesystem({ root: "/", workingDirectory: "/" });
  return buildHost(spec, fs, { phpVersion: "8.2", memory: { bytes: memory, source: "--ram", place: null } });
}

function counted(host: Host, live: boolean, options: Partial<CapacityOptions>): readonly number[] | null {
  const answer = capacityOf(host, { ...nothing, reserve: RESERVE, ...options }, liveHost(host, live));
  return answer.kind === "refused" ? null : numbersIn(answer.result);
}

function countsOf(host: Host, live: boolean, options: Partial<CapacityOptions>): readonly number[] {
  return counted(host, live, options) ?? host.pools.map(() => 0);
}

function numbersIn({ pools }: HostCapacity): readonly number[] {
  return pools.map(({ plan }) => plan.max);
}

function recordsOf(
  running: DrivenHost,
  ps: string,
  pools: readonly DrivenPool[],
  cache: boolean,
): readonly Record[] {
  const lines = ps.split("\n");
  const statuses = running.statuses();
  const master = lines.find((line) => line.includes("php-fpm: master")) ?? "";
  return pools.map(({ name }) => ({
    master,
    cache,
    workers: lines
      .filter((line) => line.trimEnd().endsWith(`php-fpm: pool ${name}`))
      .map((line) => ({ line, status: statuses.get(line.trim().split(/\s+/)[1] ?? "") ?? "" })),
  }));
}

/** A host of pools that were driven, in another mixture and with another memory. */
function compareRecorded(records: readonly Record[], random: Random): readonly Compared[] {
  const cache = random.pick(records).cache;
  // The address space of all of them begins with that of one master.
  const alike = records.filter((one) => one.cache === cache);
  const chosen = Array.from({ length: random.int(1, 4) }, () => random.pick(alike));
  const main = "/etc/php/8.2/fpm/php-fpm.conf";
  const files: { [path: string]: MemoryNode } = {
    "/etc/passwd": "www-data:x:33:33::/var/www:/bin/false\n",
    "/proc/meminfo": `MemTotal: ${random.int(1, 16) * 1024 * 1024} kB\nMemAvailable: 0 kB\n`,
    "/etc/php/8.2/fpm/php.ini": cache ? "zend_extension=opcache\nopcache.memory_consumption=128\n" : "",
  };
  let text = "[global]\n";
  let ps = `${chosen[0]?.master}\n`;
  let pid = 100;
  const process = (parent: number, title: string, status: string): void => {
    files[`/proc/${pid}/cmdline`] = title;
    files[`/proc/${pid}/exe`] = { link: "/usr/sbin/php-fpm8.2" };
    files[`/proc/${pid}/status`] = status
      .replace(/^PPid:.*$/m, `PPid:\t${parent}`)
      .replace(/^Uid:.*$/m, "Uid:\t0\t0\t0\t0")
      .replace(/^NSpid:.*$/m, `NSpid:\t${pid}`);
    pid += 1;
  };
  process(1, `php-fpm: master process (${main})`, chosen[0]?.workers[0]?.status ?? "");
  chosen.forEach(({ workers }, index) => {
    text += `[p${index}]\nuser = www-data\nlisten = /run/p${index}.sock\npm = static\npm.max_children = ${workers.length}\n`;
    for (const { line, status } of workers) {
      process(100, `php-fpm: pool p${index}`, status);
      ps += `${line.replace(/pool \S+\s*$/, `pool p${index}`)}\n`;
    }
  });
  files[main] = text;
  const host = memoryHost(files);
  const now = chosen.map(({ workers }) => workers.length);
  const [live, samples, without] = [
    counted(host, true, {}),
    counted(host, false, { samples: readSamples(ps) }),
    counted(host, false, {}),
  ];
  if (live === null || samples === null || without === null) return [];
  return now.map((one, index) => ({
    now: one,
    live: live[index] ?? 0,
    samples: samples[index] ?? 0,
    rest: null,
    none: without[index] ?? 0,
  }));
}

/** The same pools with as many workers as live measuring gave, in a control group of that memory. */
async function underLimit(
  { small }: Real,
  pools: readonly DrivenPool[],
  cache: boolean,
): Promise<readonly string[]> {
  if (small === null) return ["", "", "", ""];
  const group = makeGroup(small.memory);
  if ("why" in group) return ["not driven", "", "", ""];
  try {
    const sized = pools.map((pool, index) => ({ ...pool, workers: small.counts[index] ?? 1 }));
    const running = await startHost(sized, cache, group.path);
    const failed = await running.drive(() => {});
    const peak = Math.round((100 * (group.peak() ?? 0)) / small.memory);
    const cells = [showSize(small.memory), `${peak} %`, String(group.killed()), String(failed)];
    await running.stop();
    return cells;
  } finally {
    await group.remove();
  }
}

function cellsOf(compared: readonly Compared[]): readonly string[] {
  const all = (of: (one: Compared) => number | null): string =>
    compared.map((one) => of(one) ?? "?").join(" ");
  return [
    all((one) => one.now),
    all((one) => one.live),
    all((one) => one.samples),
    all((one) => one.rest),
    all((one) => one.none),
  ];
}

/** How samples compare with live measuring, and whether guesses stay at what is there. */
function said(all: readonly Compared[]): string {
  const ratios = all.map(({ samples, live }) => samples / live).toSorted((a, b) => a - b);
  const above = all.filter(({ samples, live }) => samples > live * 1.1).length;
  const below = all.filter(({ samples, live }) => samples * 2 < live).length;
  const raised = all.filter(({ rest, none: without, now }) => without > now || (rest ?? 0) > now).length;
  const part = (share: number): string =>
    `${Math.round(100 * (ratios[Math.floor(share * (ratios.length - 1))] ?? 0))} %`;
  return `${all.length} pools; samples give ${part(0)} to ${part(1)} of what live measuring gives (half of them ${part(0.5)} or more); ${above} above 110 %, ${below} below half; at rest or without samples ${raised} above what they have`;
}
