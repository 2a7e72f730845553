import { count } from "../coverage.js";
import { HOUR, type ObservedCause, type ObservedDiagnosis, type ObservedPool } from "../topology/observed.js";
import { anchor, cut, h, rows, short, shown } from "./markup.js";
import type { Findings } from "./picture.js";

/** What happened on the server, by the hour: why requests were lost, and how full the pools were. */

/** Hours that are drawn, up to the last in which anything happened. */
const HOURS = 24;
/** Height of the columns, and what is above and below them. */
const [COLUMN, TOP, BOTTOM] = [56, 16, 18];

/** The causes of one diagnosis, and the pools of which it tells. `findings`: those of the page, to lead to. */
export function happened(
  { lost, requests, statuses, first, last, causes, pools }: ObservedDiagnosis,
  findings: Findings,
): string {
  const times = [...causes, ...pools].flatMap(({ hours }) => hours.map(({ at }) => at));
  const end = times.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  return [
    `<p><strong>${h(headline(lost, requests, causes.length))}</strong></p>`,
    first === null || last === null ? "" : `<p>${h(span(first, last))}.</p>`,
    statuses.length === 0
      ? ""
      : `<p>${statuses.map(({ status, count: number }) => `${shown(number)} with status ${status}`).join(", ")}.</p>`,
    times.length === 0
      ? ""
      : `<p class=dim>Columns are hours, ${h(hourName(end - HOURS + 1))} to ${h(hourName(end))}, by the clock of the logs.</p>`,
    rows(
      causes,
      (one) => causeRow(one, end, findings),
      (one) => h(titleOf(one)),
      "causes",
    ),
    rows(
      pools,
      (one) => poolRow(one, end),
      (one) => h(poolTitle(one)),
      "pools",
    ),
  ].join("");
}

function headline(lost: number, requests: number | null, causes: number): string {
  const of = requests === null ? "" : ` of ${shown(Math.max(requests, lost))}`;
  if (lost === 0)
    return requests === null ? "No request failed." : `None of ${shown(requests)} requests failed.`;
  return `${shown(lost)}${of} ${lost === 1 && requests === null ? "request" : "requests"} failed: ${count(causes, "cause")}.`;
}

function titleOf({ requests, certain, title }: ObservedCause): string {
  return `${shown(requests)} ${requests === 1 ? "request" : "requests"}: ${certain ? "" : "maybe: "}${cut(title, 200)}`;
}

/** Sentences and links of one cause that are shown. */
const MOST_LINES = 8;

function causeRow(cause: ObservedCause, end: number, findings: Findings): string {
  const { when, hours, evidence, findings: own, check, tell } = cause;
  const links = own.slice(0, MOST_LINES).map((one) => {
    const known = findings.get(one.fingerprint);
    return known === undefined || known.rule !== one.rule
      ? h(one.rule)
      : `<a href="#${anchor(one)}">${h(one.rule)}</a>`;
  });
  const lines = [
    ...(when === "" ? [] : [h(when)]),
    ...evidence.slice(0, MOST_LINES).map((text) => h(cut(text, 300))),
    ...(links.length === 0 ? [] : [`Found in the files: ${links.join(", ")}`]),
    ...(check === null
      ? []
      : [`To check: <code>${h(cut(check.run, 300))}</code>, and ${h(cut(check.look, 300))}`]),
    ...(tell === null ? [] : [`To know next time: ${h(cut(tell, 300))}`]),
  ];
  const most = hours.reduce((top, { at, requests }) => (at > end - HOURS ? Math.max(top, requests) : top), 1);
  const columns = hours.map(({ at, requests }) => ({
    at,
    share: requests / most,
    label: requests === most ? shown(requests) : "",
    text: shown(requests),
    marked: false,
  }));
  return `<div class=row><h3>${h(titleOf(cause))}</h3><ul>${lines.map((line) => `<li>${line}`).join("")}</ul>${chart(columns, end)}</div>`;
}

function poolTitle({ name, maxChildren, full }: ObservedPool): string {
  const workers = maxChildren === null ? "workers" : count(maxChildren, "worker");
  const times = full === 0 ? "never" : full === 1 ? "once" : `${shown(full)} times`;
  return `pool [${cut(name, 60)}], ${workers}: all busy ${times}`;
}

