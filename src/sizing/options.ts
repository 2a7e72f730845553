import type { Samples } from "../capacity/samples.js";

/** A number for all pools, and others for those that are named. */
export interface Named<T> {
  /** `null`: not given. */
  readonly all: T | null;
  readonly byPool: ReadonlyMap<string, T>;
}

/** What the command line of `fpmlint capacity` says. Sizes in bytes, times in seconds; `null`: nothing. */
export interface CapacityOptions {
  readonly reserve: number | null;
  /** From 0 to below 1. */
  readonly headroom: number | null;
  readonly shared: number | null;
  readonly workerSize: Named<number>;
  readonly samples: Samples | null;
  readonly weights: ReadonlyMap<string, number>;
  readonly cores: number | null;
  /** The part of a request that is spent on the CPU, above 0 to 1. */
  readonly cpuShare: number | null;
  /** Requests per second. */
  readonly rate: Named<number>;
  readonly mean: Named<number>;
  readonly p95: Named<number>;
}
