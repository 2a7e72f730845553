import { documentRoots, indexOf } from "../../live/places.js";
import { accessTo, READ } from "../access.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { identityOfPool, pathSeen, rightsSaid, userName, viewerOf } from "../seen.js";

export const scripts: Check = {
  id: "requests/scripts",
  title: "the pools may read their scripts",
  looksAt:
    "`index.php` of each root, and every directory on its way, with the account and groups of the pool's workers; as root it is opened with that account",
  fires: "the script is there, and the account may not read it: PHP-FPM answers 403 or 404",
  silent: "there is no such script",
  cannotTell: "the account is not known, or an access control list may allow it",
  judge(look) {
    const { host, facts } = look;
    return documentRoots(host).flatMap(({ path, pool, place }): readonly Answer[] => {
      const script = indexOf(path);
      const seen = pathSeen(facts, script, viewerOf(host, pool));
      if (seen === null || seen.state === "missing") return [];
      const account = identityOfPool(look, pool);
      if (account === null) return [unknown(`the account of pool ${pool.name} is not known`)];
      const access = accessTo(seen, account, READ, seen.opened);
      if (access.kind === "unknown" || (access.kind === "yes" && seen.state === "hidden"))
        return [unknown(`whether pool ${pool.name} may read ${script} is not shown`)];
      const who = userName(host, account.user);
      if (access.kind === "yes") return [fine(`${who} may read ${script}`)];
      return [
        wrong("error", `pool ${pool.name} may not read ${script}`, {
          evidence: [rightsSaid(host, access.at), `its workers are ${who}`],
          place,
          fix: `namei -l ${script}`,
        }),
      ];
    });
  },
};
