import { phpTargets } from "../../live/places.js";
import { showAddress } from "../../model/address/address.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { poolFills } from "../fill.js";
import { answerOf, listenersAt, workersOf, workersSaid } from "../seen.js";

/** A few connections wait for a moment on every busy machine. */
const FEW = 4;
/** From this part on the queue is nearly full. */
const NEARLY = 0.8;

export const queue: Check = {
  id: "resources/queue",
  title: "no connections wait for PHP-FPM",
  looksAt:
    "the queue of each socket in `/proc/net`, and `ss -xl` for how many may wait on a Unix socket, whose status page always says 0",
  fires:
    "the queue is full or nearly so, more connections wait than the pool has workers, or, in a snapshot, one that waited still waits a second later although the pool may have more workers",
  silent: "nobody listens; a few wait for a pool that is full, which `resources/workers` says",
  cannotTell: "a Unix socket of which `/proc/net/unix` shows two, and `ss` was not run",
  judge(look) {
    const { host, facts } = look;
    const full = new Set(poolFills(look).flatMap((fill) => (fill.full === null ? [] : fill.pool)));
    return phpTargets(host).flatMap(({ address, pools, place }): readonly Answer[] => {
      const shown = showAddress(address);
      const fix = "the workers are the limit, not listen.backlog: fpmlint capacity, fpmlint diagnose";
      const [listener] = listenersAt(facts, address);
      if (answerOf(facts, address)?.problem === "EAGAIN")
        return [
          wrong("error", `the queue of ${shown} is full: a connection was refused`, {
            evidence: listener?.waiting == null ? [] : [`${listener.waiting} connections wait`],
            place,
            fix,
          }),
        ];
      if (listener === undefined) return [];
      const { waiting, most } = listener;
      if (waiting === null) return [unknown(`how many wait on ${shown} is not shown`)];
      const count = pools.reduce((sum, pool) => sum + workersOf(look, pool).length, 0);
      const evidence = [`${waiting} connections wait${most === null ? "" : `, and ${most} may`}`];
      if (most !== null && waiting > FEW && waiting >= most * NEARLY)
        return [wrong("error", `the queue of ${shown} is nearly full`, { evidence, place, fix })];
      if (waiting > Math.max(FEW, count))
        return [
          wrong("warning", `more connections wait on ${shown} than there are workers`, {
            evidence,
            place,
            fix,
          }),
        ];
      const stuck = listener.later?.waiting ?? 0;
      if (stuck > 0 && !pools.some((pool) => full.has(pool)))
        return [
          wrong("warning", `nobody took what waits on ${shown} for a second and longer`, {
            evidence: [
              `${stuck === 1 ? "a connection waits" : `${stuck} connections wait`} since then`,
              ...pools.map((pool) => `pool ${pool.name} has ${workersSaid(workersOf(look, pool).length)}`),
            ],
            place,
            fix: "PHP-FPM's error log says whether it starts workers; fpmlint diagnose reads it",
          }),
        ];
      return [fine(`${waiting} connections wait on ${shown}`)];
    });
  },
};
