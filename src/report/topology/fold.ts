import { groupBy, unique } from "../../source/collect.js";
import type { HostTopology, LimitSet, LocationData, PoolData, WayData } from "../../topology/document.js";

/** Locations that are drawn as one, because they are alike but for their names. */
export type Row = readonly [LocationData, ...LocationData[]];

/** Up to here each location has a row of its own. */
export const MOST_ROWS = 40;

/** More rows than these are folded by less and less that they have in common. */
const MOST_FOLDED = 24;

/** The locations of a host as rows, in order. What is folded depends on nothing but the host. */
export function rowsOf(host: HostTopology): readonly Row[] {
  const { locations } = host;
  if (locations.length <= MOST_ROWS) return locations.map((one): Row => [one]);
  let rows: readonly Row[] = [];
  for (const key of likeness(host)) {
    rows = groupBy(locations, key);
    if (rows.length <= MOST_FOLDED) return rows;
  }
  return rows;
}

/** What has to be the same, from nearly everything to the severity alone. */
function likeness(host: HostTopology): readonly ((one: LocationData) => string)[] {
  const { limits, pools, servers } = host;
  const pool = new Map(pools.map((one) => [one.id, one] as const));
  const file = new Map(servers.map((one) => [one.id, one.file] as const));
  const values = new Map(limits.map((set) => [set.id, valuesOf(set)] as const));
  const place = (one: LocationData): string =>
    one.server !== null && file.get(one.server) === one.through ? "" : one.through;
  const targets = ({ ways }: LocationData): unknown =>
    ways.map((way) => [way.down, way.backup, way.assumed, poolKey(way, pool)]);
  const numbers = ({ ways, limits: own }: LocationData): unknown =>
    unique([own, ...ways.map((way) => way.limits)].map((id) => values.get(id ?? "") ?? ""));
  const end = (one: LocationData): readonly unknown[] => [
    one.protocol,
    one.php,
    one.worst,
    one.notCompared === null,
  ];
  return [
    (one) => JSON.stringify([one.text, ...end(one), place(one), targets(one), numbers(one)]),
    (one) => JSON.stringify([one.text, ...end(one), targets(one)]),
    (one) => JSON.stringify([one.text, ...end(one), one.ways.length]),
    (one) => JSON.stringify(end(one)),
  ];
}

/** A pool that several locations share is itself; one of its own is like others of its size. */
function poolKey({ pool: id }: WayData, pools: ReadonlyMap<string, PoolData>): unknown {
  const pool = id === null ? undefined : pools.get(id);
  if (pool === undefined) return null;
  return pool.uses > 1 ? pool.id : [pool.manager, pool.workers, pool.worst];
}

/** The same text for limits with the same numbers, wherever they are written. */
export function valuesOf({ limits }: LimitSet): string {
  return limits.map(({ setting, shown }) => `${setting} ${shown}`).join("\n");
}
