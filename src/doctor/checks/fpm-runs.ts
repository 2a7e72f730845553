import { poolAddresses } from "../../live/places.js";
import { type Check, fine, unknown, wrong } from "../check.js";
import { stalePidAnswers, strangersSaid, whyUnseen } from "../holders.js";
import { masterName, neededMasters, runningFpm, serviceName } from "../seen.js";

export const fpmRuns: Check = {
  id: "basics/php-fpm",
  title: "PHP-FPM runs",
  looksAt: "titles, users and programs of the processes in `/proc`",
  fires:
    "a location passes to a pool, and no master that root or the caller runs uses the pool's main file; or the file that `pid` names has the number of another process",
  silent: "no location passes to the pools of a master, as with an older PHP that was left on the machine",
  cannotTell:
    "no `/proc`, it hides other users' processes, root does not see who listens where the pools have to, or they belong to a container",
  judge(look) {
    const { host, facts } = look;
    return neededMasters(host).flatMap((master) => {
      if (host.machines.has(master)) return [unknown(`${masterName(master)} is a container's`)];
      if (master.main === null) return [unknown("the main file of the pools is not known")];
      const running = runningFpm(look, master);
      if (running !== null)
        return [
          fine(`${masterName(master)}: master ${running.master.pid}, ${running.workers.length} workers`),
          ...(facts.fpm.filter(({ index }) => index === running.index).length === 1
            ? stalePidAnswers("PHP-FPM", running)
            : []),
        ];
      const passed = poolAddresses(host);
      const addresses = master.pools.flatMap((pool) => passed.get(pool) ?? []);
      const unseen = whyUnseen(facts, addresses);
      if (unseen !== null) return [unknown(unseen)];
      const strangers = strangersSaid(facts, addresses);
      const evidence = [...facts.otherFpm.map((main) => `a PHP-FPM runs with ${main}`), ...strangers];
      const service = serviceName(master);
      const fix = `systemctl start ${service}; journalctl -u ${service} -n 20 says why it ended`;
      return [
        wrong("error", `PHP-FPM does not run with ${masterName(master)}`, {
          evidence,
          place: master.pools[0]?.section ?? null,
          fix: strangers.length === 0 ? fix : `end who listens where the pools have to; then ${fix}`,
        }),
      ];
    });
  },
};
