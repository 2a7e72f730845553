import { showSize, showTime } from "../capacity/size.js";
import { mebibytes } from "../capacity/words.js";
import type { HostCapacity, PoolCapacity } from "../engine/capacity-result.js";
import { memoryBar, percent, waitCurve } from "./capacity-bars.js";
import { type Paint, painter } from "./color.js";
import { escapeText } from "./escape.js";
import { table, wrap } from "./width.js";

export interface CapacityTextOptions {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Columns of the terminal, or of what is written to. */
  readonly width: number;
}

/** Everything about one host, for people: every number with the sum that it comes from. */
export function capacityText(found: HostCapacity, options: CapacityTextOptions): string {
  const paint = painter(options.color);
  const title = (text: string): string => paint("headline", text);
  const demands = found.pools.flatMap((pool) => demandLines(pool, options));
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
    ...indented(worstLines(found, options)),
    "",
    title("What to write"),
    ...indented(found.pools.flatMap((pool) => settingLines(pool, options))),
    ...indented(processLines(found, options)),
    ...(demands.length === 0 ? [] : [title("Who has to wait"), ...indented(demands)]),
    ...notes(found, options, paint),
    ...(found.pools.some(({ pool }) => pool !== null)
      ? ["", "The same command with --diff shows the change of the pool files, with --write it makes it."]
      : []),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function headline({ host, pools, input }: HostCapacity): string {
  const count = pools.length === 1 ? `pool ${pools[0]?.name ?? ""}` : `${pools.length} pools`;
  const where = host === "." ? "" : `${escapeText(host)}: `;
  return `${where}${escapeText(count)} of PHP-FPM in ${showSize(input.memory)} of memory`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

/** The sum of the budget, one line for each term. */
function memoryLines({ input, plan, sources }: HostCapacity): readonly string[] {
  const { memory, reserve, headroom, shared } = input;
  const free = (memory - reserve) * headroom;
  const rows = [
    [mebibytes(memory), `the host has (${sources.memory})`],
    [`− ${mebibytes(reserve)}`, `for everything but PHP-FPM: --reserve (${sources.reserve})`],
    ...(headroom > 0
      ? [
          [
            `− ${mebibytes(free)}`,
            `stays free, ${Number((headroom * 100).toFixed(2))} % of the rest: --headroom (${sources.headroom})`,
          ],
        ]
      : []),
    ...(shared > 0
      ? [[`− ${mebibytes(shared)}`, `shared by the workers, counted once (${sources.shared})`]]
      : []),
    [`= ${mebibytes(plan.budget)}`, "the budget: for all workers together"],
  ];
  const width = Math.max(...rows.map(([size = ""]) => size.length));
  return rows.map(([size = "", what = ""]) => `${size.padStart(width)}  ${escapeText(what)}`);
}

function poolTable({ pools, plan }: HostCapacity, { unicode }: CapacityTextOptions): readonly string[] {
  const arrow = unicode ? "→" : "->";
  const rows = pools.map((pool) => [
    pool.name,
    showSize(pool.worker.bytes),
    sourceOf(pool),
    `${pool.current["pm.max_children"] ?? "?"} ${arrow} ${pool.plan.max}`,
    mebibytes(pool.plan.max * pool.worker.bytes),
  ]);
  const now = pools.map(({ current }) => current["pm.max_children"]);
  const total = now.every((one) => typeof one === "number")
    ? String(now.reduce((sum: number, one) => sum + Number(one), 0))
    : "?";
  const workers = plan.pools.reduce((sum, { max }) => sum + max, 0);
  const sum = ["together", "", "", `${total} ${arrow} ${workers}`, mebibytes(plan.used)];
  const head = ["pool", "one worker", "known from", `now ${arrow} recommended`, "memory"];
  return columns([head, ...rows, ...(pools.length > 1 ? [sum] : [])]);
}

function sourceOf({ worker: { source, samples } }: PoolCapacity): string {
  const count = samples === null ? "" : `, ${samples} ${samples === 1 ? "worker" : "workers"}`;
  return `${source}${count}`;
}

/** What lies behind a measured size. */
function measureLines(pool: PoolCapacity, { width }: CapacityTextOptions): readonly string[] {
  const { bytes, source, now, rss, samples } = pool.worker;
  const size = showSize(bytes);
  if (source === "--samples") {
    const most = showSize(rss ?? bytes);
    const text = isAll(samples) ? `no sample is above ${most}` : `19 of 20 samples are not above ${most}`;
    return wrap(`${escapeText(pool.name)}: ${text}`, width - 4);
  }
  if (source !== "measured (RssAnon)") return [];
  const most = isAll(samples)
    ? `no worker has had more than ${size} of its own so far`
    : `19 of 20 workers have had no more than ${size} of their own so far`;
  const present = now === null ? "" : `, now it is ${showSize(now)}`;
  const resident = rss === null ? "" : `; RSS, which counts what they share in each, is ${showSize(rss)}`;
  return wrap(escapeText(`${pool.name}: ${most}${present}${resident}`), width - 4);
}

/** Of fewer than twenty the 95th percentile is the largest. */
function isAll(samples: number | null): boolean {
  return (samples ?? 0) < 20;
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  return table(rows.map((row) => row.map(escapeText)));
}

function sumOf({ name, because, weightSource }: PoolCapacity, { pools, plan }: HostCapacity): string {
  const weight =
    pools.length === 1 || plan.shares.kept
      ? ""
      : weightSource === "pm.max_children"
        ? " (weighed by pm.max_children now)"
        : weightSource === "--weight"
          ? " (--weight)"
          : "";
  return escapeText(`${name}: ${because}${weight}`);
}

/** Where they do not fit, a warning says so. */
function worstLines({ plan, input }: HostCapacity, { width }: CapacityTextOptions): readonly string[] {
  const { worstCase } = plan;
  if (worstCase === null || !worstCase.fits) return [];
  const text = `even if every worker used its memory_limit, ${mebibytes(worstCase.bytes)} of ${mebibytes(input.memory)} would be enough`;
  return ["", ...wrap(text, width - 4)];
}

/** Each setting with what it was and, where it is part of another number, how. */
function settingLines(pool: PoolCapacity, { unicode }: CapacityTextOptions): readonly string[] {
  const { plan, current, ramp } = pool;
  const arrow = unicode ? "←" : "<-";
  const why: Readonly<Record<string, string>> = {
    pm: whyManager(pool),
    "pm.start_servers": part("a quarter", plan.max, 4),
    "pm.min_spare_servers": `${part("an eighth", plan.max, 8)}${ramp === null || ramp === 0 ? "" : `; all workers are there after ${ramp} s of load`}`,
    "pm.max_spare_servers": part("half", plan.max, 2),
    "pm.max_requests": "requests after which a worker that has grown is replaced",
  };
  const settings = Object.entries(plan.settings).map(([key, value]) => {
    const before = current[key];
    const was =
      String(before) === String(value) || pool.pool === null ? "" : `${arrow} ${before ?? "not set"}`;
    return [`${key} = ${value}`, was, why[key] === undefined || why[key] === "" ? "" : `; ${why[key]}`];
  });
  return [`[${escapeText(pool.pool?.name ?? pool.name)}]${fileOf(pool)}`, ...indented(columns(settings)), ""];
}

function part(name: string, whole: number, parts: number): string {
  return `${name} of ${whole}${whole % parts === 0 ? "" : ", rounded up"}`;
}

function whyManager({ plan: { manager } }: PoolCapacity): string {
  if (manager === "static") return "one busy pool: all workers ready at any time";
  return manager === "ondemand" ? "one of many pools that sleep most of the time" : "";
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

function demandLines(pool: PoolCapacity, { unicode, width }: CapacityTextOptions): readonly string[] {
  const { demand, max } = pool.plan;
  if (demand === null) return [];
  const { rate, mean, load, needed, waiting } = demand;
  const times = unicode ? "×" : "x";
  const busy = `${Number(rate.toFixed(2))} requests/s ${times} ${showTime(mean)} = ${Number(load.toFixed(2))} workers busy on average`;
  const wait =
    waiting.mean === null
      ? `${max} cannot keep up: the queue grows until requests fail`
      : `with ${max} workers, ${percent(waiting.utilisation)} busy, ${percent(waiting.probability)} of the requests wait, which costs ${showTime(waiting.mean)} on average over all`;
  const enough = `${needed} ${needed === 1 ? "worker is" : "workers are"} needed for at most one in twenty to wait`;
  const marked = new Map([[needed, "needed"]]);
  marked.set(max, max === needed ? "needed, and recommended" : "recommended");
  return [
    ...wrap(escapeText(`${pool.name}: ${busy}; ${wait}; ${enough}`), width - 4),
    ...indented(["", "workers  requests that wait", ...waitCurve(load, marked, unicode)]),
    ...backlogLines(pool),
    "",
  ];
}

function backlogLines({ backlog, readTimeout, plan: { max, demand } }: PoolCapacity): readonly string[] {
  if (backlog === null || demand === null) return [];
  return [
    "",
    `queueing is worth it for ${backlog.worth} requests: ${max} workers × ${showTime(readTimeout ?? 0)} of fastcgi_read_timeout / ${showTime(demand.mean)}`,
  ];
}

function notes({ warnings }: HostCapacity, { width }: CapacityTextOptions, paint: Paint): readonly string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.flatMap((warning) =>
    wrap(escapeText(warning), width - 4).map((line, index) => `${index === 0 ? "- " : "  "}${line}`),
  );
  return [paint("warning", "Worth knowing"), ...indented(lines)];
}
