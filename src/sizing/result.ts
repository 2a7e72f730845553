import type { DemandAnswer, Plan, PlanInput, PoolPlan } from "../capacity/plan.js";
import type { Incomplete } from "../engine/finding.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import type { Place } from "../source/file.js";

/** What `fpmlint capacity` found out about one host. Sizes in bytes, times in seconds. */
export interface HostCapacity {
  /** Its name, as in findings. */
  readonly host: string;
  readonly input: PlanInput;
  readonly plan: Plan;
  /** Where each number of the sum comes from: an option, `fpmlint.json`, a file, `measured`, `the default`. */
  readonly sources: Sources;
  readonly pools: readonly PoolCapacity[];
  /** `process.max` of masters that allow fewer workers than the plan has. */
  readonly processMax: readonly ProcessMax[];
  readonly nginx: NginxCapacity | null;
  /** Whether it is the machine this runs on, so that its workers could be measured. */
  readonly live: boolean;
  /** `null`: nobody said how many there are. */
  readonly cores: { readonly count: number; readonly source: string } | null;
  /** What is wrong or uncertain, one sentence each, without a full stop. */
  readonly warnings: readonly string[];
  /** What of the host could not be read, so that a pool may be missing from the sum. */
  readonly incomplete: readonly Incomplete[];
}

/** The same before anybody thought of what is wrong with it. */
export type HostPlan = Omit<HostCapacity, "warnings">;

export interface Sources {
  readonly memory: string;
  readonly reserve: string;
  readonly headroom: string;
  readonly shared: string;
}

export interface WorkerSize {
  readonly bytes: number;
  readonly source: WorkerSource;
  /** How many workers it rests on; `null`: nobody measured, or only the figure is known. */
  readonly samples: number | null;
  /** What the same workers have now, and what half of them had at most; `null`: not known. */
  readonly now: number | null;
  readonly typical: number | null;
  /** What the resident size (RSS) of the same workers would have given; `null`: not known. */
  readonly rss: number | null;
  /** Whether it is the size of other pools' workers, because the samples name the pools and not this one. */
  readonly borrowed: boolean;
  /** Whether it is known that these are workers of this pool. */
  readonly named: boolean;
}

export type WorkerSource =
  | "--worker-size"
  | "--samples"
  | "fpmlint.json"
  | "measured (RssAnon)"
  /** This process may not see which program the workers run; their master is root's. */
  | "measured (RssAnon, executable not readable)"
  | "assumed";

/** Whether the size was read from running workers. */
export function isMeasured(source: WorkerSource): boolean {
  return source.startsWith("measured ");
}

/** What the options call a pool, and what is known of it. */
export interface PoolFacts {
  /** Its name, with PHP's version or the file before it where several masters have one of that name. */
  readonly name: string;
  /** `null`: the pool `default` of a path without pools. */
  readonly pool: Pool | null;
  readonly worker: WorkerSize;
  readonly weightSource: "--weight" | "pm.max_children" | "equal";
  /** What is written, by its key; a value that is not known is left out. */
  readonly current: Readonly<Record<string, string | number>>;
  /** The keys whose value cannot be told: a template, a file that was not read, or what PHP-FPM refuses. */
  readonly unknown: readonly string[];
  /** The longest that nginx waits for a request; `null`: not known, or nothing passes to it. */
  readonly readTimeout: number | null;
}

export interface PoolCapacity extends PoolFacts {
  readonly plan: PoolPlan;
  /** The sum of `pm.max_children` in words. */
  readonly because: string;
  readonly backlog: Backlog | null;
  /** Seconds from the workers of the start to all of them, when all are asked for; `null`: none are started later. */
  readonly ramp: number | null;
}

/** Requests that may wait in the kernel's queue. */
export interface Backlog {
  /** How many are answered before nginx gives up; more only wait in vain. */
  readonly worth: number;
  /** `listen.backlog`; `null`: not known. */
  readonly listen: number | null;
  /** `net.core.somaxconn`, which cuts it; `null`: not known. */
  readonly most: number | null;
}

export interface ProcessMax {
  readonly now: number;
  readonly recommended: number;
  readonly place: Place;
  readonly master: FpmMaster;
}

export interface NginxCapacity {
  readonly workers: number;
  /** `worker_connections`. */
  readonly connections: number;
  /** Requests to PHP-FPM at a time: each needs a connection of the client and one to the pool. */
  readonly requests: number;
}

export type CapacityAnswer =
  | { readonly kind: "capacity"; readonly result: HostCapacity }
  /** Wrong or missing input, in a sentence that says what would be right. `memory`: more of it could be enough. */
  | { readonly kind: "refused"; readonly message: string; readonly memory: boolean };

export type { DemandAnswer };
