import { type Check, fine, unknown, wrong } from "../check.js";
import { masterName, NO_PROC, neededMasters, runningFpm, serviceName } from "../seen.js";

export const fpmRuns: Check = {
  id: "basics/php-fpm",
  title: "PHP-FPM runs",
  looksAt: "titles, users and programs of the processes in `/proc`",
  fires: "a location passes to a pool, and no master that root or the caller runs uses the pool's main file",
  silent: "no location passes to the pools of a master, as with an older PHP that was left on the machine",
  cannotTell: "no `/proc`, another user's processes are hidden, or the pools belong to a container",
  judge(look) {
    const { host, facts } = look;
    return neededMasters(host).flatMap((master) => {
      if (host.machines.has(master)) return [unknown(`${masterName(master)} is a container's`)];
      if (master.main === null) return [unknown("the main file of the pools is not known")];
      if (!facts.proc) return [unknown(NO_PROC)];
      const running = runningFpm(look, master);
      if (running !== null)
        return [
          fine(`${masterName(master)}: master ${running.master.pid}, ${running.workers.length} workers`),
        ];
      const evidence = facts.otherFpm.map((main) => `a PHP-FPM runs with ${main}`);
      const service = serviceName(master);
      return [
        wrong("error", `PHP-FPM does not run with ${masterName(master)}`, {
          evidence,
          place: master.pools[0]?.section ?? null,
          fix: `systemctl start ${service}; journalctl -u ${service} -n 20 says why it ended`,
        }),
      ];
    });
  },
};
