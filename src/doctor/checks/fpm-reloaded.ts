import { filesOfMaster } from "../../live/places.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { changedSince, changesSaid, fpmSince, masterName, moment, runningFpm, serviceName } from "../seen.js";

export const fpmReloaded: Check = {
  id: "basics/php-fpm-reloaded",
  title: "PHP-FPM has read its files since they were changed",
  looksAt:
    "when each file that it reads, php.ini among them, was changed, against the status page's `start time`, the file with its number, or its oldest worker",
  fires: "a file is newer than the last start or reload",
  silent: "PHP-FPM does not run; workers were replaced since, and nothing else tells the last reload",
  cannotTell: "when the workers started is hidden",
  judge(look) {
    return look.host.masters.flatMap((master): readonly Answer[] => {
      const running = runningFpm(look, master);
      if (running === null) return [];
      const since = fpmSince(look, running, master);
      if (since === null) return [unknown(`when ${masterName(master)} was read is not shown`)];
      const changed = changedSince(look.facts, filesOfMaster(master), since);
      if (changed.length === 0)
        return [fine(`${masterName(master)} was read ${moment(since)}, and nothing was changed since`)];
      return [
        wrong("warning", "PHP-FPM runs with older files than these: they were changed and not reloaded", {
          evidence: [`it read its files ${moment(since)}`, ...changesSaid(changed)],
          fix: `systemctl reload ${serviceName(master)}`,
        }),
      ];
    });
  },
};
