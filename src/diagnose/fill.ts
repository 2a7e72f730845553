/** How full pools were, as PHP-FPM's log says it. */
import { HOUR } from "../logs/time.js";
import type { Host } from "../model/host.js";
import { maxChildren } from "../model/pool-size.js";
import { groupBy, grouped, unique } from "../source/collect.js";
import type { Event, Events } from "./events.js";

/** A pool whose log told of its workers. */
export interface PoolFill {
  readonly pool: string;
  /** `pm.max_children`: as the log named it last, else as the only pool of this name has it; `null`: not known. */
  readonly most: number | null;
  /** How often it reached that number. */
  readonly full: number;
  /** The hours in which the log told of it, in order; lines without a time are in none. */
  readonly hours: readonly FilledHour[];
}

export interface FilledHour {
  /** The start of the hour, as `logs/time.ts` counts. */
  readonly at: number;
  /** The most workers that the log named; `null`: it named none. */
  readonly workers: number | null;
  readonly full: number;
}

/** In the order of their names. */
export function fillsOf(events: Events, hosts: readonly Host[]): readonly PoolFill[] {
  const told = events.of(["max-children", "seems-busy"]).filter(({ pool }) => pool !== "");
  return groupBy(told, ({ pool }) => pool)
    .map((all) => fillOf(all, hosts))
    .sort((a, b) => (a.pool < b.pool ? -1 : 1));
}

function fillOf(all: readonly [Event, ...Event[]], hosts: readonly Host[]): PoolFill {
  const [{ pool }] = all;
  const limits = all.flatMap((event) => partOf(event, "limit") ?? []);
  const byHour = grouped(
    all.flatMap((event) =>
      event.time === null ? [] : [[Math.floor(event.time / HOUR) * HOUR, event] as const],
    ),
  );
  const hours = [...byHour].map(([hour, same]): FilledHour => {
    const workers = same.flatMap((event) => partOf(event, "limit") ?? partOf(event, "total") ?? []);
    return {
      at: hour,
      workers: workers.length === 0 ? null : Math.max(...workers),
      full: same.filter(isFull).length,
    };
  });
  return {
    pool,
    most: limits.at(-1) ?? writtenFor(pool, hosts),
    full: all.filter(isFull).length,
    hours: hours.sort((a, b) => a.at - b.at),
  };
}

function isFull({ id }: Event): boolean {
  return id === "max-children";
}

function partOf({ parts }: Event, name: string): number | null {
  const text = parts.get(name);
  return text === undefined || !/^\d{1,9}$/.test(text) ? null : Number(text);
}

/** `null`: no pool has the name, or several that differ, or the value is not known. */
function writtenFor(name: string, hosts: readonly Host[]): number | null {
  const own = hosts.flatMap(({ pools }) => pools).filter((pool) => pool.name === name);
  const [only = null, ...others] = unique(own.map(maxChildren));
  return others.length === 0 ? only : null;
}
