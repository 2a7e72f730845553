import { setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import type { Address } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import { readListen } from "../model/listen/pool-listens.js";
import { known } from "../source/effective.js";

/** The status page of a pool: where it is asked for, and what it says. */

export interface PoolStatus {
  /** Requests since the pool started. */
  readonly accepted: number;
  /**
   * Workers that answer a request, counted by their states. The page's own sum counts each connection that asked for
   * values, and ended, as a worker until PHP-FPM counts anew, which it does once a second.
   */
  readonly active: number;
  /** All workers; `null`: the page does not say. */
  readonly total: number | null;
  /** Connections that wait for a worker: always 0 on Unix sockets. `null`: the page does not say. */
  readonly waiting: number | null;
  /** How often every worker was busy since the pool started; `null`: the page does not say. */
  readonly full: number | null;
  /** When the pool started, in seconds since 1970; `null`: the page does not say. */
  readonly started: number | null;
  /** Seconds that the last request of each idle worker took, without those for the status page. */
  readonly durations: readonly number[];
}

/** Where a pool's status page is asked for. */
export interface StatusPage {
  readonly path: string;
  readonly address: Address;
  /** Whether a worker of the pool itself answers. */
  readonly counted: boolean;
}

/** `null`: it has none, or where is not known. */
export function statusPage(host: Host, pool: Pool): StatusPage | null {
  const path = known(setting(pool, "pm.status_path"));
  const [own] = readListen(host, pool, "pm.status_listen");
  const address = (own ?? readListen(host, pool, "listen")[0])?.address ?? null;
  return typeof path === "string" && path.startsWith("/") && address !== null
    ? { path, address, counted: own === undefined }
    : null;
}

/** A page of PHP-FPM itself that a pool has. */
export interface PoolPage {
  /** Which pool of the host, counted from 0. */
  readonly pool: number;
  readonly key: "ping.path" | "pm.status_path";
  readonly path: string;
  readonly address: Address;
  /** Where the pool takes requests; a page may be asked for elsewhere. */
  readonly listen: Address | null;
  /** What a ping answers; `null`: it is a status page. */
  readonly response: string | null;
}

/** The ping and status pages of all pools. */
export function poolPages(host: Host): readonly PoolPage[] {
  return host.pools.flatMap((pool, number): readonly PoolPage[] => {
    const listen = readListen(host, pool, "listen")[0]?.address ?? null;
    const ping = known(setting(pool, "ping.path"));
    const response = known(setting(pool, "ping.response")) ?? null;
    const status = statusPage(host, pool);
    const asked = { pool: number, listen };
    return [
      ...(ping?.startsWith("/") && listen !== null && response !== null
        ? [{ ...asked, key: "ping.path", path: ping, address: listen, response } as const]
        : []),
      ...(status === null
        ? []
        : [
            {
              ...asked,
              key: "pm.status_path",
              path: status.path,
              address: status.address,
              response: null,
            } as const,
          ]),
    ];
  });
}

/** What a request for a page of PHP-FPM itself is made of. */
export function pageParams(path: string, query = ""): readonly (readonly [name: string, value: string])[] {
  return [
    ["SCRIPT_NAME", path],
    ["SCRIPT_FILENAME", path],
    ["REQUEST_URI", path],
    ["REQUEST_METHOD", "GET"],
    ["QUERY_STRING", query],
    ["SERVER_PROTOCOL", "HTTP/1.1"],
  ];
}

/** States of workers without a request; the second is printed of one that is being started. */
const AT_REST: readonly unknown[] = ["Idle", "(null)"];

/** What the page says in JSON with all workers; `null`: it is no status page. `path`: its own, as requests to it show. */
export function readStatus(text: string, path: string): PoolStatus | null {
  const page = parsed(text);
  const [accepted, active] = [page.get("accepted conn"), page.get("active processes")];
  const processes = page.get("processes");
  if (!isCount(accepted) || !isCount(active) || !Array.isArray(processes)) return null;
  const rows = processes.map(recordOf);
  const told = rows.length > 0 && rows.every((row) => typeof row.get("state") === "string");
  const durations = rows.flatMap((row) => {
    const [duration, requests, uri] = ["request duration", "requests", "request uri"].map((key) =>
      row.get(key),
    );
    const own = typeof uri !== "string" || uri === path || uri.startsWith(`${path}?`);
    return row.get("state") === "Idle" && isCount(duration) && isCount(requests) && requests > 0 && !own
      ? [duration / 1e6]
      : [];
  });
  const count = (key: string): number | null => {
    const value = page.get(key);
    return isCount(value) ? value : null;
  };
  return {
    accepted,
    active: told ? rows.filter((row) => !AT_REST.includes(row.get("state"))).length : active,
    total: count("total processes"),
    waiting: count("listen queue"),
    full: count("max children reached"),
    started: count("start time"),
    durations,
  };
}

function parsed(text: string): ReadonlyMap<string, unknown> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return new Map();
  }
}

function recordOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
