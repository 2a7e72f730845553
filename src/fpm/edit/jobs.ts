/** Which pool is to be changed, and where a missing setting can go. */
import type { Place } from "../../source/file.js";
import { asciiLower, parseFpm } from "../syntax/parse.js";
import type { FpmMaster, Pool, Setting } from "../types.js";

/** The values that a pool should have. */
export interface Wanted {
  readonly pool: Pool;
  /** By key, as they should be written, without quotes: `pm.max_children` → `12`. */
  readonly values: ReadonlyMap<string, string>;
}

/** The values that `[global]` of a master should have. */
export interface WantedGlobal {
  readonly master: FpmMaster;
  /** As in `Wanted`: `process.max` → `40`. */
  readonly values: ReadonlyMap<string, string>;
}

/** Settings that belong together, in the order in which they are written. */
export const MANAGER_SETTINGS = [
  "pm",
  "pm.max_children",
  "pm.start_servers",
  "pm.min_spare_servers",
  "pm.max_spare_servers",
  "pm.max_spawn_rate",
  "pm.process_idle_timeout",
  "pm.max_requests",
];

/** One pool, or one `[global]`, that is to be changed as a whole. */
export interface Job {
  readonly section: "pool" | "global";
  /** `pool www`; `[global]`. */
  readonly name: string;
  readonly master: FpmMaster;
  readonly settings: readonly Setting[];
  /** Not everything was read, so a setting that was not found may still be set. */
  readonly partial: boolean;
  /** In the order in which new settings are written. */
  readonly values: readonly (readonly [key: string, value: string])[];
  /** Where a missing key can go, best first: after a setting, or below a header. */
  readonly homes: (key: string) => readonly Home[];
}

export type Home = { readonly sibling: Setting } | { readonly header: Place };

/**
 * A setting goes after its nearest sibling in the pool: first the ones before it, then those after it,
 * then `listen`, then the header.
 */
export function poolJob({ pool, values }: Wanted): Job {
  const { name, master, settings, partial } = pool;
  const scalar = settings.filter(({ index }) => index === null);
  const headers = [...scalar.flatMap(({ header }) => header ?? []).reverse(), pool.section];
  const homes = (key: string): readonly Home[] => [
    ...siblingsOf(key)
      .flatMap((one) => scalar.filter((setting) => setting.key === one).reverse())
      .map((sibling) => ({ sibling })),
    ...headers.map((header) => ({ header })),
  ];
  const known = ([key]: readonly [string, string]): number => {
    const at = MANAGER_SETTINGS.indexOf(key);
    return at === -1 ? MANAGER_SETTINGS.length : at;
  };
  const ordered = [...values].sort((a, b) => known(a) - known(b));
  return {
    section: "pool",
    name: `pool ${name}`,
    master,
    settings: scalar,
    partial,
    values: ordered,
    homes,
  };
}

/** The keys that another key may go after, best first. */
function siblingsOf(key: string): readonly string[] {
  const at = MANAGER_SETTINGS.indexOf(key);
  const before = MANAGER_SETTINGS.slice(0, at === -1 ? MANAGER_SETTINGS.length : at).reverse();
  return [...before, ...MANAGER_SETTINGS.slice(before.length + 1), "listen"];
}

/** A setting goes after the other ones about processes, or else below the header. */
export function globalJob({ master, values }: WantedGlobal): Job {
  const scalar = master.global.filter(({ index }) => index === null);
  const siblings = scalar.filter(({ key }) => key.startsWith("process")).reverse();
  const headers = master.files.flatMap((file) =>
    parseFpm(file).flatMap((line) =>
      line.kind === "section" && asciiLower(line.name) === "global"
        ? [{ span: { file, ...line.range }, via: [] }]
        : [],
    ),
  );
  const homes = [...siblings.map((sibling) => ({ sibling })), ...headers.map((header) => ({ header }))];
  return {
    section: "global",
    name: "[global]",
    master,
    settings: scalar,
    partial: master.partial,
    values: [...values],
    homes: () => homes,
  };
}
