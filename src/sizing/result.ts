import type { DemandAnswer, Plan, PlanInput, PoolInput, PoolPlan } from "../capacity/plan.js";
import type { Incomplete } from "../engine/finding.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import type { Place } from "../source/file.js";
import type { PoolLoad } from "./load.js";

/** What `fpmlint capacity` found for one host. Sizes in bytes, times in seconds. */
export interface HostCapacity {
  /** Its name, as in findings. */
  readonly host: string;
  readonly input: PlanInput;
  readonly plan: Plan;
  /** Where each number of the sum comes from: an option, `fpmlint.json`, a file, `measured`, `the default`. */
  readonly sources: Sources;
  readonly pools: readonly PoolCapacity[];
  /** Each `process.max` that allows fewer workers than the plan has. */
  readonly processMax: readonly ProcessMax[];
  readonly nginx: NginxCapacity | null;
  /** Whether it is the machine that this runs on, so that its workers could be measured. */
  readonly live: boolean;
  /** `null`: nobody said how many there are. */
  readonly cores: { readonly count: number; readonly source: string } | null;
  /** What is wrong or uncertain: sentences without a full stop. */
  readonly warnings: readonly string[];
  /** What else is worth knowing: sentences without a full stop. */
  readonly notes: readonly string[];
  /** What could not be read of the host, so that a pool may be missing from the sum. */
  readonly incomplete: readonly Incomplete[];
}

/** The same without its sentences, which are made from it. */
export type HostPlan = Omit<HostCapacity, "warnings" | "notes">;

/** Whether a number that would be written is only a guess, because nobody knows what a worker of the pool needs. */
export function isGuess({ worker }: PoolFacts): boolean {
  return worker.guess !== null;
}

/** For messages: where the numbers of the sum come from. */
export interface Sources {
  readonly memory: string;
  readonly reserve: string;
  readonly headroom: string;
  readonly shared: string;
}

/** The memory of one worker of a pool, and how it is known. Sizes in bytes. */
export interface WorkerSize {
  readonly bytes: number;
  readonly source: WorkerSource;
  /** How many workers were looked at; `null`: none, or only the result is known. */
  readonly samples: number | null;
  /** What the same workers have now; `null`: not known. */
  readonly now: number | null;
  /** What half of the same workers have had at most; `null`: not known. */
  readonly typical: number | null;
  /** What the resident size (RSS) of the same workers would have given; `null`: not known. */
  readonly rss: number | null;
  /** Whether it is the size of other pools' workers; no longer ever so. */
  readonly borrowed: boolean;
  /** Whether it is known that these are workers of this pool. */
  readonly named: boolean;
  /** Why the size is only a guess; `null`: it is known. */
  readonly guess: WorkerGuess | null;
}

/** Why nobody knows what a worker needs. */
export type WorkerGuess =
  /** Nobody measured or stated it. */
  | "nothing"
  /** The running workers have hardly served a request yet. */
  | "fresh"
  /** The samples are of workers that wait for a request, or have hardly served one. */
  | "resting"
  /** The samples do not tell whether the workers had a request. */
  | "untold"
  /** There are samples of a few workers at work, of many that there may be. */
  | "few"
  /** The samples name the pools, and not this one, or several of its name are there. */
  | "unnamed";

/** For messages and JSON: how the size of a worker is known. */
export type WorkerSource =
  | "--worker-size"
  | "--samples"
  /** Without what a worker shares: the column USS, or PSS. */
  | "--samples (USS)"
  | "--samples (PSS)"
  | "fpmlint.json"
  | "measured (RssAnon)"
  /** This process may not see which program the workers run; their master runs as root. */
  | "measured (RssAnon, executable not readable)"
  | "assumed";

/** Whether the size was read from running workers. */
export function isMeasured(source: WorkerSource): boolean {
  return source.startsWith("measured ");
}

/** Whether the size is of what belongs to a worker alone, so that what all of them share has to be added once. */
export function isOwn(source: WorkerSource): boolean {
  return isMeasured(source) || source.startsWith("--samples (");
}

/** The name by which options refer to a pool, and what is known about the pool. */
export interface PoolFacts {
  /** Its name, after PHP's version or the file where several masters have a pool of that name. */
  readonly name: string;
  /** `null`: the pool `default` of a path without pools. */
  readonly pool: Pool | null;
  readonly worker: WorkerSize;
  readonly weightSource: "--weight" | "pm.max_children" | "equal";
  /** What is written, by its key; unknown values are missing. */
  readonly current: Readonly<Record<string, string | number>>;
  /** The keys whose value is unknown: a template fills it in, a file was not read, or PHP-FPM refuses it. */
  readonly unknown: readonly string[];
  /** The longest time that nginx waits for a request; `null`: not known, or nothing passes to the pool. */
  readonly readTimeout: number | null;
}

/** A pool, what its plan was computed from, and the plan. */
export interface PoolCapacity extends PoolFacts {
  readonly input: PoolInput;
  readonly plan: PoolPlan;
  /** The sum of `pm.max_children` in words. */
  readonly because: string;
  readonly limits: PoolLimits;
  /** What its workers did while they were looked at; `null`: nobody looked twice. */
  readonly load: PoolLoad | null;
  readonly backlog: Backlog | null;
  /** Seconds to grow from the first workers to all of them under load; `null`: none are started later. */
  readonly ramp: number | null;
}

/** What bounds the workers of a pool, told apart. */
export interface PoolLimits {
  /** What the memory allows. */
  readonly fits: Limit;
  /** What the processors can use. `least` and `most`: with the largest and the smallest share that is usual where the pool's own is not known. */
  readonly useful: Limit & { readonly least: number | null; readonly most: number | null };
  /** What the requests need so that at most one in twenty waits. */
  readonly needed: Limit;
  /** The smallest of those that are known; the first of equals. */
  readonly least: "fits" | "useful" | "needed";
}

export interface Limit {
  /** `null`: not known, or no number is enough. */
  readonly workers: number | null;
  /** The sum in words, or why there is none. */
  readonly because: string;
}

/** Requests that may wait in the kernel's queue. */
export interface Backlog {
  /** How many of them are answered before nginx gives up; more would wait in vain. */
  readonly worth: number;
  /** `listen.backlog`; `null`: not known. */
  readonly listen: number | null;
  /** `net.core.somaxconn`, which cuts it; `null`: not known. */
  readonly most: number | null;
}

/** A `process.max` that is too small for the plan. */
export interface ProcessMax {
  readonly now: number;
  readonly recommended: number;
  /** The line that sets it. */
  readonly place: Place;
  readonly master: FpmMaster;
}

/** What nginx has room for. */
export interface NginxCapacity {
  /** `worker_processes`. */
  readonly workers: number;
  /** `worker_connections`. */
  readonly connections: number;
  /** Requests to PHP-FPM at a time: each needs one connection to the client and one to the pool. */
  readonly requests: number;
}

export type CapacityAnswer =
  | { readonly kind: "capacity"; readonly result: HostCapacity }
  /** Wrong or missing input, in a sentence that says what would be right. `memory`: whether more memory could be enough. */
  | { readonly kind: "refused"; readonly message: string; readonly memory: boolean };

export type { DemandAnswer };
