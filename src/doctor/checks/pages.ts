import { setting } from "../../fpm/pools.js";
import { poolAddresses } from "../../live/places.js";
import { known, placeOf } from "../../source/effective.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { answerOf, runningFpm } from "../seen.js";

export const pages: Check = {
  id: "reality/pages",
  title: "ping and status pages answer, where pools have them",
  looksAt: "a request for `ping.path` and `pm.status_path` to the pool itself, without nginx",
  fires:
    "the page is written in the files, and the pool answers with something else: it runs with older files",
  silent: "the pool has no such page, or answers nothing",
  cannotTell: "nobody asked, as in a snapshot; the pool answers, and the page does not within a second",
  judge(look) {
    const { host, facts } = look;
    const addresses = poolAddresses(host);
    return host.pools.flatMap((pool, number) =>
      (["ping.path", "pm.status_path"] as const).flatMap((key): readonly Answer[] => {
        const value = setting(pool, key);
        const path = known(value);
        if (!path || runningFpm(look, pool.master) === null) return [];
        const page = facts.pages.find((one) => one.pool === number && one.key === key);
        if (page === undefined) return [unknown(`${key} of pool ${pool.name} was not asked`)];
        if (page.state === "answered") return [fine(`${path} of pool ${pool.name} answered`)];
        if (page.state === "silent") {
          const address = addresses.get(pool);
          const free = address !== undefined && answerOf(facts, address)?.values === "answered";
          return free ? [unknown(`${path} of pool ${pool.name} did not answer within a second`)] : [];
        }
        return [
          wrong("warning", `${key} of pool ${pool.name} is ${path}, and no such page answered there`, {
            evidence: ["something else came"],
            place: placeOf(value),
            fix: "reload PHP-FPM: it may run with files from before the page",
          }),
        ];
      }),
    );
  },
};
