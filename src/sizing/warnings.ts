import { LISTING, OWN_LISTING } from "../capacity/samples.js";
import { MIB, showSize, showTime } from "../capacity/size.js";
import { ASSUMED_WORKER, totalOf } from "../capacity/sum.js";
import { mebibytes } from "../capacity/words.js";
import type { Incomplete } from "../engine/finding.js";
import { incompleteAt, incompleteOf } from "../engine/incomplete.js";
import { poolSum } from "../evidence/pool-memory.js";
import { ACCOUNT_FILES } from "../model/accounts.js";
import type { Host } from "../model/host.js";
import type { Kills } from "../model/machine/kills.js";
import { maxChildren } from "../model/pool-size.js";
import { short } from "./bounds.js";
import { databaseNotes, databaseWarnings } from "./databases.js";
import type { LiveHost } from "./live-host.js";
import {
  type HostCapacity,
  type HostPlan,
  isGuess,
  isMeasured,
  isOwn,
  type PoolCapacity,
  type WorkerGuess,
} from "./result.js";
import { nginxWarnings, queueWarnings, workersInWords } from "./traffic.js";

/** What is wrong now, what the sum depends on, and what else would break. */

/** Sentences without a full stop. `unknown`: files of masters for which it is unknown what their workers share. */
export function sentencesOf(
  host: Host,
  found: HostPlan,
  unknown: readonly string[],
  live: LiveHost,
): Pick<HostCapacity, "warnings" | "notes"> {
  const killed = live.kills === null ? [] : [killedInWords(live.kills)];
  // What has happened is no theory.
  const theory = worstCase(found);
  return {
    warnings: [
      ...unread(host, found),
      ...now(host, found),
      ...killed,
      ...(killed.length > 0 ? theory : []),
      ...guesses(found),
      ...sizes(found),
      ...unknown.map((file) => `php.ini does not tell what the workers of ${file} share: give --shared`),
      ...endless(found),
      ...demand(found),
      ...cpu(found),
      ...queueWarnings(host, found),
      ...processes(found),
      ...nginxWarnings(host, found),
      ...databaseWarnings(host, found),
    ],
    notes: [...(killed.length > 0 ? [] : theory), ...databaseNotes(host, found)],
  };
}

function killedInWords({ count, source }: Kills): string {
  const times = count === 1 ? "once" : `${count} times`;
  return `the kernel has killed a process for want of memory ${times} so far (${source})`;
}

/** What was not read. nginx has no pools, but its files tell how long it waits for them. */
function unread(host: Host, { incomplete }: HostPlan): readonly string[] {
  const fpm = new Set(incompleteOf({ ...host, nginx: null }).map(keyOf));
  return incomplete.map((one) => {
    const missing = fpm.has(keyOf(one))
      ? (poolless(host).get(one.file) ?? "pools may be missing from the sum")
      : "what nginx passes to the pools may be missing";
    return `${incompleteAt(one)}: ${one.reason}; ${missing}`;
  });
}

/** What it means for the sum that a file without pools was not read, by the file's name in reports. */
export function poolless({ fs, masters }: Host): ReadonlyMap<string, string> {
  const accounts = ACCOUNT_FILES.map((path) => fs.display(path));
  const ini = masters.flatMap((master) => master.ini.unread.map(({ file }) => file));
  return new Map([
    ...accounts.map((file) => [file, "no pool is missing"] as const),
    ...ini.map((file) => [file, "no pool is missing, but what it sets for them is not known"] as const),
  ]);
}

function keyOf({ file, line, reason }: Incomplete): string {
  return JSON.stringify([file, line, reason]);
}

