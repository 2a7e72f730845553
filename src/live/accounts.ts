import { setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { nginxWorker } from "../model/nginx-worker.js";
import { known } from "../source/effective.js";
import type { FpmFacts, Identity, NginxFacts } from "./facts.js";
import { poolWorkers, runningMaster, runningNginx } from "./processes.js";

/** The accounts of workers: as the kernel has them, else as the files say. */

/** Of nginx's workers; `null`: unknown. */
export function nginxIdentity(host: Host, nginx: readonly NginxFacts[]): Identity | null {
  const running = runningNginx(nginx)?.workers[0]?.identity;
  if (running !== undefined) return running;
  const worker = nginxWorker(host);
  if (worker.kind !== "set") return null;
  const user = host.accounts.user(worker.user)?.id ?? null;
  const groups = worker.groups.map((name) => host.accounts.group(name)?.id ?? null);
  return identityOf(user, groups);
}

/** Of the workers of a pool; `null`: unknown. */
export function poolIdentity(host: Host, fpm: readonly FpmFacts[], pool: Pool): Identity | null {
  const running = runningMaster(host, fpm, pool.master);
  const worker = running === null ? undefined : poolWorkers(running, pool.name)[0];
  if (worker !== undefined) return worker.identity;
  // Only a master of root's changes the account.
  const own = running?.master.identity ?? null;
  if (own !== null && own.user !== 0) return own;
  const user = host.accounts.user(known(setting(pool, "user")) ?? "");
  if (user === null) return null;
  const group = known(setting(pool, "group")) || user.group;
  const groups = [group, ...host.accounts.supplementary(user)].map(
    (name) => host.accounts.group(name)?.id ?? (/^\d+$/.test(name) ? Number(name) : null),
  );
  return identityOf(user.id, groups);
}

function identityOf(user: number | null, groups: readonly (number | null)[]): Identity | null {
  const [group, ...others] = groups;
  if (user === null || group == null || others.some((one) => one === null)) return null;
  return { user, group, groups: others.flatMap((one) => one ?? []) };
}
