import { showSize } from "../../../src/capacity/size.js";
import { budgetOf, shareOut } from "../../../src/capacity/sum.js";
import { daemonsAvailable } from "../../daemons/available.js";
import { type MemoryGroup, makeGroup } from "./group.js";
import { type Figures, look } from "./look.js";
import { type Options, readOptions } from "./options.js";
import { startPool } from "./pool.js";
import { table } from "./table.js";

/** `npm run measure`: see README.md beside it. */

const MIB = 1024 * 1024;

const parsed = readOptions(process.argv.slice(2));
const { reason } = daemonsAvailable();
if ("wrong" in parsed) refuse(parsed.wrong);
else if (reason !== null) refuse(`Nothing can be measured: ${reason}.`);
else await main(parsed);

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(options: Options): Promise<void> {
  const { memory: limit, cacheMib } = options;
  const held = await measured(options);
  const { bytes, peak, rss } = held.pool;
  if (bytes === null || peak === null) {
    refuse("This kernel does not tell RssAnon.");
    return;
  }
  const shared = cacheMib * MIB;
  const sum = (charged: number, worker: number): number =>
    shareOut(budgetOf({ memory: limit, reserve: 0, headroom: 0, shared: charged }), [
      { weight: 1, bytes: worker },
    ])?.[0] ?? 0;
  const [ours, byNow, byRss] = [sum(shared, peak), sum(shared, bytes), sum(0, rss)];
  say(`\nWorkers in ${showSize(limit)}, --reserve 0 --headroom 0:`);
  const left = `(${showSize(limit)} − ${showSize(shared)})`;
  say(`  fpmlint  ${left} / ${showSize(peak)} = ${ours}`);
  say(`  RssAnon  ${left} / ${showSize(bytes)} = ${byNow}`);
  say(`  RSS      ${showSize(limit)} / ${showSize(rss)} = ${byRss}`);
  if (ours === 0 || byRss === 0) {
    say("One of them is 0: a larger --memory is needed to go on.");
    return;
  }
  await compared(options, [
    ["fpmlint", ours],
    ["RssAnon", byNow],
    ["RSS", byRss],
    ["twice RssAnon", byNow * 2],
  ]);
}

/** One pool without a limit: what each worker has while all are busy, and when all have ended. */
async function measured(options: Options): Promise<Figures> {
  const { workers, heapMib, rounds } = options;
  const pool = await startPool(options);
  try {
    const seen: Figures[] = [];
    const ended = await pool.drive(rounds, () => seen.push(look(pool.main)));
    const busy = seen.at(-1);
    if (busy === undefined || ended.failed > 0) throw new Error(`${ended.failed} requests were not answered`);
    say(`${workers} workers, ${pool.cached} scripts in the cache, ${heapMib} MiB a request\n`);
    say(`While every worker holds a request:\n${workersTable(busy)}`);
    say(`\nAfter ${rounds} rounds, at rest:\n${workersTable(look(pool.main))}`);
    return busy;
  } finally {
    await pool.stop();
  }
}

function workersTable({ workers: all, pool }: Figures): string {
  const rows = all.map((one) => [one.pid, ...[one.rss, one.pss, one.anon, one.peak].map(mib)]);
  const sum = (of: (one: Figures["workers"][number]) => number | null): string =>
    mib(all.reduce<number | null>((total, one) => add(total, of(one)), 0));
  return table([
    ["worker", "RSS", "PSS", "RssAnon", "its peak"],
    ...rows,
    ["all", sum((one) => one.rss), sum((one) => one.pss), sum((one) => one.anon), sum((one) => one.peak)],
    ["p95", mib(pool.rss), "", mib(pool.bytes), mib(pool.peak)],
  ]);
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** The same load in a group of that size, with so many workers. */
async function compared(
  options: Options,
  sizes: readonly (readonly [by: string, count: number])[],
): Promise<void> {
  const { memory: limit } = options;
  const rows: (readonly string[])[] = [];
  for (const [by, count] of sizes) {
    const group = makeGroup(limit);
    if ("why" in group) {
      say(`\nNot driven under a limit: ${group.why}.`);
      return;
    }
    if (rows.length === 0) say(`\nDriven in a memory group (${group.version}) of ${showSize(limit)}:`);
    try {
      rows.push([by, String(count), ...(await driven({ ...options, workers: count }, group))]);
    } finally {
      await group.remove();
    }
  }
  const head = [
    "workers by",
    "workers",
    "own",
    "shared",
    "all",
    "peak",
    "of limit",
    "killed",
    "answered",
    "failed",
  ];
  say(table([head, ...rows]));
}

async function driven(options: Options, group: MemoryGroup): Promise<readonly string[]> {
  const { memory: limit, rounds } = options;
  const pool = await startPool({ ...options, group: group.path });
  try {
    const seen: ReturnType<typeof group.now>[] = [];
    const ended = await pool.drive(rounds, () => seen.push(group.now()));
    const most = seen.toSorted((a, b) => b.anon + b.shared - a.anon - a.shared)[0];
    const peak = group.peak();
    const part = peak === null ? "" : `${Math.round((100 * peak) / limit)} %`;
    const sizes = [most?.anon ?? null, most?.shared ?? null, most?.all ?? null, peak].map(mib);
    return [...sizes, part, String(group.killed()), String(ended.answered), String(ended.failed)];
  } finally {
    await pool.stop();
  }
}

function mib(bytes: number | null): string {
  return bytes === null ? "?" : (bytes / MIB).toFixed(1);
}