/** The bytes that the pools may need as they are now; `null`: a size is not known. */
function presentTotal(host: Host, { pools }: HostPlan): number | null {
  const sizes = new Map(pools.flatMap(({ pool, worker }) => (pool === null ? [] : [[pool, worker.bytes]])));
  const sum = poolSum(host, (pool) => sizes.get(pool) ?? null);
  if (sum !== null) return totalOf(sum.pools);
  // Without the main file a `process.max` that would bound them is unknown.
  const counts = pools.map(({ pool, worker: { bytes } }) => ({
    count: pool === null ? null : maxChildren(pool),
    bytes,
  }));
  const known = counts.flatMap(({ count, bytes }) => (count === null ? [] : [{ count, bytes }]));
  return known.length < counts.length ? null : totalOf(known);
}

/** Whether the present sizes fit. */
function now(host: Host, found: HostPlan): readonly string[] {
  const { plan, input } = found;
  const total = presentTotal(host, found);
  if (total === null || total <= plan.budget) return [];
  const grown = `the pools as they are now may grow to ${mebibytes(total)}`;
  const room = input.memory - input.reserve - input.shared;
  return total > room
    ? [
        `${grown}, and there are only ${mebibytes(room)} for them: under load the kernel may kill workers, which shows as 502 Bad Gateway`,
      ]
    : [
        `${grown}, above the budget of ${mebibytes(plan.budget)}: only ${mebibytes(room - total)} would stay free`,
      ];
}

/** Why the size of a worker is only a guess. */
function guesses({ pools, live }: HostPlan): readonly string[] {
  const by = (guess: WorkerGuess): readonly PoolCapacity[] =>
    pools.filter(({ worker }) => worker.guess === guess);
  const [nothing, resting, unnamed, sparse] = [by("nothing"), by("resting"), by("unnamed"), by("few")];
  const untold = by("untold");
  return [
    ...by("fresh").map(
      ({ name, worker }) =>
        `the workers of pool ${name} have hardly served a request yet (${showSize(worker.now ?? 0)} of their own), so ${showSize(worker.bytes)} are assumed: run this again under load, or give --worker-size ${name}=…`,
    ),
    ...(nothing.length === 0
      ? []
      : [
          live
            ? `no worker of PHP-FPM runs here${of(nothing, pools)}, so its size is assumed: run this again under load, or give --worker-size`
            : `the size of a worker is assumed${of(nothing, pools)}: measure it on the server under load with "fpmlint capacity", or pipe "${LISTING}" from there into --samples -`,
        ]),
    ...(resting.length === 0
      ? []
      : [
          `the samples${of(resting, pools)} (${showSize(Math.max(...resting.map(({ worker }) => worker.rss ?? 0)))} at most) are of idle workers, which have given back what a request took, so ${showSize(ASSUMED_WORKER)} or more are assumed: take samples with "${LISTING}" while all workers are busy`,
        ]),
    ...(untold.length === 0
      ? []
      : [
          `the samples${of(untold, pools)} do not tell whether the workers were at work, so the size is a guess: take them under load with "${LISTING}", or, if all of them were at work, give ${sizeOption(untold)}`,
        ]),
    ...(unnamed.length === 0
      ? []
      : [
          `the samples name their pools, but there is none that is certainly${of(unnamed, [])}, so the size is assumed: take samples while its workers run, or give --worker-size`,
        ]),
    ...(sparse.length === 0
      ? []
      : [
          `the samples are of only a few busy workers${of(sparse, pools)}, so the size is a guess: take samples while all workers are busy, or several times, one listing after the other`,
        ]),
    ...(pools.some(isGuess)
      ? [
          "where the size of a worker is a guess, the pool keeps the workers that it has now if they fit, and never gets more",
        ]
      : []),
  ];
}

/** What to type where the samples are of workers at work: the largest of their sizes, for all pools where no pool is named. */
function sizeOption(pools: readonly PoolCapacity[]): string {
  const [{ name, worker } = { name: "", worker: null }] = pools.toSorted(
    (a, b) => b.worker.bytes - a.worker.bytes,
  );
  const size = `${Math.ceil((worker?.bytes ?? 0) / MIB)}M`;
  return `--worker-size ${worker?.named === true ? `${name}=${size}` : size}`;
}

