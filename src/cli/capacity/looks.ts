import { setTimeout } from "node:timers/promises";
import type { Pool } from "../../fpm/types.js";
import { diskFilesystem } from "../../host/disk.js";
import { readStatus, type StatusPage, statusPage } from "../../live/status-page.js";
import type { Host } from "../../model/host.js";
import { computedBy, type Look, loadBetween, type PoolLoad } from "../../sizing/load.js";
import { askPage, onThisMachine } from "../fastcgi.js";

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
  const to = onThisMachine(address);
  if (to === null) return null;
  const answer = await askPage(to, path, "json&full", PATIENCE);
  return answer === null ? null : readStatus(answer, path);
}
