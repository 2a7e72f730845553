import { waitProbability } from "../../capacity/queue.js";
import { showSize } from "../../capacity/size.js";
import type { CapacityReport, PoolReport } from "../capacity/document.js";
import type { ReportedHost } from "../topology/document.js";
import { cut, folded, h, short } from "./markup.js";

/** What `fpmlint capacity` says, as bars. */

/** Pools with a part of their own in the bars; the smaller ones share one. */
const MOST_PARTS = 4;
const MOST_ROWS = 40;

interface Part {
  readonly name: string;
  readonly bytes: number;
  readonly style: string;
}

export function memory({ memory: found, memoryReason }: ReportedHost): string {
  if (found === null) return `<p>Not computed: ${h(memoryReason ?? "")}.</p>`;
  const { total, source, reserved, spare, headroom, worstCase } = found.memory;
  const free = Math.round((total - reserved) * headroom);
  const pools = [...found.pools].sort((a, b) => biggest(b) - biggest(a));
  const rows = [
    ["now", nowOf, []],
    [
      "recommended",
      recommendedOf,
      [
        { name: "left over", bytes: spare, style: "mf" },
        { name: "stays free", bytes: free, style: "mf" },
      ],
    ],
    ["worst case, every worker at its memory_limit", worstOf, []],
  ] as const;
  const base: readonly Part[] = [{ name: "everything else", bytes: reserved, style: "m0" }];
  const all = rows.map(([name, of, end]) => ({
    name,
    known: pools.every((pool) => of(pool) !== null),
    parts: [...base, ...partsOf(pools, of), ...end].filter(({ bytes }) => bytes > 0),
  }));
  const widest = Math.max(total, ...all.filter(({ known }) => known).map(({ parts }) => sum(parts)));
  const drawn = all.map(({ name, known, parts }) =>
    known
      ? barOf(name, parts, total, widest)
      : `<div class=row><h3>${name}</h3><p>unknown: a number of a pool is not known, or there is no limit</p></div>`,
  );
  const worst =
    worstCase === null
      ? ""
      : `<p>With every worker at its memory_limit the recommended sizes need ${showSize(worstCase.bytes)}, which ${worstCase.fits ? "fits" : "does not fit"}.</p>`;
  const warnings = found.warnings.map((text) => `<li>${h(text)}</li>`).join("");
  return [
    `<p>The host has ${showSize(total)} (${h(source)}); the line across each bar is that size.</p>`,
    drawn.join(""),
    worst,
    table(pools),
    waiting(found),
    warnings === "" ? "" : `<ul>${warnings}</ul>`,
  ].join("");
}

type Need = (pool: PoolReport) => number | null;

const nowOf: Need = ({ current, worker }) => {
  const most = current["pm.max_children"];
  return typeof most === "number" ? most * worker.bytes : null;
};

const recommendedOf: Need = ({ recommended, worker }) => {
  const most = recommended["pm.max_children"];
  return typeof most === "number" ? most * worker.bytes : null;
};

const worstOf: Need = ({ worstCase }) => worstCase?.bytes ?? null;

function biggest(pool: PoolReport): number {
  return Math.max(nowOf(pool) ?? 0, recommendedOf(pool) ?? 0);
}

function partsOf(pools: readonly PoolReport[], of: Need): readonly Part[] {
  const [own, others] = [pools.slice(0, MOST_PARTS), pools.slice(MOST_PARTS)];
  const parts = own.map((pool, index) => ({
    name: `pool [${pool.name}]`,
    bytes: of(pool) ?? 0,
    style: `m${index + 1}`,
  }));
  const rest = others.reduce((total, pool) => total + (of(pool) ?? 0), 0);
  return rest === 0 ? parts : [...parts, { name: `${others.length} other pools`, bytes: rest, style: "m5" }];
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}

