import type { NetConnectOpts } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { Pool } from "../../fpm/types.js";
import { diskFilesystem } from "../../host/disk.js";
import type { Address } from "../../model/address/address.js";
import type { Host } from "../../model/host.js";
import {
  computedBy,
  type Look,
  loadBetween,
  type PoolLoad,
  readStatus,
  type StatusPage,
  statusPage,
} from "../../sizing/load.js";
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
  const computed = computedBy(diskFilesystem({ root: "/", workingDirectory: "/" }), host.masters);
  const looks = await Promise.all(
    [...computed].map(async ([pool, seconds], index): Promise<readonly [Pool, Look]> => {
      const [whole, part] = process.hrtime();
      const page = index < MOST_ASKED ? statusPage(host, pool) : null;
      const status = page === null ? null : await statusOf(page);
      return [pool, { at: whole + part / 1e9, computed: seconds, status, counted: page?.counted === true }];
    }),
  );
  return new Map(looks);
}

async function statusOf({ path, address }: StatusPage): Promise<Look["status"]> {
  const to = connection(address);
  if (to === null) return null;
  const params = [
    ["SCRIPT_NAME", path],
    ["SCRIPT_FILENAME", path],
    ["REQUEST_URI", path],
    ["REQUEST_METHOD", "GET"],
    ["QUERY_STRING", "json&full"],
    ["SERVER_PROTOCOL", "HTTP/1.1"],
  ] as const;
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
