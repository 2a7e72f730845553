import { MIB, showSize } from "../../capacity/size.js";
import { mebibytes } from "../../capacity/words.js";
import { type HostCapacity, isMeasured, isOwn, type PoolCapacity } from "../../sizing/result.js";
import { wordMap } from "../../source/word-map.js";
import { type Paint, painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { table, wrap } from "../terminal/width.js";
import { asciiLines, memoryBar, shortened } from "./bars.js";
import { demandLines } from "./demand.js";
import { guessed, hintOf } from "./hint.js";
import { limitLines } from "./limits.js";
import { singleLines, spareLines, sumOf, worstLines } from "./sums.js";

export interface CapacityTextOptions {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Columns of the terminal, or of what is written to. */
  readonly width: number;
  /** Whether to say how the files get these settings; not when this run writes them. */
  readonly hint: boolean;
}

/** Everything about one host, for people: every number with the sum that gives it. */
export function capacityText(found: HostCapacity, options: CapacityTextOptions): string {
  const paint = painter(options.color);
  const title = (text: string): string => paint("headline", text);
  const demands = found.pools.flatMap((pool) =>
    demandLines(pool, options.unicode, options.width, found.plan.overload !== null),
  );
  const lines = [
    title(headline(found)),
    "",
    ...indented(memoryLines(found)),
    "",
    ...indented(memoryBar(found, options.unicode, options.width)),
    "",
    title("How many workers"),
    ...indented(poolTable(found, options)),
    "",
    ...indented(found.pools.flatMap((pool) => measureLines(pool, options))),
    ...indented(found.pools.flatMap((pool) => wrap(sumOf(pool, found), options.width - 4))),
    ...(found.plan.shares.kept ? [] : indented(["(rounded down to whole workers)"])),
    ...indented(singleLines(found, options.width)),
    ...indented(spareLines(found, options.width)),
    "",
    title("What bounds them"),
    ...indented(limitLines(found, options.width)),
    ...indented(worstLines(found, options.width)),
    "",
    title(`What to write${guessed(found) ? " (a guess: nobody knows what a worker needs)" : ""}`),
    ...indented(found.pools.flatMap((pool) => settingLines(pool, options))),
    ...indented(processLines(found, options)),
    ...(demands.length === 0 ? [] : [title("Who has to wait"), ...indented(demands)]),
    ...notesOf(found, options, paint),
    ...(options.hint && found.pools.some(({ pool }) => pool !== null)
      ? ["", ...wrap(hintOf(found), options.width - 2)]
      : []),
  ];
  const shown = options.unicode ? lines : asciiLines(lines);
  return `${shown.map((line) => line.trimEnd()).join("\n")}\n`;
}

function headline({ host, pools, input }: HostCapacity): string {
  const count = pools.length === 1 ? `pool ${shortened(pools[0]?.name ?? "")}` : `${pools.length} pools`;
  const where = host === "." ? "" : `${escapeText(host)}: `;
  return `${where}${escapeText(count)} of PHP-FPM in ${showSize(input.memory)} of memory`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

/** The number of decimals with which the rows of a sum add up to its result, so that a reader can check it. */
function decimalsFor(parts: readonly number[], sum: number): number {
  const adds = (decimals: number): boolean => {
    const digits = (bytes: number): number => Number((bytes / MIB).toFixed(decimals)) * 10 ** decimals;
    return Math.round(parts.reduce((total, part) => total + digits(part), 0)) === Math.round(digits(sum));
  };
  return [1, 2, 3, 4].find(adds) ?? 1;
}

/** The sum of the budget, one line for each term. */
function memoryLines({ input, plan, sources }: HostCapacity): readonly string[] {
  const { memory, reserve, headroom, shared } = input;
  const free = (memory - reserve) * headroom;
  const decimals = decimalsFor([memory, -reserve, -free, -shared], plan.budget);
  const size = (bytes: number): string => mebibytes(bytes, decimals);
  const rows = [
    [size(memory), `the host has (${sources.memory})`],
    [`− ${size(reserve)}`, `for everything except PHP-FPM (${by("--reserve", sources.reserve)})`],
    ...(headroom > 0
      ? [
          [
            `− ${size(free)}`,
            `stays free, ${Number((headroom * 100).toFixed(2))} % of the rest (${by("--headroom", sources.headroom)})`,
          ],
        ]
      : []),
    ...(shared > 0 ? [[`− ${size(shared)}`, `shared by the workers, counted once (${sources.shared})`]] : []),
    [`= ${size(plan.budget)}`, "the budget: for all workers together"],
  ];
  const width = Math.max(...rows.map(([first = ""]) => first.length));
  return rows.map(([first = "", what = ""]) => `${first.padStart(width)}  ${escapeText(what)}`);
}

/** The option that sets a number, and its source if that was not the option. */
function by(option: string, source: string): string {
  return source === option ? option : `${option}: ${source}`;
}

function poolTable({ pools, plan }: HostCapacity, { unicode }: CapacityTextOptions): readonly string[] {
  const arrow = unicode ? "→" : "->";
  const sizeOf = (pool: PoolCapacity): number => pool.plan.max * pool.worker.bytes;
  const decimals = decimalsFor(pools.map(sizeOf), plan.used);
  const rows = pools.map((pool) => [
    shortened(pool.name),
    showSize(pool.worker.bytes),
    sourceOf(pool),
    `${pool.current["pm.max_children"] ?? "?"} ${arrow} ${pool.plan.max}`,
    mebibytes(sizeOf(pool), decimals),
  ]);
  const now = pools.map(({ current }) => current["pm.max_children"]);
  const total = now.every((one) => typeof one === "number")
    ? String(now.reduce((sum: number, one) => sum + Number(one), 0))
    : "?";
  const workers = plan.pools.reduce((sum, { max }) => sum + max, 0);
  const sum = ["together", "", "", `${total} ${arrow} ${workers}`, mebibytes(plan.used, decimals)];
  const head = ["pool", "one worker", "known from", `now ${arrow} recommended`, "memory"];
  return columns([head, ...rows, ...(pools.length > 1 ? [sum] : [])]);
}

function sourceOf({ worker: { source, samples, borrowed } }: PoolCapacity): string {
  const of = borrowed ? " of other pools" : "";
  const count = samples === null ? "" : `, ${samples} ${samples === 1 ? "worker" : "workers"}${of}`;
  return `${source.replace("RssAnon", "peak of RssAnon")}${count}`;
}

/** What a measured size comes from. */
function measureLines(pool: PoolCapacity, { width }: CapacityTextOptions): readonly string[] {
  const { bytes, source, now, rss, samples } = pool.worker;
  const size = showSize(bytes);
  if (source === "--samples") {
    const most = showSize(rss ?? bytes);
    const text = isAll(samples) ? `no sample is above ${most}` : `19 of 20 samples are at most ${most}`;
    return wrap(escapeText(`${shortened(pool.name)}: ${text}`), width - 4);
  }
  if (!isOwn(source)) return [];
  if (!isMeasured(source)) return wrap(escapeText(`${shortened(pool.name)}: ${ownSample(pool)}`), width - 4);
  const most = isAll(samples)
    ? `no worker has had more than ${size} of its own so far`
    : `19 of 20 workers have had no more than ${size} of their own so far`;
  const present = now === null ? "" : `, now it is ${showSize(now)}`;
  const resident = rss === null ? "" : `; their RSS, which also counts shared memory, is ${showSize(rss)}`;
  return wrap(escapeText(`${shortened(pool.name)}: ${most}${present}${resident}`), width - 4);
}

/** What a sample without what is shared comes from. */
function ownSample({ worker: { bytes, source, rss, samples } }: PoolCapacity): string {
  const column = source === "--samples (PSS)" ? "PSS" : "USS";
  const most = isAll(samples) ? "no sample is" : "19 of 20 samples are not";
  return `${most} above ${showSize(bytes)} by ${column} and 4 MiB that it has in common with the master; by RSS, which counts all that is shared, ${showSize(rss ?? bytes)}`;
}

/** With fewer than twenty, the 95th percentile is the largest. */
function isAll(samples: number | null): boolean {
  return (samples ?? 0) < 20;
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  return table(rows.map((row) => row.map(escapeText)));
}

/** Each setting with its old value and, where it is part of another number, which part. */
function settingLines(pool: PoolCapacity, { unicode }: CapacityTextOptions): readonly string[] {
  const { plan, current, ramp, unknown } = pool;
  const arrow = unicode ? "←" : "<-";
  const reasons = wordMap({
    pm: whyManager(pool),
    "pm.start_servers": part("a quarter", plan.max, 4),
    "pm.min_spare_servers": `${part("an eighth", plan.max, 8)}${ramp === null || ramp === 0 ? "" : `; under load all workers are there after ${ramp} s`}`,
    "pm.max_spare_servers": part("half", plan.max, 2),
    "pm.max_spawn_rate": "PHP-FPM refuses the present one with this pm",
    "pm.process_idle_timeout": "in seconds; PHP-FPM refuses the present one with this pm",
    "pm.max_requests": "number of requests after which a worker is replaced, because it grows",
  });
  const settings = Object.entries(plan.settings).map(([key, value]) => {
    const before = current[key] ?? (unknown.includes(key) ? "not known" : "not set");
    const was =
      String(before) === String(value) || pool.pool === null ? "" : `${arrow} ${shortened(String(before))}`;
    const why = reasons.get(key) ?? "";
    return [`${key} = ${value}`, was, why === "" ? "" : `; ${why}`];
  });
  return [
    `[${escapeText(shortened(pool.pool?.name ?? pool.name))}]${fileOf(pool)}`,
    ...indented(columns(settings)),
    "",
  ];
}

function part(name: string, whole: number, parts: number): string {
  return `${name} of ${whole}${whole % parts === 0 ? "" : ", rounded up"}`;
}

function whyManager({ plan: { manager } }: PoolCapacity): string {
  if (manager === "static") return "one busy pool: all workers are always ready";
  return manager === "ondemand" ? "one of many pools that are idle most of the time" : "";
}

function fileOf({ pool }: PoolCapacity): string {
  return pool === null ? "" : `   ${escapeText(pool.section.span.file.display)}`;
}

function processLines({ processMax }: HostCapacity, { unicode }: CapacityTextOptions): readonly string[] {
  return processMax.flatMap(({ now, recommended, place }) => [
    `[global]   ${escapeText(place.span.file.display)}`,
    `  process.max = ${recommended}   ${unicode ? "←" : "<-"} ${now}   ; the sum of all pm.max_children of this master`,
    "",
  ]);
}

function notesOf(
  { warnings, notes }: HostCapacity,
  { width }: CapacityTextOptions,
  paint: Paint,
): readonly string[] {
  const all = [...warnings, ...notes];
  if (all.length === 0) return [];
  const lines = all.flatMap((warning) =>
    wrap(escapeText(warning), width - 4).map((line, index) => `${index === 0 ? "- " : "  "}${line}`),
  );
  return [paint(warnings.length === 0 ? "headline" : "warning", "Worth knowing"), ...indented(lines)];
}
