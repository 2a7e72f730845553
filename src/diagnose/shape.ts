/** How lost requests lie in time, in a word with the number behind it. */
import { DAY, MINUTE, showTime } from "../logs/time.js";
import type { TimeCounts } from "./counts.js";
import type { Group } from "./groups.js";

/** Columns of the picture. */
export const COLUMNS = 24;

export interface Shape {
  readonly words: string;
  /** Lost requests in 24 equal parts of the time; empty: the lines have no time, or all are of one moment. */
  readonly counts: readonly number[];
}

/** Of all groups of a cause. `first`, `last`: the time that the picture shows. */
export function shapeOf(groups: readonly Group[], first: number | null, last: number | null): Shape {
  const times = groups.flatMap((group) => (group.times.size > 0 ? group.times : []));
  const starts = groups.flatMap((group) => group.times.first ?? []);
  const ends = groups.flatMap((group) => group.times.last ?? []);
  if (times.length === 0 || starts.length === 0 || first === null || last === null)
    return { words: "", counts: [] };
  return {
    words: wordsOf(times, Math.min(...starts), Math.max(...ends)),
    counts: last - first < MINUTE ? [] : columnsOf(times, first, last),
  };
}

function columnsOf(all: readonly TimeCounts[], first: number, last: number): readonly number[] {
  const width = Math.max(1, (last - first) / COLUMNS);
  const columnOf = (time: number): number =>
    Math.min(COLUMNS - 1, Math.max(0, Math.floor((time - first) / width)));
  const counts = Array.from({ length: COLUMNS }, () => 0);
  for (const times of all) {
    let from = 0;
    for (let column = 0; from < times.size; column += 1) {
      const to = times.firstWhere((time) => columnOf(time) > column);
      counts[column] = (counts[column] ?? 0) + times.sum(from, to);
      from = to;
    }
  }
  return counts;
}

/** One group alone often tells, and to put them together takes long where there are very many times. */
function wordsOf(all: readonly TimeCounts[], from: number, to: number): string {
  const until = `${showTime(from)} to ${clockOf(from, to)}`;
  if (to - from < 2 * MINUTE) return from === to ? `once, ${showTime(from)}` : `once, ${until}`;
  const size = all.reduce((sum, times) => sum + times.size, 0);
  const earliest = Math.min(...all.map((times) => times.timeAt(0)));
  const mostDays = Math.floor(to / DAY) - Math.floor(earliest / DAY) + 1;
  const days = size <= mostDays * TIMES_OF_DAY ? dailyOf(timesOf(all)) : null;
  if (days !== null) return days;
  const slots = Math.ceil((to - from + 1) / MINUTE);
  if (all.some((times) => times.size * 2 >= slots)) return `steady, ${until}`;
  const { bursts, minutes } = runsOf(timesOf(all).sort());
  if (minutes * 2 >= slots) return `steady, ${until}`;
  return bursts === 1 ? until : `${bursts} bursts, ${until}`;
}

/** Group by group. */
function timesOf(all: readonly TimeCounts[]): Float64Array {
  return Float64Array.from(all.flatMap((times) => times.entries().map(([time]) => time)));
}

/** Times of a day, of all groups, that are about one time. */
const TIMES_OF_DAY = 6;

/** `null`: it is not about one time of the day. */
function dailyOf(times: Float64Array): string | null {
  const days = new Map<number, number>();
  for (const time of times) days.set(Math.floor(time / DAY), time % DAY);
  const clocks = [...days.values()];
  const spread = Math.max(...clocks) - Math.min(...clocks);
  return days.size >= 3 && spread <= 4 * MINUTE && times.length <= days.size * TIMES_OF_DAY
    ? `daily about ${clock(Math.min(...clocks))}, on ${days.size} days`
    : null;
}

/** Of times in order: runs of minutes with a pause of more than five minutes between them, and distinct minutes. */
function runsOf(times: Float64Array): { readonly bursts: number; readonly minutes: number } {
  let [bursts, minutes] = [0, 0];
  let before = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time - before > 5 * MINUTE) bursts += 1;
    if (Math.floor(time / MINUTE) !== Math.floor(before / MINUTE)) minutes += 1;
    before = time;
  }
  return { bursts, minutes };
}

function clockOf(from: number, to: number): string {
  return Math.floor(from / DAY) === Math.floor(to / DAY) ? showTime(to).slice(11) : showTime(to);
}

function clock(ofDay: number): string {
  return new Date(ofDay).toISOString().slice(11, 16);
}
