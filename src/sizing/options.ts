import type { Samples } from "../capacity/samples.js";

/** A value for all pools, and other values for pools that are named. */
export interface Named<T> {
  /** `null`: not given. */
  readonly all: T | null;
  readonly byPool: ReadonlyMap<string, T>;
}

/** The command line of `fpmlint capacity`. Sizes in bytes, times in seconds; `null`: not given. */
export interface CapacityOptions {
  readonly reserve: number | null;
  /** From 0 to below 1. */
  readonly headroom: number | null;
  readonly shared: number | null;
  readonly workerSize: Named<number>;
  readonly samples: Samples | null;
  readonly weights: ReadonlyMap<string, number>;
  readonly cores: number | null;
  /** The part of a request that is spent computing, above 0 and up to 1. */
  readonly cpuShare: number | null;
  /** Requests per second. */
  readonly rate: Named<number>;
  readonly mean: Named<number>;
  readonly p95: Named<number>;
}
