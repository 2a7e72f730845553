/** The document of `fpmlint capacity`: bytes and seconds everywhere. Its shape is a promise: keys are added, never changed. */

/** What one host has room for. */
export interface CapacityReport {
  /** Its name, as in findings. */
  readonly host: string;
  readonly memory: {
    readonly total: number;
    /** Where the number comes from: an option, `fpmlint.json`, a file, `measured`, `the default`. */
    readonly source: string;
    readonly reserved: number;
    readonly reservedSource: string;
    readonly shared: number;
    readonly sharedSource: string;
    /** From 0 to below 1. */
    readonly headroom: number;
    readonly headroomSource: string;
    /** For all workers together. */
    readonly budget: number;
    readonly used: number;
    readonly spare: number;
    /** What all workers would need with their `memory_limit` used up; `null`: unknown. */
    readonly worstCase: { readonly bytes: number; readonly fits: boolean } | null;
  };
  /** `null`: the processors were not asked about. */
  readonly cpu: {
    readonly cores: number;
    readonly source: string | null;
    /** The part of a request that is spent computing. */
    readonly share: number;
    /** How many workers the processors keep busy; `null`: unknown. */
    readonly workers: number | null;
  } | null;
  readonly pools: readonly PoolReport[];
  /** Each `process.max` that allows fewer workers than are recommended. */
  readonly processMax: readonly {
    readonly file: string;
    readonly line: number;
    readonly current: number;
    readonly recommended: number;
  }[];
  /** What nginx has room for; `null`: unknown. */
  readonly nginx: {
    readonly workers: number;
    readonly connections: number;
    readonly requests: number;
  } | null;
  /** The requests need more processors than there are, so that no number of workers is enough; `null`: not so, or unknown. */
  readonly overload: { readonly work: number; readonly cores: number } | null;
  /** What is wrong or uncertain: sentences without a full stop. */
  readonly warnings: readonly string[];
  /** What else is worth knowing: sentences without a full stop. */
  readonly notes: readonly string[];
}

/** One of the limits of a pool. */
export interface LimitReport {
  /** `null`: unknown, or no number is enough. */
  readonly workers: number | null;
  /** The sum in words, or why there is none. */
  readonly because: string;
}

export interface PoolReport {
  readonly name: string;
  /** `null`: it is in no file. */
  readonly file: string | null;
  readonly line: number | null;
  readonly worker: {
    readonly bytes: number;
    readonly source: string;
    /** How many workers were looked at; `null`: none, or only the result is known. */
    readonly samples: number | null;
    readonly now: number | null;
    readonly typical: number | null;
    readonly rss: number | null;
    readonly borrowed: boolean;
    readonly named: boolean;
    /** Why the size is only a guess: `nothing`, `fresh`, `resting`, `untold`, `few`, `unnamed`; `null`: it is known. */
    readonly guess: string | null;
  };
  readonly weight: { readonly value: number; readonly source: string };
  /** What is written, by its key; unknown values are missing. */
  readonly current: Readonly<Record<string, string | number>>;
  /** What to write, by its key: `pm.max_children` and its companions. */
  readonly recommended: Readonly<Record<string, string | number>>;
  /** How many workers the memory is enough for: the same as `fits.workers`. */
  readonly byMemory: number;
  /** How many workers the memory is enough for. */
  readonly fits: LimitReport;
  /** How many the processors can use. `least` and `most` are a range where the pool's share of computing is unknown. */
  readonly useful: LimitReport & { readonly least: number | null; readonly most: number | null };
  /** How many the requests need, so that at most one in twenty waits. */
  readonly needed: LimitReport;
  /** Which of these three is the smallest, of those that are known. */
  readonly least: "fits" | "useful" | "needed";
  /** What the running workers did between two looks, on the host itself; `null`: nobody looked. */
  readonly load: {
    /** Between the looks. */
    readonly seconds: number;
    /** Processors that the workers kept busy. */
    readonly cores: number;
    /** Requests per second; `null`, as the other two: there is no status page, or too few requests came. */
    readonly rate: number | null;
    readonly mean: number | null;
    /** The part of a request that was computing. */
    readonly share: number | null;
  } | null;
  /** Whether `recommended` is a guess, which `--write` refuses, because nobody knows what a worker needs. */
  readonly guess: boolean;
  /** `null`: `memory_limit` is unknown. */
  readonly worstCase: {
    /** -1: without limit. */
    readonly memoryLimit: number;
    readonly bytes: number | null;
    readonly fits: boolean;
    readonly workers: number;
  } | null;
  /** `null`: the demand was not given. */
  readonly demand: {
    /** Requests per second. */
    readonly rate: number;
    readonly mean: number;
    readonly p95: number | null;
    /** Workers that are busy on average. */
    readonly load: number;
    /** `null`: the processors cannot keep up, and no number is enough. */
    readonly needed: number | null;
    readonly utilisation: number;
    readonly waitProbability: number;
    readonly meanWait: number | null;
    readonly enoughMean: number | null;
  } | null;
  readonly backlog: {
    readonly worth: number;
    readonly listen: number | null;
    readonly somaxconn: number | null;
  } | null;
  readonly rampSeconds: number | null;
  readonly readTimeout: number | null;
  /** The sum of `pm.max_children` in words. */
  readonly because: string;
}