function poolRow(pool: ObservedPool, end: number): string {
  const { maxChildren, hours } = pool;
  const top = Math.max(maxChildren ?? 0, ...hours.map(({ workers }) => workers ?? 0), 1);
  const columns = hours.map(({ at, workers, full }) => {
    const seen = workers ?? (full > 0 ? maxChildren : null);
    const of = maxChildren === null ? "" : ` of ${shown(maxChildren)}`;
    const times = full === 0 ? "" : full === 1 ? ", full once" : `, full ${shown(full)} times`;
    return {
      at,
      share: (seen ?? 0) / top,
      label: full > 0 ? "full" : "",
      text: `${seen === null ? "?" : shown(seen)}${of}${times}`,
      marked: full > 0,
    };
  });
  return `<div class=row><h3>${h(poolTitle(pool))}</h3>${chart(columns, end)}</div>`;
}

interface Column {
  /** Hours since 1970. */
  readonly at: number;
  /** 0 to 1, of the height. */
  readonly share: number;
  /** Above the column; empty: nothing. */
  readonly label: string;
  /** The same in words. */
  readonly text: string;
  readonly marked: boolean;
}

/** The last hours as columns, and below them in words; what was before is counted. */
function chart(columns: readonly Column[], end: number): string {
  const first = end - HOURS + 1;
  const shownColumns = columns.filter(({ at }) => at >= first && at <= end);
  const earlier = columns.length - shownColumns.length;
  if (columns.length === 0) return "";
  const width = 100 / HOURS;
  const base = TOP + COLUMN;
  const drawn = shownColumns.map(({ at, share, label, marked }) => {
    const x = (at - first) * width;
    // At the ends there is no room beside the column.
    const [anchored, place] = x < 5 ? ["start", x] : x > 90 ? ["end", x + width] : ["middle", x + width / 2];
    const height = Math.max(2, Math.round(share * COLUMN));
    const text =
      label === ""
        ? ""
        : `<text x="${short(place)}%" y=${base - height - 3} text-anchor=${anchored}>${h(label)}</text>`;
    return `<rect class="${marked ? "v f" : "v"}" x="${short(x + width * 0.1)}%" width="${short(width * 0.8)}%" y=${base - height} height=${height} />${text}`;
  });
  const ticks = Array.from({ length: HOURS }, (_, index) => first + index)
    .filter((hour) => mod(hour, 6) === 0)
    .map((hour) => {
      const at = (hour - first) * width;
      const x = short(at);
      const anchored = at > 85 ? " text-anchor=end" : "";
      return `<line class=g x1="${x}%" x2="${x}%" y1=${TOP} y2=${base} /><text class=d x="${x}%" y=${base + 13}${anchored}>${clockOf(hour)}</text>`;
    });
  const before =
    earlier === 0
      ? []
      : [`${count(earlier, "earlier hour")} with anything in ${earlier === 1 ? "it" : "them"}`];
  const words = [...before, ...shownColumns.map(({ at, text }) => `${clockOf(at)} ${text}`)];
  return `<svg aria-hidden=true height=${base + BOTTOM}>${ticks.join("")}<line class=g x2="100%" y1=${base} y2=${base} />${drawn.join("")}</svg><p class=dim>${h(words.join(" · "))}</p>`;
}

function mod(hour: number, by: number): number {
  return ((hour % by) + by) % by;
}

/** `07:00`. */
function clockOf(hour: number): string {
  return `${String(mod(hour, 24)).padStart(2, "0")}:00`;
}

/** `2026-11-28 07:00`. */
function hourName(hour: number): string {
  return `${new Date(hour * HOUR).toISOString().slice(0, 10)} ${clockOf(hour)}`;
}

function span(first: string, last: string): string {
  return first === last ? `At ${clock(first)}` : `From ${clock(first)} to ${clock(last)}`;
}

/** As the document writes a time, without its letter. */
function clock(time: string): string {
  return cut(time.replace("T", " "), 40);
}
