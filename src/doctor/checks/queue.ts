import { phpTargets } from "../../live/places.js";
import { showAddress } from "../../model/address/address.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { answerOf, listenersAt, workersOf } from "../seen.js";

/** A few connections wait for a moment on every busy machine. */
const FEW = 4;
/** From this part on the queue is nearly full. */
const NEARLY = 0.8;

export const queue: Check = {
  id: "resources/queue",
  title: "no connections wait for PHP-FPM",
  looksAt:
    "the queue of each socket: `/proc/net/tcp` for ports, `ss -xl` for Unix sockets, whose status page always says 0",
  fires: "the queue is full or nearly so, or more connections wait than the pool has workers",
  silent: "nobody listens",
  cannotTell: "a Unix socket, and `ss` is not there or was not run",
  judge(look) {
    const { host, facts } = look;
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
      return [fine(`${waiting} connections wait on ${shown}`)];
    });
  },
};