function barOf(name: string, parts: readonly Part[], total: number, widest: number): string {
  let left = 0;
  const rects = parts.map(({ bytes, style }) => {
    const [x, width] = [(left / widest) * 100, (bytes / widest) * 100];
    left += bytes;
    return `<rect class=${style} x="${short(x)}%" width="${short(width)}%" y=2 height=22 />`;
  });
  const used = sum(parts.filter(({ style }) => style !== "mf"));
  const key = parts.map(
    ({ name: part, bytes, style }) =>
      `<span class=key><svg aria-hidden=true><rect class=${style} width=14 height=12 /></svg> ${h(cut(part, 60))} ${showSize(bytes)}</span>`,
  );
  const at = short((total / widest) * 100);
  const over = used > total ? `, ${showSize(used - total)} more than there is` : "";
  return `<div class=row><h3>${name}: ${showSize(used)}${over}</h3><svg role=img aria-label="${h(`${name}: ${parts.map((part) => `${part.name} ${showSize(part.bytes)}`).join(", ")}`)}" height=26>${rects.join("")}<line class=t x1="${at}%" x2="${at}%" y1=0 y2=26 /></svg><p class=dim>${key.join("")}</p></div>`;
}

function table(pools: readonly PoolReport[]): string {
  const rows = pools.slice(0, MOST_ROWS).map((pool) => {
    const { name, worker, current, recommended } = pool;
    const cells = [
      `${showSize(worker.bytes)}${worker.source === "assumed" ? " (assumed)" : ""}`,
      String(current["pm.max_children"] ?? "unknown"),
      String(recommended["pm.max_children"] ?? "unknown"),
    ];
    return `<tr><th scope=row>${h(cut(name, 60))}</th>${cells.map((cell) => `<td>${h(cell)}</td>`).join("")}</tr>`;
  });
  const others = pools.slice(MOST_ROWS).map(({ name, current, recommended }) => {
    const [now, then] = [current, recommended].map((of) => String(of["pm.max_children"] ?? "?"));
    return `<li>${h(cut(name, 60))}: ${h(`${now} → ${then}`)}`;
  });
  const more = folded(others, MOST_ROWS, pools.length, "pools, now → recommended");
  return `<table><thead><tr><th scope=col>pool</th><th scope=col>one worker</th><th scope=col>pm.max_children now</th><th scope=col>recommended</th></tr></thead><tbody>${rows.join("")}</tbody></table>${more}`;
}

/** Points of a curve. */
const MOST_POINTS = 14;

/** How waiting falls with workers, for the pools whose requests somebody told. */
function waiting({ pools }: CapacityReport): string {
  return pools
    .flatMap((pool) => {
      const { demand, recommended, name } = pool;
      const own = Number(recommended["pm.max_children"] ?? 0);
      const needed = demand?.needed ?? null;
      // More work than the cores can do: no number of workers shortens the queue.
      if (demand === null || needed === null) return [];
      const least = Math.floor(demand.load) + 1;
      const last = Math.max(least + 1, Math.min(Math.max(own, needed), least * 4));
      const step = Math.max(1, Math.ceil((last - least) / (MOST_POINTS - 1)));
      const counts = [...new Set([...range(least, last, step), needed, last])].sort((a, b) => a - b);
      const points = counts.map((workers, index) => {
        const share = waitProbability(workers, demand.load) * 100;
        const notes = [workers === own ? "recommended" : "", workers === needed ? "enough" : ""];
        const text = `${workers} workers: ${short(share)} % wait ${notes.filter((note) => note !== "").join(", ")}`;
        const [x, anchor] = share > 55 ? [share - 0.5, "end"] : [share + 0.5, "start"];
        return {
          text: text.trim(),
          drawn: `<rect class=v width="${short(share)}%" y=${index * 16 + 1} height=14 /><text x="${short(x)}%" y=${index * 16 + 12} text-anchor=${anchor}>${h(text.trim())}</text>`,
        };
      });
      const spoken = points.map(({ text }) => text).join(", ");
      return [
        `<div class=row><h3>pool [${h(cut(name, 60))}]: who waits</h3><svg role=img aria-label="${h(spoken)}" height=${points.length * 16}>${points.map(({ drawn }) => drawn).join("")}</svg></div>`,
      ];
    })
    .join("");
}

function* range(from: number, to: number, step: number): Generator<number> {
  for (let at = from; at <= to; at += step) yield at;
}
