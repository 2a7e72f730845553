import type { NetConnectOpts } from "node:net";
import { setTimeout } from "node:timers/promises";
import { setting } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import { diskFilesystem } from "../../host/disk.js";
import type { Address } from "../../model/address/address.js";
import type { Host } from "../../model/host.js";
import { readListen } from "../../model/listen/pool-listens.js";
import { runningMasters } from "../../model/machine/processes.js";
import { computedBy, type Look, loadBetween, type PoolLoad, readStatus } from "../../sizing/load.js";
import { known } from "../../source/effective.js";
import { askFpm } from "./fastcgi.js";

/** Between the two looks, and for an answer, in milliseconds. */
const PAUSE = 1000;
const PATIENCE = 1000;

/** More pools than these are not asked for their status page: the looks would be far apart. */
const MOST_ASKED = 64;

/** What the running workers of each pool of this machine do, from two looks a second apart. Pools without running workers are missing. */
export async function loadsOf(host: Host): Promise<ReadonlyMap<Pool, PoolLoad>> {
  const first = await looksAt(host);
  if (first.size === 0) return new Map();
  await setTimeout(PAUSE);
  const second = await looksAt(host);
  return new Map(
    [...second].flatMap(([pool, look]) => {
      const before = first.get(pool);
      const load = before === undefined ? null : loadBetween(before, look);
      return load === null ? [] : [[pool, load] as const];
    }),
  );
}

async function looksAt(host: Host): Promise<ReadonlyMap<Pool, Look>> {
  // A filesystem answers the same again; only a new one sees what is now.
  const fs = diskFilesystem({ root: "/", workingDirectory: "/" });
  const computed = computedBy(fs, runningMasters(fs, host.masters));
  const pools = [...computed].slice(0, MOST_ASKED);
  const looks = await Promise.all(
    pools.map(async ([pool, seconds]): Promise<readonly [Pool, Look]> => {
      const at = process.hrtime();
      const [own] = readListen(host, pool, "pm.status_listen");
      const status = await statusOf(pool, (own ?? readListen(host, pool, "listen")[0])?.address ?? null);
      return [pool, { at: at[0] + at[1] / 1e9, computed: seconds, status, counted: own === undefined }];
    }),
  );
  return new Map(looks);
}

async function statusOf(pool: Pool, address: Address | null): Promise<Look["status"]> {
  const path = known(setting(pool, "pm.status_path"));
  const to = address === null ? null : connection(address);
  if (typeof path !== "string" || !path.startsWith("/") || to === null) return null;
  const params = {
    SCRIPT_NAME: path,
    SCRIPT_FILENAME: path,
    REQUEST_URI: path,
    REQUEST_METHOD: "GET",
    QUERY_STRING: "json&full",
    SERVER_PROTOCOL: "HTTP/1.1",
  };
  const answer = await askFpm(to, params, PATIENCE);
  return answer === null ? null : readStatus(answer, path);
}

/** Only of this machine; `null`: it may be another. */
function connection(address: Address): NetConnectOpts | null {
  if (address.kind === "unix") return { path: address.path };
  const { host, port } = address;
  if (port === null) return null;
  if (host === "*" || host === "0.0.0.0") return { host: "127.0.0.1", port };
  if (host === "::") return { host: "::1", port };
  return /^127\./.test(host) || host === "::1" || host === "localhost" ? { host, port } : null;
}
