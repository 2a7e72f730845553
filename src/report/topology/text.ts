import type { Finding } from "../../engine/finding.js";
import { compareSeverity } from "../../engine/severity.js";
import { groupBy, unique } from "../../source/collect.js";
import type { HostTopology, WayData } from "../../topology/document.js";
import { count, coverage } from "../coverage.js";
import { type Paint, painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { hanging } from "../terminal/width.js";
import { type Chip, chipsOfAll, chipsOfPool, limitOf } from "./chips.js";
import type { TopologyReport } from "./document.js";
import { type Row, rowsOf } from "./fold.js";
import { firstWords, limitRows, TIMES } from "./limits.js";

export interface TopologyTextOptions {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Columns of the terminal, or of what is written to. */
  readonly width: number;
}

interface Page {
  readonly lines: string[];
  readonly paint: Paint;
  readonly options: TopologyTextOptions;
  readonly findings: ReadonlyMap<string, Finding>;
}

/** Who talks to whom and who gives up first, for a terminal. */
export function topologyText(report: TopologyReport, options: TopologyTextOptions): string {
  const findings = new Map(report.result.findings.map((one) => [one.fingerprint, one] as const));
  const page: Page = { lines: [], paint: painter(options.color), options, findings };
  for (const { topology } of report.hosts) {
    if (report.hosts.length > 1) title(page, topology.name);
    talks(page, topology);
    limits(page, topology);
  }
  if (report.stamp !== null) say(page, `as of ${report.stamp}`, 0);
  for (const line of hanging(coverage(report.result.summary), options.width, 4)) page.lines.push(line);
  return `${page.lines.join("\n")}\n`;
}

function title({ lines, paint }: Page, text: string): void {
  lines.push(paint("headline", escapeText(text)), "");
}

/** A line with an indent, whose further lines are indented by two more. */
function say({ lines, options }: Page, text: string, indent: number): void {
  const room = Math.max(30, options.width - indent);
  const [first = "", ...rest] = hanging(escapeText(text), room, 2);
  for (const line of [first, ...rest]) lines.push(" ".repeat(indent) + line);
}

function arrow({ options }: Page): string {
  return options.unicode ? "→" : "->";
}

function talks(page: Page, host: HostTopology): void {
  title(page, "Who talks to whom");
  if (host.locations.length === 0) say(page, "no location passes requests on", 2);
  const servers = new Map(host.servers.map((one) => [one.id, one] as const));
  let last: string | null = "";
  for (const row of rowsOf(host)) {
    const [first] = row;
    const own = unique(row.flatMap(({ server }) => server ?? []));
    const label = own.length === 1 ? (servers.get(own[0] ?? "")?.label ?? "") : count(own.length, "site");
    if (own.join() !== last) say(page, own.length === 0 ? "(no server)" : label, 2);
    last = own.join();
    location(page, host, row);
    for (const line of wayLines(page, host, row)) say(page, line, 6);
    if (first.notCompared !== null) say(page, `not compared: ${first.notCompared}`, 6);
  }
  const unused = host.pools.filter(({ uses }) => uses === 0);
  if (unused.length > 0) {
    say(page, "pools that nothing passes to", 2);
    for (const pool of unused) say(page, `pool [${pool.name}]${chips(page, chipsOfPool(host, pool))}`, 4);
  }
  if (host.otherServers > 0) {
    const other = count(host.otherServers, "other server");
    say(page, `${other} ${host.otherServers === 1 ? "passes" : "pass"} nothing on`, 2);
  }
  page.lines.push("");
}

function location(page: Page, host: HostTopology, row: Row): void {
  const [first, ...others] = row;
  const alike = row.every(({ text }) => text === first.text);
  const files = unique(row.map(({ through }) => through));
  const through = others.length > 0 && files.length === 1 ? ` through ${files[0]}` : "";
  const text =
    others.length === 0 ? first.text : alike ? `${row.length} × ${first.text}` : `${row.length} locations`;
  const other = first.php ? "" : `  ${first.protocol === "fastcgi" ? "FastCGI, not PHP" : first.protocol}`;
  say(page, plain(page, `${text}${through}`) + other + chips(page, chipsOfAll(host, row)), 4);
  const found = unique(row.flatMap(({ findings }) => findings)).flatMap(
    (one) => page.findings.get(one) ?? [],
  );
  for (const [one, ...more] of kinds(found)) {
    const also = more.length === 0 ? "" : ` (${more.length + 1} findings)`;
    const line = `${one.severity}[${one.rule}]${also}: ${one.message}`;
    const [start = "", ...rest] = hanging(escapeText(line), Math.max(30, page.options.width - 6), 4);
    page.lines.push(`      ${page.paint(one.severity, start)}`, ...rest.map((part) => `      ${part}`));
  }
}

/** Errors and warnings, one of each kind first; infos are on the page and in JSON. */
function kinds(found: readonly Finding[]) {
  const grave = found.filter(({ severity }) => severity !== "info");
  return groupBy(
    grave.toSorted((a, b) => compareSeverity(a.severity, b.severity)),
    ({ rule, case: one, severity }) => `${severity} ${rule} ${one}`,
  );
}

/** Where the requests of a row go; of very many the first three, and how many more. */
const MOST_WAYS = 3;

function wayLines(page: Page, host: HostTopology, row: Row): readonly string[] {
  const addresses = new Map(host.addresses.map((one) => [one.id, one] as const));
  const pools = new Map(host.pools.map((one) => [one.id, one] as const));
  const word = ({ upstream, down, backup, assumed }: WayData): string =>
    [
      upstream === null ? "" : ` (upstream ${upstream})`,
      down ? " down" : "",
      backup ? " backup" : "",
      assumed ? " assumed" : "",
    ].join("");
  const lines = unique(
    row.flatMap(({ ways }) =>
      ways.map((way) => {
        const pool = way.pool === null ? null : (pools.get(way.pool) ?? null);
        const end =
          pool === null ? "" : ` ${arrow(page)} pool [${pool.name}]${chips(page, chipsOfPool(host, pool))}`;
        return `${arrow(page)} ${addresses.get(way.address)?.text ?? ""}${word(way)}${end}`;
      }),
    ),
  );
  if (lines.length <= MOST_WAYS) return lines;
  return [...lines.slice(0, MOST_WAYS - 1), `${arrow(page)} ${lines.length - MOST_WAYS + 1} more like these`];
}

function chips(page: Page, all: readonly Chip[]): string {
  return all.length === 0 ? "" : `  ${plain(page, all.map(({ text }) => text).join(", "))}`;
}

/** Without the signs that a terminal of ASCII does not have. */
function plain({ options }: Page, text: string): string {
  return options.unicode ? text : text.replaceAll("×", "x");
}

function limits(page: Page, host: HostTopology): void {
  const rows = limitRows(host, TIMES);
  title(page, "Who gives up first");
  if (rows.length === 0) say(page, "no location passes requests to PHP", 2);
  for (const { set, labels } of rows) {
    const [first = "", ...others] = labels;
    say(page, others.length === 0 ? first : `${first}, and ${count(others.length, "other")} like it`, 2);
    say(page, firstWords(set), 6);
    const times = TIMES.flatMap(([setting, word]) => {
      const limit = limitOf(set, setting);
      return limit === null ? [] : [`${word} ${limit.shown ?? "?"}`];
    });
    say(page, times.join(", "), 6);
  }
  page.lines.push("");
}
