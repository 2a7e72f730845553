/** How lost requests lie in time, in a word with the number behind it. */
import { DAY, MINUTE, showTime } from "../logs/time.js";
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
  const starts = groups.flatMap((group) => group.first ?? []);
  const ends = groups.flatMap((group) => group.last ?? []);
  const times = timesOf(groups);
  if (times.length === 0 || starts.length === 0 || first === null || last === null)
    return { words: "", counts: [] };
  const [from, to] = [Math.min(...starts), Math.max(...ends)];
  const counts = Array.from({ length: COLUMNS }, () => 0);
  const width = Math.max(1, (last - first) / COLUMNS);
  for (const group of groups)
    group.times.each((time, count) => {
      const column = Math.min(COLUMNS - 1, Math.max(0, Math.floor((time - first) / width)));
      counts[column] = (counts[column] ?? 0) + count;
    });
  return { words: wordsOf(times, from, to), counts: last - first < MINUTE ? [] : counts };
}

/** When something came, group by group. */
function timesOf(groups: readonly Group[]): Float64Array {
  const times = new Float64Array(groups.reduce((sum, group) => sum + group.times.size, 0));
  let at = 0;
  for (const group of groups)
    group.times.each((time) => {
      times[at] = time;
      at += 1;
    });
  return times;
}

function wordsOf(times: Float64Array, from: number, to: number): string {
  const until = `${showTime(from)} to ${clockOf(from, to)}`;
  if (to - from < 2 * MINUTE) return from === to ? `once, ${showTime(from)}` : `once, ${until}`;
  const days = new Map<number, number>();
  for (const time of times) days.set(Math.floor(time / DAY), time % DAY);
  const clocks = [...days.values()];
  const spread = Math.max(...clocks) - Math.min(...clocks);
  if (days.size >= 3 && spread <= 4 * MINUTE && times.length <= days.size * 6)
    return `daily about ${clock(Math.min(...clocks))}, on ${days.size} days`;
  const slots = Math.ceil((to - from + 1) / MINUTE);
  const { bursts, minutes } = runsOf(times.toSorted());
  if (minutes * 2 >= slots) return `steady, ${until}`;
  return bursts === 1 ? until : `${bursts} bursts, ${until}`;
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