/** How far the size of a worker can be trusted. */
function sizes(found: HostPlan): readonly string[] {
  const { pools, sources } = found;
  const sampled = pools.filter(({ worker }) => worker.source === "--samples");
  const uneven = pools.filter(
    ({ worker: { source, typical, bytes } }) =>
      isMeasured(source) && typical !== null && bytes > typical * UNEVEN,
  );
  const few = pools.filter(
    ({ worker: { samples, guess } }) => samples !== null && samples < FEW && guess === null,
  );
  return [
    ...(sampled.length > 1 && sampled.every(({ worker }) => !worker.named)
      ? [
          'the samples do not say which pool they are from, so all pools get the same size: lines of "ps aux" do say it',
        ]
      : []),
    ...(sampled.length === 0 || sources.shared === "--shared" ? [] : [resident(found)]),
    ...taken(sampled),
    ...uneven.map(
      ({ name, worker: { bytes, typical } }) =>
        `a worker of pool ${name} has had ${showSize(bytes)}, but half of them no more than ${showSize(typical ?? 0)}: if that request was an exception, --worker-size ${name}=${Math.ceil((typical ?? 0) / MIB)}M allows more workers`,
    ),
    ...(few.length === 0
      ? []
      : [`only a few workers were measured${of(few, pools)}: measure again while all of them are busy`]),
  ];
}

/** What tells more than RSS. */
const BETTER = `as root and with procps-ng 4 or later, "${OWN_LISTING}" tells what is not shared`;

/** What it means that the samples are resident sizes. */
function resident({ pools, sources, input }: HostPlan): string {
  const counted = "--samples are resident sizes (RSS), which count shared memory in every worker";
  return input.shared > 0 && pools.every(({ worker }) => !isOwn(worker.source))
    ? `${counted}: it may still grow to ${mebibytes(input.shared)} (${sources.shared}), which are counted once, and 4 MiB of each sample are pages of files; ${BETTER}`
    : `${counted}: with opcache the host has room for more workers; ${BETTER} if php.ini or --shared says what is, and "fpmlint capacity" on the server measures RssAnon instead`;
}

/** RSS may be several times what a worker has alone, and then workers that are needed would be taken away. */
function taken(sampled: readonly PoolCapacity[]): readonly string[] {
  const less = sampled.filter(
    ({ worker, plan }) => worker.guess === null && (worker.samples ?? 0) > plan.max,
  );
  if (less.length === 0) return [];
  return [
    `more workers were at work at once${of(less, [])} than are recommended, maybe only because RSS counts what is shared in each of them: before workers are taken away, ${BETTER}`,
  ];
}

/** At twice as much, one request was unlike the others. */
const UNEVEN = 2;
/** With fewer samples a percentile is just the largest of a handful. */
const FEW = 5;

/** More names than these are only counted. */
const MOST_NAMES = 8;

function of(some: readonly PoolCapacity[], all: readonly PoolCapacity[]): string {
  if (some.length === all.length) return "";
  const names = some.slice(0, MOST_NAMES).map(({ name }) => name);
  const rest = some.length - names.length;
  return ` for ${names.join(", ")}${rest === 0 ? "" : ` and ${rest} more`}`;
}

function endless({ pools }: HostPlan): readonly string[] {
  const unlimited = pools.filter((one) => one.input.memoryLimit === Infinity);
  return unlimited.length === 0
    ? []
    : [
        `memory_limit is -1${of(unlimited, pools)}: a single request may take all of the memory, and no number of workers is safe`,
      ];
}

function worstCase({ input, plan, pools }: HostPlan): readonly string[] {
  if (plan.worstCase === null || plan.worstCase.fits) return [];
  return [
    `if every worker used its memory_limit at the same time, they would need ${mebibytes(plan.worstCase.bytes)}, and ${mebibytes(input.memory - input.reserve)} are not reserved for anything else: ${fittingInWords(pools)} (see also the rule pool/memory-limit-overcommit)`,
  ];
}

