import { withCommas } from "../../source/digits.js";
import type { LimitData, LimitSet } from "../../topology/document.js";
import { limitOf } from "../topology/chips.js";
import type { LimitRow, Named } from "../topology/limits.js";
import { cut, folded, h, short } from "./markup.js";

/** Limits as bars on a logarithmic axis, which is as wide as there is room: every place is a percentage. */

export interface Axis {
  /** Seconds or bytes at the left and at the right end. */
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly (readonly [value: number, label: string])[];
}

export const TIME: Axis = {
  from: 1,
  to: 3600,
  ticks: [
    [1, "1 s"],
    [10, "10 s"],
    [60, "1 min"],
    [600, "10 min"],
    [3600, "1 h"],
  ],
};

export const SIZE: Axis = {
  from: 1024,
  to: 4 * 1024 ** 3,
  ticks: [
    [1024, "1k"],
    [32 * 1024, "32k"],
    [1024 ** 2, "1m"],
    [32 * 1024 ** 2, "32m"],
    [1024 ** 3, "1g"],
    [4 * 1024 ** 3, "4g"],
  ],
};

/** Height of the lane of one limit. */
const LANE = 18;

/** The ticks of an axis with their words, once above the rows. */
function scale(axis: Axis): string {
  const words = axis.ticks.map(([value, label]) => {
    const at = percent(axis, value);
    const anchor = at <= 1 ? "start" : at >= 99 ? "end" : "middle";
    return `<text class=d x="${short(at)}%" y=12 text-anchor=${anchor}>${label}</text>`;
  });
  return `<svg class=scale height=16 aria-hidden=true>${words.join("")}</svg>`;
}

/** One row: whose limits they are, a sentence, and a bar for each. `first`: the settings that end a request first. */
function bars(
  { set, labels }: LimitRow,
  named: readonly Named[],
  axis: Axis,
  sentence: string,
  first: ReadonlySet<string>,
): string {
  const limits = named.flatMap(([setting, word]) => {
    const limit = limitOf(set, setting);
    return limit === null ? [] : [{ limit, word }];
  });
  const lanes = limits.map(({ limit, word }, lane) => bar(limit, word, axis, lane, first.has(limit.setting)));
  const grid = axis.ticks.map(([value]) => {
    const at = short(percent(axis, value));
    return `<line class=g x1="${at}%" x2="${at}%" y1=0 y2=${limits.length * LANE} />`;
  });
  const text = sentence === "" ? "" : `<p>${h(sentence)}</p>`;
  return `<div class=row>${headings(labels)}${text}<svg height=${limits.length * LANE}>${grid.join("")}${lanes.join("")}</svg></div>`;
}

/** Up to here each limit of a row has a bar. */
const MOST_BARS = 16;

/** The rows of a section: with bars, and where there are very many, the others folded, in words with one bar. */
export function rowsMarkup(
  rows: readonly LimitRow[],
  named: readonly Named[],
  axis: Axis,
  said: (set: LimitSet) => { readonly sentence: string; readonly first: ReadonlySet<string> },
): string {
  const drawn = rows.slice(0, MOST_BARS).map((row) => {
    const { sentence, first } = said(row.set);
    return bars(row, named, axis, sentence, first);
  });
  return `${scale(axis)}${drawn.join("")}${inWords(rows.slice(MOST_BARS), MOST_BARS, named, axis, said)}`;
}

function inWords(
  rows: readonly LimitRow[],
  from: number,
  named: readonly Named[],
  axis: Axis,
  said: (set: LimitSet) => { readonly first: ReadonlySet<string> },
): string {
  const items = rows.map(({ set, labels }) => {
    const { first } = said(set);
    const shown = named.flatMap(([setting, word]) => {
      const limit = limitOf(set, setting);
      return limit === null || (limit.default && !first.has(setting)) ? [] : [{ limit, word }];
    });
    const values = shown.map(({ limit, word }) => {
      const text = h(`${word} ${limit.shown ?? "unknown"}`);
      return first.has(limit.setting) ? `<b>${text} → ${h(statusOf(limit))}</b>` : text;
    });
    const [label = "", ...others] = labels;
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `<li>${small(shown, first, axis)}${h(cut(label, 100))}${more}: ${values.join(", ")}`;
  });
  return folded(items, from, from + rows.length, "rows, without defaults");
}

/** A bar of the limit that ends a request first, else of the smallest. */
function small(
  shown: readonly { readonly limit: LimitData }[],
  first: ReadonlySet<string>,
  axis: Axis,
): string {
  const values = (of: (limit: LimitData) => boolean): readonly number[] =>
    shown.flatMap(({ limit }) =>
      limit.value === null || limit.unlimited || !of(limit) ? [] : [limit.value],
    );
  const own = values(({ setting }) => first.has(setting));
  const all = own.length > 0 ? own : values(() => true);
  if (all.length === 0) return "";
  const width = Math.round(
    percent(
      axis,
      all.reduce((least, one) => Math.min(least, one)),
    ),
  );
  return `<svg class=w aria-hidden=true><rect width=${width}% /></svg>`;
}

/** Of many locations the first; the others can be unfolded. */
function headings(labels: readonly string[]): string {
  const [first = "", ...others] = labels;
  const head = `<h3>${h(cut(first, 160))}</h3>`;
  if (others.length === 0) return head;
  const items = others.slice(0, MOST_LABELS).map((label) => `<li>${h(cut(label, 100))}`);
  const left = others.length - items.length;
  const more = left > 0 ? `<li>and ${withCommas(left)} more, which the list above has` : "";
  return `${head}<details><summary>and ${withCommas(others.length)} more with the same limits</summary><ul>${items.join("")}${more}</ul></details>`;
}

const MOST_LABELS = 100;

function bar(limit: LimitData, word: string, axis: Axis, lane: number, first: boolean): string {
  const text = `${wordsOf(limit, word)}${first ? ` → ${statusOf(limit)}` : ""}`;
  const [top, base] = [lane * LANE + 2, lane * LANE + 13];
  if (limit.shown === null) return `<text class=d x=2 y=${base}>${h(text)}</text>`;
  const at = limit.unlimited ? 100 : percent(axis, limit.value ?? 0);
  const kind = limit.unlimited ? "v n" : first ? "v f" : "v";
  const [x, anchor] = at > 55 ? [at - 0.5, "end"] : [at + 0.5, "start"];
  // Grey is hard to read on a bar, and the word says it as well.
  const style = first ? "b" : limit.default && anchor === "start" ? "d" : "";
  return `<rect class="${kind}" width="${short(at)}%" y=${top} height=${LANE - 4} /><text class="${style}" x="${short(x)}%" y=${base} text-anchor=${anchor}>${h(text)}</text>`;
}

/** `500` of `500, or a page that breaks off`; the sentence above has the rest. */
function statusOf({ beyond }: LimitData): string {
  return beyond.split(",")[0] ?? beyond;
}

function wordsOf({ shown, default: standard }: LimitData, word: string): string {
  return `${word} ${shown ?? "unknown"}${standard ? " (default)" : ""}`;
}

/** Where a value is, in percent of the width; what is outside of the axis is at its end. */
function percent({ from, to }: Axis, value: number): number {
  if (value <= from) return 0.5;
  return Math.min(100, (Math.log(value / from) / Math.log(to / from)) * 100);
}

/** The settings that may be the first to end a request that takes long. */
export function firstOf({ waiting, computing }: LimitSet): ReadonlySet<string> {
  return new Set([waiting, computing].flatMap((one) => (one === null ? [] : [one.setting])));
}
