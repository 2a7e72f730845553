import { readSamples } from "../../../src/capacity/samples.js";
import { MIB, showSize } from "../../../src/capacity/size.js";
import { diskFilesystem } from "../../../src/host/disk.js";
import type { MemoryNode } from "../../../src/host/memory.js";
import { buildHost } from "../../../src/model/build.js";
import type { Host } from "../../../src/model/host.js";
import { maxChildren } from "../../../src/model/pool-size.js";
import { liveHost } from "../../../src/sizing/live-host.js";
import type { CapacityOptions } from "../../../src/sizing/options.js";
import { capacityOf } from "../../../src/sizing/plan-of-host.js";
import type { HostCapacity } from "../../../src/sizing/result.js";
import { memoryHost } from "../../build/hosts.js";
import { daemonsAvailable } from "../../daemons/available.js";
import { makeGroup } from "../measure/group.js";
import { table } from "../measure/table.js";
import { type Random, random as randomOf } from "../reality/random.js";
import { type DrivenHost, type DrivenPool, type Listing, startHost, type Told } from "./host.js";

/** `npm run driven`: see README.md beside it. */

const numbers = process.argv.slice(2).map(Number);
if (numbers.length > 3 || !numbers.every(Number.isSafeInteger)) {
  process.stderr.write("usage: npm run driven -- [HOSTS [RECORDED [SEED]]]\n");
  process.exit(2);
}
const [driven = 20, recorded = 180, seed = 1] = numbers;

/** Workers of one pool while all were busy, and at rest, as `ps` and the kernel show them. */
interface Record {
  readonly workers: readonly {
    readonly busy: Listing;
    readonly rest: Listing;
    /** While it was busy. */
    readonly told: Told | null;
  }[];
  readonly master: Listing;
  readonly header: Listing;
  readonly words: string;
  readonly cache: boolean;
}

/** What samples give to a pool, and what a worker needs by them, in bytes. */
interface Sampled {
  readonly workers: number;
  /** Why the size is a guess; `null`: it is none. */
  readonly guess: string | null;
  readonly size: number;
}

/** How many workers each way gives to a pool. */
interface Compared {
  /** The pool in words. */
  readonly pool: string;
  readonly now: number;
  readonly live: number;
  readonly samples: Sampled;
  /** The same by samples that do not tell what a worker shares. */
  readonly resident: Sampled;
  /** What one worker needs by measuring, in bytes. */
  readonly size: number;
  /** The most that samples give which do not tell whether a worker was busy: `ps aux`, and plain sizes. */
  readonly untold: number;
  /** The most that samples of all three kinds give at rest. */
  readonly rest: number;
  readonly none: number;
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
    "RSS",
    "untold",
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
  return pools.map(poolInWords).join(", ");
}

function poolInWords({ workers, mib, whole }: DrivenPool): string {
  return `${workers} × ${mib}${whole ? "" : " small"}`;
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
    let busy: Listing | null = null;
    let live: HostCapacity | null = null;
    let told: ReadonlyMap<string, Told> = new Map();
    let small: Real["small"] = null;
    const during = (): void => {
      busy = running.ps();
      live = planned(hostOf(running, memory), true, {});
      told = running.told();
      const limit = smallFor(pools, cache);
      const counts = counted(hostOf(running, limit), true, { reserve: 0, headroom: 0 });
      small = counts === null ? null : { memory: limit, counts };
    };
    // The first round compiles the scripts.
    await running.drive(() => {});
    await running.drive(during);
    if (busy === null) throw new Error("not all requests were answered");
    const rest = running.ps();
    const compared = comparedWith(hostOf(running, memory), busy, rest, live, pools.map(poolInWords));
    const records = recordsOf(busy, rest, told, pools, cache);
    return { compared, records, small };
  } finally {
    await running.stop();
  }
}

