/** Who is to be changed, and where a setting that is missing can go. */
import type { Place } from "../../source/file.js";
import { asciiLower, parseFpm } from "../syntax/parse.js";
import type { FpmMaster, Pool, Setting } from "../types.js";

/** What a pool is to have. */
export interface Wanted {
  readonly pool: Pool;
  /** As they are to be written, without quotes, by key: `pm.max_children` → `12`. */
  readonly values: ReadonlyMap<string, string>;
}

/** What `[global]` of a master is to have. */
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
  /** What the job sets is unknown where it does not say it. */
  readonly partial: boolean;
  /** In the order in which new ones are written. */
  readonly values: readonly (readonly [key: string, value: string])[];
  /** Where a missing key can go, best first: behind a setting, or below a header. */
  readonly homes: (key: string) => readonly Home[];
}

export type Home = { readonly sibling: Setting } | { readonly header: Place };

/** A setting goes behind its nearest sibling of the pool: the ones before it first, then those after it, `listen`, the header. */
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

/** Keys behind which another one goes, best first. */
function siblingsOf(key: string): readonly string[] {
  const at = MANAGER_SETTINGS.indexOf(key);
  const before = MANAGER_SETTINGS.slice(0, at === -1 ? MANAGER_SETTINGS.length : at).reverse();
  return [...before, ...MANAGER_SETTINGS.slice(before.length + 1), "listen"];
}

/** A setting goes behind the others of processes, else below the header. */
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