/** How many workers would fit if each used its `memory_limit`. */
function fittingInWords(pools: readonly PoolCapacity[]): string {
  const fitting = pools.map(({ name, plan: { worstCase } }) => ({ name, workers: worstCase?.workers ?? 0 }));
  if (fitting.some(({ workers }) => workers === 0)) return "not even one worker of each pool would fit";
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return `it would fit with ${workersInWords(only.workers)}`;
  return fitting.length > MOST_NAMES
    ? `it would fit with ${fitting.reduce((sum, { workers }) => sum + workers, 0)} workers in all`
    : `it would fit with ${fitting.map(({ name, workers }) => `${name} ${workers}`).join(", ")} workers`;
}

function demand({ pools, plan, input }: HostPlan): readonly string[] {
  if (plan.overload !== null) return [overloadInWords(plan.overload, pools, input.cpu !== null)];
  const short = pools.filter(({ plan: one }) => one.demand !== null && one.demand.needed > one.max);
  return short.map(({ name, plan: { max, demand: asked, byMemory } }) => {
    const { needed, enoughMean } = asked ?? { needed: 0, enoughMean: null };
    const faster =
      enoughMean === null || enoughMean <= 0 ? null : `requests of ${showTime(enoughMean)} on average`;
    const more =
      byMemory > max || plan.missingForDemand === 0
        ? null
        : `${mebibytes(plan.missingForDemand)} more memory`;
    const ways = [more, faster].filter((way) => way !== null).join(", or ");
    return `pool ${name} needs ${workersInWords(needed)} so that at most one request in twenty waits, and has ${max}${ways === "" ? "" : `: ${ways} would be enough`}`;
  });
}

/** What no number of workers helps against. */
function overloadInWords(
  { work, cores }: NonNullable<HostPlan["plan"]["overload"]>,
  pools: readonly PoolCapacity[],
  stated: boolean,
): string {
  const terms = pools.flatMap(({ input: { demand: asked, share } }) =>
    asked === null || share === null
      ? []
      : [`${short(asked.rate)}/s × ${showTime(asked.mean)} × ${short(share * 100)} %`],
  );
  const sum = terms.length > MOST_NAMES ? "" : ` (${terms.join(" + ")})`;
  return `the requests keep ${short(work)} cores busy${sum}, and there are ${short(cores)}${stated ? "" : ", as measured"}: the queue grows whatever the number of workers; more cores, fewer requests, or requests that compute less are needed`;
}

/** More workers than this for each processor are only of use if they mostly wait for something else. */
const MANY_PER_CORE = 16;

function cpu({ plan, cores, input }: HostPlan): readonly string[] {
  const workers = plan.pools.reduce((sum, { max }) => sum + max, 0);
  const asked = plan.pools.some((pool) => pool.demand !== null);
  if (plan.byCpu === null && cores !== null && !asked && workers > cores.count * MANY_PER_CORE)
    return [
      `the memory has room for ${workersInWords(workers)}; how many of them ${coresOf(cores)} can use depends on what requests wait for: give --cpu-share, or --rate with --mean`,
    ];
  if (plan.byCpu === null || input.cpu === null || cores === null || workers <= plan.byCpu) return [];
  return [
    `all pools together have ${workers} workers, and ${plan.byCpu} keep ${coresOf(cores)} busy when ${Number((input.cpu.share * 100).toFixed(2))} % of a request is spent computing: more at a time only wait for each other`,
  ];
}

function coresOf({ count, source }: NonNullable<HostPlan["cores"]>): string {
  const shown = Number(count.toFixed(2));
  return `${shown} ${shown === 1 ? "core" : "cores"} (${source})`;
}

function processes({ processMax }: HostPlan): readonly string[] {
  return processMax.map(
    ({ now: limit, recommended }) =>
      `process.max is ${limit}, which would leave pools without workers: the plan needs ${recommended}`,
  );
}
