import type { Config } from "../engine/schemas.js";
import type { Baseline } from "../policy/baseline.js";

/** What every function reads, and how. */
export interface ReadOptions {
  /** Files and directories of this machine; docs/layouts.md says what each means. Default: the working directory. */
  readonly paths?: readonly string[];
  /**
   * A whole tree as texts, by paths such as `etc/nginx/nginx.conf`. It is searched as a directory with these files
   * would be, and nothing of this machine is read. Not together with `paths`.
   */
  readonly files?: Readonly<Record<string, string>>;
  /** Relative paths count from it, and reported names are relative to it. Default: the process's own. */
  readonly workingDirectory?: string;
  /** What a `fpmlint.json` would say. Default: nothing; no such file is read. */
  readonly config?: Config | null;
  /** The directory that `hosts` of `config` count from. Default: the working directory. */
  readonly configDirectory?: string;
  /** `8.3` for PHP-FPM whose path does not show its version. Default: unknown. */
  readonly phpVersion?: string | null;
  /** `1.22.1`, the nginx that reads the files. Default: unknown, and what every version since 1.18.0 accepts passes. */
  readonly nginxVersion?: string | null;
  /** Memory of each host, in bytes or as in `8G`. Default: what `config` says, or the live host. */
  readonly memory?: number | string | null;
  /** What the path `-` stands for: the output of `nginx -T`. */
  readonly standardInput?: string;
  /** Files that are read with another text than they have, by the name that reports print. Default: none. */
  readonly texts?: ReadonlyMap<string, string>;
}

export interface LintOptions extends ReadOptions {
  /** `2026-11-28`, from which on a suppression with an earlier date no longer holds. Default: unknown, and every date holds. */
  readonly today?: string | null;
  /** Known findings, which are not reported. Default: none. */
  readonly baseline?: Baseline | null;
}

/** One value for all pools, or values by name, where `*` is every other pool. */
export type ByPool = number | string | Readonly<Record<string, number | string>>;

/** Sizes are bytes or words such as `60M`, times seconds or words such as `250ms`. docs/capacity.md explains each. */
export interface CapacityOptions extends ReadOptions {
  /** Memory kept for everything except PHP-FPM. */
  readonly reserve?: number | string;
  /** The part of the rest that stays free: from 0 to below 1, or as in `20%`. */
  readonly headroom?: number | string;
  /** Memory of one worker. */
  readonly workerSize?: ByPool;
  /** Memory that the workers share. */
  readonly shared?: number | string;
  /** A pool's share of the workers, by its name. */
  readonly weight?: Readonly<Record<string, number>>;
  readonly cores?: number;
  /** The part of a request that is spent computing: above 0 and up to 1, or as in `30%`. */
  readonly cpuShare?: number | string;
  /** Requests per second, or as in `40/s` and `1200/min`. */
  readonly rate?: ByPool;
  /** How long a request takes on average. */
  readonly mean?: ByPool;
  /** What 19 of 20 requests do not exceed. */
  readonly p95?: ByPool;
}

/** docs/trace.md explains each. */
export interface TraceOptions extends ReadOptions {
  /** Default: `GET`, or `POST` with a body. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes in the body, or as in `20m`. Default: no body. */
  readonly bodySize?: number | string;
  /** Default: `1.1`. */
  readonly http?: "1.0" | "1.1" | "2" | "3";
  /** The client's address. Default: anybody. */
  readonly from?: string;
  /** Files, or directories with a `/` at the end, that are there. */
  readonly exists?: readonly string[];
  /** Paths where nothing is. */
  readonly missing?: readonly string[];
}
