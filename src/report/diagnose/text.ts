import { outsideCause } from "../../causes/outside-causes.js";
import type { Cause } from "../../diagnose/cause.js";
import type { Collector, Wanted } from "../../diagnose/collect.js";
import type { Diagnosis } from "../../diagnose/diagnose.js";
import type { Notice } from "../../diagnose/notices.js";
import { shapeOf } from "../../diagnose/shape.js";
import type { LogKind } from "../../live/named-logs.js";
import { showTime } from "../../logs/time.js";
import { serverLabel } from "../../model/labels.js";
import { unique } from "../../source/collect.js";
import { withCommas } from "../../source/digits.js";
import { drawPlaces, type Shown } from "../frame/places.js";
import { helpLines } from "../help.js";
import { type Paint, painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { hanging } from "../terminal/width.js";
import { shownSample } from "./sample.js";

export interface DiagnosisOptions {
  readonly color: boolean;
  readonly unicode: boolean;
  readonly width: number;
}

/** What was read for a diagnosis. */
export interface Reading {
  readonly logs: readonly {
    readonly display: string;
    readonly kind: LogKind;
    readonly bytes: number;
    readonly problem: string | null;
  }[];
  readonly wanted: Wanted;
  /** Hosts whose configuration the lines were compared with. */
  readonly hosts: number;
  readonly collector: Collector;
  /** Lines are shown as they are. */
  readonly showRequests: boolean;
}

/** Causes that are shown whole; of more, a line each, and of very many only their number. */
const MOST_WHOLE = 4;
const MOST_LINES = 10;

/** What was lost and why, on one screen. */
export function diagnosisText(diagnosis: Diagnosis, reading: Reading, options: DiagnosisOptions): string {
  const paint = painter(options.color);
  const { causes } = diagnosis;
  const blocks = [
    hanging(headline(diagnosis, reading), options.width, 2).map((line) => paint("headline", line)),
    ...causes
      .slice(0, MOST_WHOLE)
      .map((cause, at) => causeLines(cause, at, diagnosis, reading, options, paint)),
    lineEach(causes, "causes", (cause, at) => `${at + 1}. ${title(cause, diagnosis)}`),
    ...diagnosis.notices.slice(0, MOST_WHOLE).map((notice) => noticeLines(notice, options, paint)),
    lineEach(diagnosis.notices, "notes", ({ said }) => `note: ${escapeText(said)}`),
    endLines(diagnosis, reading, options.width, paint),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/** Those that are not shown whole. */
function lineEach<T>(
  all: readonly T[],
  noun: string,
  show: (one: T, at: number) => string,
): readonly string[] {
  const end = MOST_WHOLE + MOST_LINES;
  const lines = all.slice(MOST_WHOLE, end).map((one, at) => show(one, MOST_WHOLE + at));
  return all.length > end
    ? [...lines, `${number(all.length - end)} more ${noun}: --format json has them all`]
    : lines;
}

function number(count: number): string {
  return withCommas(count);
}

function headline({ causes, lost, requests, first, last }: Diagnosis, { wanted, logs }: Reading): string {
  if (causes.length === 0 && logs.every(({ problem }) => problem !== null))
    return "nothing is known: no log could be read";
  const time =
    first === null || last === null
      ? ""
      : first === last
        ? ` at ${showTime(first)}`
        : ` between ${showTime(first)} and ${showTime(last)}`;
  const of = requests === null ? "" : ` of ${number(Math.max(requests, lost))}`;
  const since = wanted.since === null ? "" : ` since ${showTime(wanted.since)}`;
  if (causes.length === 0)
    return `nothing was lost${since}${requests === null ? "" : `: ${number(requests)} ${requests === 1 ? "request" : "requests"}`}`;
  const noun = lost === 1 && requests === null ? "request" : "requests";
  return `${number(lost)}${of} ${noun} failed${time}: ${causes.length === 1 ? "1 cause" : `${causes.length} causes`}`;
}

function title({ requests, groups, title: said, certain, kind }: Cause, { lost }: Diagnosis): string {
  const share = lost > 0 ? ` (${Math.min(100, Math.round((requests * 100) / lost))} %)` : "";
  const statuses = [...new Set(groups.map(({ signature }) => signature.status))]
    .filter((one) => one !== null)
    .join(", ");
  const sure = kind === "unknown" ? "cannot tell: " : certain ? "" : "probably: ";
  return `${number(requests)} ${requests === 1 ? "request" : "requests"}${share}${statuses === "" ? "" : `, ${statuses}`}: ${sure}${escapeText(said)}`;
}

function causeLines(
  cause: Cause,
  index: number,
  diagnosis: Diagnosis,
  reading: Reading,
  options: DiagnosisOptions,
  paint: Paint,
): readonly string[] {
  const { groups, evidence, check, tell, findings } = cause;
  const [group] = groups;
  const [finding] = findings;
  const shape = shapeOf(groups, diagnosis.first, diagnosis.last);
  const sample =
    group === undefined
      ? null
      : reading.showRequests
        ? { text: escapeText(group.sample.text), source: group.sample.source }
        : shownSample(group.sample, group.signature.id);
  const help = finding === undefined ? [] : helpLines(finding.help).slice(0, 4);
  const severity = finding?.severity ?? "warning";
  const frames = drawPlaces(placesOf(cause), {
    unicode: options.unicode,
    width: options.width - 3,
    paint,
    severity,
  });
  const row = (name: string, text: string): readonly string[] =>
    text === ""
      ? []
      : hanging(`${name}: ${text}`, options.width - 3, name.length + 2).map((line) => `   ${line}`);
  const picture = shape.counts.length === 0 ? "" : `  ${spark(shape.counts, options.unicode)}`;
  return [
    ...hanging(`${index + 1}. ${title(cause, diagnosis)}`, options.width, 3).map((line) =>
      paint("headline", line),
    ),
    ...row("when", shape.words + picture),
    ...row("where", whereOf(cause)),
    ...row("what", pathsOf(cause)),
    ...evidence.flatMap((one) => row("why", escapeText(one))),
    ...tracesOf(cause, reading).flatMap((one) => row("why", one)),
    ...(sample === null
      ? []
      : [`   line: ${sample.text}`, `         ${paint("gutter", escapeText(sample.source))}`]),
    ...frames.map((line) => `   ${line}`),
    ...help.map((line, at) =>
      at === 0 ? `   ${paint("help", "help")}: ${escapeText(line)}` : `         ${escapeText(line)}`,
    ),
    ...(check === null || finding !== undefined
      ? []
      : [`   ${paint("help", "run")}: ${check.run}`, ...row("look", check.look)]),
    ...(tell === null ? [] : row("to tell", tell)),
    ...(finding === undefined ? [] : [`   more: fpmlint explain ${finding.rule}`]),
  ];
}

function noticeLines(
  { said, evidence, place, next }: Notice,
  options: DiagnosisOptions,
  paint: Paint,
): readonly string[] {
  const frames =
    place === null
      ? []
      : drawPlaces([{ place, message: "" }], {
          unicode: options.unicode,
          width: options.width - 3,
          paint,
          severity: "warning",
        });
  const row = (name: string, text: string): readonly string[] =>
    hanging(`${name}: ${escapeText(text)}`, options.width - 3, name.length + 2).map((line) => `   ${line}`);
  return [
    ...hanging(`note: ${escapeText(said)}`, options.width, 6).map((line) => paint("headline", line)),
    ...evidence.flatMap((one) => row("why", one)),
    ...frames.map((line) => `   ${line}`),
    ...row("do", next),
  ];
}

/** The lines of the configuration: those of the finding, else what decides. */
export function placesOf({ findings, decided, kind }: Cause): readonly Shown[] {
  const [finding] = findings;
  if (finding !== undefined)
    return [{ place: finding.at, message: finding.label ?? "" }, ...finding.related.slice(0, 2)];
  if (kind === "unknown") return [];
  return decided
    .flatMap(({ place, name }) =>
      place === null ? [] : [{ place, message: DECIDES.has(name) ? "" : "this decides" }],
    )
    .slice(0, 2);
}

const DECIDES: ReadonlySet<string> = new Set(["fastcgi_pass", "listen"]);

function whereOf({ groups, joined }: Cause): string {
  const server =
    joined?.server === null || joined === null ? (groups[0]?.server ?? "") : serverLabel(joined.server);
  const servers = unique(groups.map((group) => group.server).filter((name) => name !== ""));
  const names = servers.length > 0 ? servers : [server].filter((name) => name !== "");
  const upstreams = unique(groups.map(({ upstream }) => upstream).filter((name) => name !== ""));
  const pools = joined?.pools.map(({ name }) => name) ?? [];
  const to = [some(upstreams, 1), pools.length > 0 ? `pool ${some(pools, 2)}` : ""];
  return escapeText(
    [some(names, 3), to.filter((text) => text !== "").join(", ")].filter((text) => text !== "").join(" → "),
  );
}

/** The first of some names, and how many there are more. */
function some(names: readonly string[], most: number): string {
  const more = names.length > most ? ` and ${number(names.length - most)} more` : "";
  return names.slice(0, most).join(", ") + more;
}

function pathsOf({ groups }: Cause): string {
  const counts = new Map<string, number>();
  for (const { paths } of groups)
    for (const [path, count] of paths) counts.set(path, (counts.get(path) ?? 0) + count);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const shown = sorted
    .slice(0, 3)
    .map(([path, count]) => `${path.length > 60 ? `${path.slice(0, 60)}…` : path} ${number(count)}`);
  const more = sorted.length > 3 ? ` and ${number(sorted.length - 3)} more` : "";
  return escapeText(shown.join(", ") + more);
}

/** Where slow requests waited, as PHP-FPM's slow log says. */
function tracesOf({ id }: Cause, { collector }: Reading): readonly string[] {
  const { top, traces } = collector.slow;
  return top === null || (id !== "script-waits" && id !== "workers-busy")
    ? []
    : [`${top[1]} of ${traces} traces of the slow log are in ${escapeText(top[0])}`];
}

const BARS = "▁▂▃▄▅▆▇█";
const PLAIN_BARS = ".:-=+*%#";

/** A column each, empty where nothing was lost. */
export function spark(counts: readonly number[], unicode: boolean): string {
  const most = Math.max(1, ...counts);
  const bars = unicode ? BARS : PLAIN_BARS;
  return counts
    .map((count) => (count === 0 ? " " : (bars[Math.min(7, Math.floor((count * 8) / (most + 1)))] ?? "")))
    .join("")
    .trimEnd();
}

function endLines(
  { uncounted }: Diagnosis,
  { logs, hosts, collector }: Reading,
  width: number,
  paint: Paint,
): readonly string[] {
  const problems = logs.filter(({ problem }) => problem !== null);
  const read = logs.filter(({ problem }) => problem === null);
  const bytes = logs.reduce((sum, log) => sum + log.bytes, 0);
  const names = read.map(({ display }) => escapeText(display));
  const { rates, access } = collector;
  const rate = rates.perSecond;
  return [
    ...(problems.length === 0
      ? []
      : [
          paint("headline", "not read:"),
          ...problems.flatMap(({ display, problem }) =>
            hanging(`${escapeText(display)}: ${problem}`, width - 2, 2).map((line) => `  ${line}`),
          ),
        ]),
    ...(uncounted > 0
      ? hanging(
          `not counted: ${number(uncounted)} ${uncounted === 1 ? "line" : "lines"} of other servers and upstreams, of which there are more than can be kept apart; --server NAME asks for one`,
          width,
          2,
        )
      : []),
    ...(access.strange > 0
      ? [`${number(access.strange)} lines have another format than the configuration says`]
      : []),
    ...(rate === null
      ? []
      : [
          `requests: ${tidy(rate.mean)}/s on average, ${tidy(rate.peak)}/s in the busiest minute (fpmlint capacity --rate takes the latter, without static files)`,
        ]),
    ...(read.length === 0
      ? []
      : [
          `read ${some(names, 4)} (${size(bytes)})${hosts === 0 ? "; no configuration: name its path to see the lines at fault" : ""}`,
        ]),
  ];
}

function tidy(rate: number): string {
  return rate >= 10 ? number(Math.round(rate)) : rate.toFixed(1);
}

function size(bytes: number): string {
  return bytes >= 1_000_000
    ? `${number(Math.round(bytes / 1_000_000))} MB`
    : `${number(Math.ceil(bytes / 1000))} kB`;
}

/** What `fpmlint explain` knows more of; `null`: nothing. */
export function topicOf({ id, findings }: Cause): string | null {
  return findings[0]?.rule ?? (outsideCause(id) === null ? null : id);
}
