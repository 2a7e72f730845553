import { setting } from "../../fpm/pools.js";
import type { FpmMaster } from "../../fpm/types.js";
import type { FpmFacts } from "../../live/facts.js";
import { filesOfMaster } from "../../live/places.js";
import { poolSocket, showSocket } from "../../model/listen/socket.js";
import { known } from "../../source/effective.js";
import { once } from "../../source/memo.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { changedSince, fpmSince, pathSeen, rightsSaid, runningFpm } from "../seen.js";

export const socketMode: Check = {
  id: "reality/socket-mode",
  title: "each socket has the owner and mode that its pool sets",
  looksAt: "owner, group and mode of the socket, and `listen.owner`, `listen.group`, `listen.mode`",
  fires: "somebody changed them by hand: at the next start they are what the files say",
  silent:
    "the files were changed since the start, the master does not run as root, or the pool has an access control list",
  cannotTell: "an account or a value is not known",
  judge(look) {
    const { host, facts } = look;
    const stale = new Map<FpmMaster, boolean>();
    const isStale = (running: FpmFacts, master: FpmMaster): boolean =>
      once(stale, master, () => {
        const since = fpmSince(look, running, master);
        return since === null || changedSince(facts, filesOfMaster(master), since).length > 0;
      });
    return host.pools.flatMap((pool): readonly Answer[] => {
      const path = known(setting(pool, "listen")) ?? "";
      const running = runningFpm(look, pool.master);
      if (!path.startsWith("/") || running?.master.identity?.user !== 0) return [];
      const seen = pathSeen(facts, path);
      if (seen?.kind !== "socket" || seen.own === null) return [];
      if (isStale(running, pool.master)) return [];
      const wanted = poolSocket(host, pool);
      if (wanted?.acl != null || seen.own.acl === true) return [];
      if (wanted === null || wanted.owner.id === null || wanted.group.id === null)
        return [unknown(`the owner that pool ${pool.name} gives its socket is not known`)];
      const { mode, user, group } = seen.own;
      const same = (mode & 0o777) === wanted.mode && user === wanted.owner.id && group === wanted.group.id;
      if (same) return [fine(`${path} is ${showSocket(wanted)}`)];
      return [
        wrong("warning", `${path} is not as pool ${pool.name} makes it, and will be at the next start`, {
          evidence: [rightsSaid(host, seen.own), `the pool makes it ${showSocket(wanted)}`],
          place: wanted.modePlace ?? wanted.owner.place ?? pool.section,
          fix: "write it into listen.owner, listen.group and listen.mode",
        }),
      ];
    });
  },
};
