import { setting } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import type { FpmFacts } from "../../live/facts.js";
import { filesOfMaster } from "../../live/places.js";
import { known, placeOf } from "../../source/effective.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import {
  changedSince,
  fpmSince,
  isOnDemand,
  masterName,
  runningFpm,
  serviceName,
  userName,
  workersOf,
} from "../seen.js";

export const poolsRun: Check = {
  id: "basics/pools",
  title: "the running pools are those of the files",
  looksAt: "the titles of PHP-FPM's workers, and their users",
  fires:
    "a pool of a running master has no worker although its `pm` is static or dynamic, workers run for a pool that the files do not have, or they have another account than its `user`",
  silent: "the master does not run, or the pool is `ondemand`",
  cannotTell: "a part of the pool's files was not read",
  judge(look) {
    return look.host.masters.flatMap((master): readonly Answer[] => {
      const running = runningFpm(look, master);
      if (running === null) return [];
      const names = new Set(master.pools.map(({ name }) => name));
      const strange = [...new Set(running.workers.map(({ pool }) => pool))].filter(
        (name) => !names.has(name),
      );
      const reload = `systemctl reload ${serviceName(master)}`;
      const answers = master.pools.map((pool): Answer => {
        const onDemand = isOnDemand(pool);
        const other = otherAccount(look, running, pool);
        if (other !== null)
          return wrong("warning", `workers of pool ${pool.name} run with another account than its user`, {
            evidence: [
              `they are ${userName(look.host, other)}`,
              "the times of the files tell no change since the last reload: rsync -t keeps older ones",
            ],
            place: placeOf(setting(pool, "user")),
            fix: reload,
          });
        if (workersOf(look, pool).length > 0) return fine(`pool ${pool.name} has workers`);
        if (onDemand === true) return fine(`pool ${pool.name} starts workers when they are needed`);
        if (onDemand === null || pool.partial)
          return unknown(`not everything about pool ${pool.name} was read`);
        return wrong("error", `no worker runs for pool ${pool.name}`, {
          evidence: [`${masterName(master)} runs as process ${running.master.pid}, without this pool`],
          place: pool.section,
          fix: reload,
        });
      });
      if (master.partial) return answers;
      return [
        ...answers,
        ...strange.map((name) =>
          wrong("warning", `workers run for pool ${name}, which the files no longer have`, { fix: reload }),
        ),
      ];
    });
  },
};

/** Who runs all workers of a pool, where it is not the user of the files and these seem to be read; `null`: all is well. */
function otherAccount(look: Look, running: FpmFacts, pool: Pool): number | null {
  const { host, facts } = look;
  // Only a master of root's changes the account, and what was edited since is another check's.
  const since = fpmSince(look, running, pool.master);
  if (running.master.identity?.user !== 0 || since === null) return null;
  if (changedSince(facts, filesOfMaster(pool.master), since).length > 0) return null;
  const wanted = host.accounts.user(known(setting(pool, "user")) ?? "")?.id ?? null;
  const users = workersOf(look, pool).map(({ identity }) => identity?.user ?? null);
  const [first = null] = users;
  if (wanted === null || first === null || first === wanted) return null;
  return users.every((one) => one === first) ? first : null;
}
