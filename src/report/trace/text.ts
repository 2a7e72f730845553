import { position } from "../../source/file.js";
import type { Traced, TracedPool, TracedWay } from "../../trace/trace.js";
import { count } from "../coverage.js";
import { endsOf, shownWays } from "./ends.js";
import { limitsOf } from "./limits.js";
import { Page, type TraceTextOptions } from "./page.js";
import { otherParams, paramRows, paramsOf } from "./params.js";
import { type Row, rowsOf } from "./rows.js";
import { titleText } from "./steps.js";

/** The way of one request, for people: how it ends first, then how it got there. */
export function traceText(traced: Traced, options: TraceTextOptions): string {
  const { request, host } = traced;
  const page = new Page(options);
  const where = host.name === "." ? "" : `${host.name}: `;
  page.title(`${where}${titleText(request)}`);
  endsOf(page, traced);
  const ways = shownWays(traced);
  const rows = ways.map(({ way }) => rowsOf(way));
  rows.forEach((own, index) => {
    const same = index === 0 ? 0 : shared(own, rows[0] ?? []);
    if (own.length === same || own.every(({ place }) => place === null)) return;
    page.blank();
    const rest = same === 0 ? "" : `, after the first ${same === 1 ? "line" : `${same} lines`} of way 1`;
    page.title(ways.length === 1 ? "The way" : `Way ${index + 1}${rest}`);
    stepsOf(page, own.slice(same), traced);
  });
  phpOf(page, ways);
  limitsOfWays(page, ways, traced);
  return page.text();
}

/** How many rows both ways have in common at their beginning. */
function shared(rows: readonly Row[], others: readonly Row[]): number {
  let same = 0;
  while (rows[same] !== undefined && rows[same]?.text === others[same]?.text) same += 1;
  return same;
}

/** The rows under the names of their files, each behind its line. */
function stepsOf(page: Page, rows: readonly Row[], { picked }: Traced): void {
  let file = "";
  rows.forEach(({ place, text }) => {
    const own = place === null ? file : place.span.file.display;
    if (own !== file) page.item("  ", own);
    file = own;
    const line = place === null ? "" : String(position(place.span.file, place.span.start).line);
    page.item(`  ${page.paint("gutter", line.padStart(5))}  `, text, " ".repeat(9));
  });
  if (picked !== null) page.item(" ".repeat(9), PICKED[picked]);
}

const PICKED = {
  default: "(the server was taken because it is the default one; a template fills in names)",
  first: "(the server was taken because it is the first one; a template fills in addresses)",
} as const;

/** What PHP gets on the first way that leads there, and what is different on the others. */
function phpOf(page: Page, ways: readonly TracedWay[]): void {
  let first: ReadonlyMap<string, string> | null = null;
  ways.forEach(({ way, pools }, index) => {
    if (way.outcome.kind !== "php") return;
    const rows = paramRows(way.outcome, pools);
    const before = first;
    first ??= rows;
    const own =
      before === null ? rows : new Map([...rows].filter(([name, value]) => before.get(name) !== value));
    if (own.size === 0) return;
    page.blank();
    const on = ways.length > 1 ? ` on way ${index + 1}` : "";
    page.title(`What PHP gets${on}${before === null ? "" : ", where it is different"}`);
    paramsOf(page, own);
    const others = otherParams(way.outcome);
    if (before === null && others > 0)
      page.item("  ", `and ${count(others, "other")} (--format json has all)`);
  });
}

function limitsOfWays(page: Page, ways: readonly TracedWay[], { request }: Traced): void {
  const shown = new Set<string>();
  const each: TracedPool[] = [];
  for (const { pools } of ways)
    for (const one of pools) if (!each.some(({ pool }) => pool === one.pool)) each.push(one);
  for (const one of each) {
    const own = new Page(page.options);
    limitsOf(own, one, request, each.length > 1);
    const text = own.text();
    if (shown.has(text)) continue;
    shown.add(text);
    page.blank();
    limitsOf(page, one, request, each.length > 1);
  }
}