/** What each way to know the sizes gives. `live`: by measuring while all were busy. `words`: the pools in words. */
function comparedWith(
  host: Host,
  busy: Listing,
  rest: Listing,
  live: HostCapacity | null,
  words: readonly string[],
): readonly Compared[] {
  const sampled = (text: string): readonly number[] => countsOf(host, false, { samples: readSamples(text) });
  const [own, told] = [busy.own, busy.told].map((text) =>
    planned(host, false, { samples: readSamples(text) }),
  );
  const untold = [busy.aux, sizesOf(busy)].map(sampled);
  const resting = [rest.own, rest.told, rest.aux, sizesOf(rest)].map(sampled);
  const without = countsOf(host, false, {});
  const most = (all: readonly (readonly number[])[], index: number): number =>
    Math.max(...all.map((counts) => counts[index] ?? 0));
  const of = (found: HostCapacity | null | undefined, index: number): Sampled => {
    const one = found?.pools[index];
    return { workers: one?.plan.max ?? 0, guess: one?.worker.guess ?? null, size: one?.worker.bytes ?? 0 };
  };
  return host.pools.map((pool, index) => ({
    pool: words[index] ?? "",
    now: maxChildren(pool) ?? 0,
    live: of(live, index).workers,
    samples: of(own, index),
    resident: of(told, index),
    size: of(live, index).size,
    untold: most(untold, index),
    rest: most(resting, index),
    none: without[index] ?? 0,
  }));
}

