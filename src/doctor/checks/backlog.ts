import { integer } from "../../fpm/pools.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";

export const backlog: Check = {
  id: "resources/backlog",
  title: "the kernel allows the queues that the pools ask for",
  looksAt: "`net.core.somaxconn` against `listen.backlog`",
  fires: "a pool asks for a longer queue than the kernel gives, which nobody says",
  silent: "the pool does not set `listen.backlog`",
  cannotTell: "`/proc/sys` is not there",
  judge({ host, facts }) {
    return host.pools.flatMap((pool): readonly Answer[] => {
      const asked = integer(pool, "listen.backlog");
      if (asked.kind !== "set" || asked.value === null || asked.value <= 0) return [];
      if (facts.somaxconn === null) return [unknown("net.core.somaxconn is not shown")];
      if (asked.value <= facts.somaxconn) return [fine(`pool ${pool.name} has a queue of ${asked.value}`)];
      return [
        wrong(
          "warning",
          `pool ${pool.name} asks for a queue of ${asked.value}, and gets ${facts.somaxconn}`,
          {
            evidence: [`net.core.somaxconn is ${facts.somaxconn}`],
            place: asked.place,
            fix: `sysctl -w net.core.somaxconn=${asked.value}, and in /etc/sysctl.d; then restart PHP-FPM`,
          },
        ),
      ];
    });
  },
};
