import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { isOnDemand, masterName, runningFpm, serviceName, workersOf } from "../seen.js";

export const poolsRun: Check = {
  id: "basics/pools",
  title: "the running pools are those of the files",
  looksAt: "the titles of PHP-FPM's workers",
  fires:
    "a pool of a running master has no worker although its `pm` is static or dynamic, or workers run for a pool that the files do not have",
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