/** What `ps -o rss=` prints. */
function sizesOf({ told }: Listing): string {
  return readSamples(told)
    .bytes.map((bytes) => String(bytes / 1024))
    .join("\n");
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

function planned(host: Host, live: boolean, options: Partial<CapacityOptions>): HostCapacity | null {
  const answer = capacityOf(host, { ...nothing, reserve: RESERVE, ...options }, liveHost(host, live));
  return answer.kind === "refused" ? null : answer.result;
}

function counted(host: Host, live: boolean, options: Partial<CapacityOptions>): readonly number[] | null {
  const found = planned(host, live, options);
  return found === null ? null : numbersIn(found);
}

function countsOf(host: Host, live: boolean, options: Partial<CapacityOptions>): readonly number[] {
  return counted(host, live, options) ?? host.pools.map(() => 0);
}

function numbersIn({ pools }: HostCapacity): readonly number[] {
  return pools.map(({ plan }) => plan.max);
}

function recordsOf(
  busy: Listing,
  rest: Listing,
  told: ReadonlyMap<string, Told>,
  pools: readonly DrivenPool[],
  cache: boolean,
): readonly Record[] {
  const both = (of: (kind: keyof Listing) => string): Listing => ({
    own: of("own"),
    told: of("told"),
    aux: of("aux"),
  });
  const lines = (listing: Listing, kind: keyof Listing, end: string): readonly string[] =>
    listing[kind].split("\n").filter((line) => line.trimEnd().endsWith(end));
  const master = both((kind) => busy[kind].split("\n").find((line) => line.includes(": master ")) ?? "");
  const header = both((kind) => busy[kind].split("\n")[0] ?? "");
  return pools.map((pool) => {
    const { name } = pool;
    const of = (listing: Listing, kind: keyof Listing) => lines(listing, kind, `php-fpm: pool ${name}`);
    const workers = of(busy, "told").map((line, index) => ({
      busy: both((kind) => of(busy, kind)[index] ?? ""),
      rest: both((kind) => of(rest, kind)[index] ?? ""),
      told: told.get(line.trim().split(/\s+/)[0] ?? "") ?? null,
    }));
    return { master, header, cache, workers, words: poolInWords(pool) };
  });
}

/** A host of pools that were driven, in another mixture and with another memory. */
function compareRecorded(records: readonly Record[], random: Random): readonly Compared[] {
  const cache = random.pick(records).cache;
  // What is shared is of one master.
  const alike = records.filter((one) => one.cache === cache);
  const chosen = Array.from({ length: random.int(1, 4) }, () => random.pick(alike));
  const main = "/etc/php/8.2/fpm/php-fpm.conf";
  const files: { [path: string]: MemoryNode } = {
    "/etc/passwd": "www-data:x:33:33::/var/www:/bin/false\n",
    "/proc/meminfo": `MemTotal: ${random.int(1, 16) * 1024 * 1024} kB\nMemAvailable: 0 kB\n`,
    "/etc/php/8.2/fpm/php.ini": cache ? "zend_extension=opcache\nopcache.memory_consumption=128\n" : "",
  };
  let text = "[global]\n";
  let pid = 100;
  const process = (parent: number, title: string, told: Told | null): void => {
    if (told === null) return;
    files[`/proc/${pid}/cmdline`] = title;
    files[`/proc/${pid}/exe`] = { link: "/usr/sbin/php-fpm8.2" };
    files[`/proc/${pid}/stat`] = told.stat;
    files[`/proc/${pid}/wchan`] = told.wchan;
    files[`/proc/${pid}/status`] = told.status
      .replace(/^PPid:.*$/m, `PPid:\t${parent}`)
      .replace(/^Uid:.*$/m, "Uid:\t0\t0\t0\t0")
      .replace(/^NSpid:.*$/m, `NSpid:\t${pid}`);
    pid += 1;
  };
  process(1, `php-fpm: master process (${main})`, chosen[0]?.workers[0]?.told ?? null);
  chosen.forEach(({ workers }, index) => {
    text += `[p${index}]\nuser = www-data\nlisten = /run/p${index}.sock\npm = static\npm.max_children = ${workers.length}\n`;
    for (const { told } of workers) process(100, `php-fpm: pool p${index}`, told);
  });
  files[main] = text;
  const listing = (when: "busy" | "rest", kind: keyof Listing): string =>
    [
      chosen[0]?.header[kind],
      chosen[0]?.master[kind],
      ...chosen.flatMap(({ workers }, index) =>
        workers.map((one) => one[when][kind].replace(/pool \S+\s*$/, `pool p${index}`)),
      ),
    ].join("\n");
  const both = (when: "busy" | "rest"): Listing => ({
    own: listing(when, "own"),
    told: listing(when, "told"),
    aux: listing(when, "aux"),
  });
  const host = memoryHost(files);
  // Where not even one worker each fits, there is nothing to compare.
  const live = planned(host, true, {});
  const words = chosen.map((one) => one.words);
  return live === null ? [] : comparedWith(host, both("busy"), both("rest"), live, words);
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
  const all = (of: (one: Compared) => number): string => compared.map((one) => of(one)).join(" ");
  return [
    all((one) => one.now),
    all((one) => one.live),
    all((one) => one.samples.workers),
    all((one) => one.resident.workers),
    all((one) => one.untold),
    all((one) => one.rest),
    all((one) => one.none),
  ];
}

/** How samples compare with live measuring, and whether guesses stay at what is there. */
function said(all: readonly Compared[]): string {
  const raised = all.filter(({ untold, rest, none: without, now }) => Math.max(untold, rest, without) > now);
  return [
    `${all.length} pools; untold, at rest or without samples ${raised.length} above what they have`,
    ratios("samples", all, ({ samples }) => samples),
    ratios("samples without USS", all, ({ resident }) => resident),
  ].join("\n  ");
}

function ratios(name: string, all: readonly Compared[], of: (one: Compared) => Sampled): string {
  const sorted = all.map((one) => of(one).workers / one.live).toSorted((a, b) => a - b);
  const part = (share: number): string =>
    `${Math.round(100 * (sorted[Math.floor(share * (sorted.length - 1))] ?? 0))} %`;
  const above = all.filter((one) => Math.max(of(one).workers, one.untold) > one.live * 1.1);
  const below = all.filter((one) => of(one).workers * 2 < one.live);
  const guesses = all.filter((one) => of(one).guess !== null);
  // All workers are busy, so that no fewer are asked for.
  const asked = below.filter((one) => of(one).workers < one.now);
  const lines = [...new Set([...above, ...asked, ...guesses])].map(
    (one) =>
      `\n    ${one.pool}: ${of(one).workers} of ${one.live}, it has ${one.now}; a worker is ${showSize(one.size)} measured, ${showSize(of(one).size)} by samples${of(one).guess === null ? "" : ` (a guess: ${of(one).guess})`}`,
  );
  return `${name} give ${part(0)} to ${part(1)} of what live measuring gives (half of them ${part(0.5)} or more); ${above.length} above 110 %, ${below.length} below half, ${asked.length} of these fewer than they have, ${guesses.length} guessed${lines.join("")}`;
}
