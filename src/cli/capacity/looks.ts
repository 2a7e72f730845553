import { setTimeout } from "node:timers/promises";
import type { Pool } from "../../fpm/types.js";
import { diskFilesystem } from "../../host/disk.js";
import { readStatus, type StatusPage, statusPage } from "../../live/status-page.js";
import type { Host } from "../../model/host.js";
import { runningMasters } from "../../model/machine/processes.js";
import type { Looked } from "../../sizing/live-host.js";
import { computedBy, type Look, loadBetween } from "../../sizing/load.js";
import { type SeenWorkers, smallWorkers, together } from "../../sizing/small-workers.js";
import { askPage, onThisMachine } from "../fastcgi.js";

/** Between the two looks, and for an answer, in milliseconds. */
const PAUSE = 1000;
const PATIENCE = 1000;

/** More pools than these are not asked for their status page: the looks would be far apart. */
const MOST_ASKED = 64;

/** What the running workers of each pool of this machine do, from two looks a second apart. Pools without running workers are missing. */
export async function looked(host: Host): Promise<Looked> {
  const first = await lookAt(host, 0);
  if (first.looks.size === 0) return { loads: new Map(), seen: first.seen };
  await setTimeout(PAUSE);
  const second = await lookAt(host, 1);
  const loads = new Map(
    [...second.looks].flatMap(([pool, look]) => {
      const before = first.looks.get(pool);
      const load = before === undefined ? null : loadBetween(before, look);
      return load === null ? [] : [[pool, load] as const];
    }),
  );
  return { loads, seen: together(first.seen, second.seen) };
}

interface LookAtAll {
  readonly looks: ReadonlyMap<Pool, Look>;
  readonly seen: SeenWorkers;
}

async function lookAt(host: Host, number: number): Promise<LookAtAll> {
  // A filesystem answers the same again; only a new one sees what is now.
  const fs = diskFilesystem({ root: "/", workingDirectory: "/" });
  const running = runningMasters(fs, host.masters);
  const [computed, seen] = [computedBy(fs, running), smallWorkers(fs, running, number)];
  const looks = await Promise.all(
    [...computed].map(async ([pool, seconds], index): Promise<readonly [Pool, Look]> => {
      const [whole, part] = process.hrtime();
      const page = index < MOST_ASKED ? statusPage(host, pool) : null;
      const status = page === null ? null : await statusOf(page);
      return [pool, { at: whole + part / 1e9, computed: seconds, status, counted: page?.counted === true }];
    }),
  );
  return { looks: new Map(looks), seen };
}

async function statusOf({ path, address }: StatusPage): Promise<Look["status"]> {
  const to = onThisMachine(address);
  if (to === null) return null;
  const answer = await askPage(to, path, "json&full", PATIENCE);
  return answer === null ? null : readStatus(answer, path);
}
