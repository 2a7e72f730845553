import { showSize } from "../../capacity/size.js";
import { perKey } from "../../source/memo.js";
import type { HostTopology, LimitData, LimitSet, LocationData, PoolData } from "../../topology/document.js";

/** The limits that are written into the boxes of a picture, in few words. */

export interface Chip {
  /** `read 60s`, `body ?`. */
  readonly text: string;
  /** `false`: it is a default, assumed or unknown. */
  readonly written: boolean;
}

const LOCATION = [
  ["fastcgi_read_timeout", "read"],
  ["client_max_body_size", "body"],
  ["fastcgi_buffer_size", "header"],
] as const;

/** Of a location for PHP; no other has any. */
export function chipsOf(host: HostTopology, { limits: id }: LocationData): readonly Chip[] {
  const set = limitsOf(host).get(id ?? "");
  return set === undefined ? [] : LOCATION.flatMap(([setting, word]) => chip(limitOf(set, setting), word));
}

/** Of locations that are drawn as one: what is not the same in all of them differs. */
export function chipsOfAll(host: HostTopology, row: readonly LocationData[]): readonly Chip[] {
  const [first = [], ...others] = row.map((one) => chipsOf(host, one));
  return first.map((chip, index) =>
    others.every((own) => own[index]?.text === chip.text)
      ? chip
      : { text: `${chip.text.split(" ")[0]} differs`, written: true },
  );
}

export function chipsOfPool(host: HostTopology, pool: PoolData): readonly Chip[] {
  const { workers, workerBytes, workerAssumed, manager } = pool;
  const set = limitsOf(host).get(waysTo(host).get(pool.id) ?? "");
  const kill = set === undefined ? [] : chip(limitOf(set, "request_terminate_timeout"), "kill");
  const size = showSize(workerBytes).replace(/ MiB$/, "M").replace(/ GiB$/, "G");
  return [
    ...kill,
    { text: `${workers ?? "?"} workers × ${size}`, written: workers !== null && !workerAssumed },
    ...(manager === null ? [] : [{ text: manager, written: true }]),
  ];
}

function chip(limit: LimitData | null, word: string): readonly Chip[] {
  return limit === null
    ? []
    : [{ text: `${word} ${limit.shown ?? "?"}`, written: limit.shown !== null && !limit.default }];
}

export function limitOf({ limits }: LimitSet, setting: string): LimitData | null {
  return limits.find((one) => one.setting === setting) ?? null;
}

/** The limits of a host by their `id`. */
export const limitsOf = perKey(
  (host: HostTopology): ReadonlyMap<string, LimitSet> => new Map(host.limits.map((one) => [one.id, one])),
);

/** The limits of the first way to each pool: those of the pool are the same on all. */
const waysTo = perKey((host: HostTopology): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const { ways } of host.locations)
    for (const { pool, limits } of ways)
      if (pool !== null && limits !== null && !found.has(pool)) found.set(pool, limits);
  return found;
});
