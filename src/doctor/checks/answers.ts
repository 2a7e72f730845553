import type { Pool } from "../../fpm/types.js";
import { phpTargets } from "../../live/places.js";
import { type Address, isLocal, showAddress } from "../../model/address/address.js";
import { maxChildren } from "../../model/pool-size.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import { holderSaid } from "../holders.js";
import { answerOf, isWhollyHeld, listenersAt, runningFpm, workersOf, workersSaid } from "../seen.js";

export const answers: Check = {
  id: "reality/answers",
  title: "PHP-FPM answers within a second",
  looksAt:
    "a connection to each address that a location passes PHP to, and FastCGI's question for values, which runs no script and leaves no line in a log",
  fires:
    "an address of another machine refuses or does not answer; no worker answers although the pool may have more; the connection is ended at once, as `listen.allowed_clients` does; what answers does not speak FastCGI",
  silent:
    "nobody listens, nginx may not open the socket, or all workers are busy or stopped: other checks say so",
  cannotTell: "nobody asked, as in a snapshot",
  judge(look) {
    return phpTargets(look.host).flatMap((target) => answerFor(look, target) ?? []);
  },
};

function answerFor(
  look: Look,
  { address, pools, place }: ReturnType<typeof phpTargets>[number],
): Answer | null {
  const shown = showAddress(address);
  const asked = answerOf(look.facts, address);
  if (asked === null) return unknown(`${shown} was not asked`);
  const { problem, values } = asked;
  if (problem !== null) {
    if (isLocal(address) && problem !== "TIMEOUT") return null;
    return wrong("error", `no connection to ${shown} (${problem})`, {
      evidence: [WHY.get(problem) ?? "the system gave this word"],
      place,
      fix: `nc -vz -w 3 ${shown.replace(/:(\d+)$/, " $1")}`,
    });
  }
  if (values === "answered") return fine(`${shown} answered`);
  const strange = strangerAt(look, address);
  if (values === "foreign")
    return wrong("error", `what listens on ${shown} does not speak FastCGI`, {
      evidence: [
        "it answered FastCGI's question with something else",
        ...(strange === null ? [] : [`${strange} listens there`]),
      ],
      place,
      fix: "ss -lxtp shows which program it is",
    });
  if (values === "closed")
    return wrong("error", `${shown} took the connection and ended it without a word`, {
      evidence: ["the question came from this machine"],
      place,
      fix: "listen.allowed_clients of the pool has to name where nginx connects from",
    });
  const said = `${shown} took the connection, and nothing answered within a second`;
  if (strange !== null)
    return wrong("error", said, {
      evidence: [`${strange} listens there`],
      place,
      fix: "reality/listens says what to do with who listens there",
    });
  if (pools.some((pool) => isFull(look, pool) || isWhollyHeld(look, pool))) return null;
  const idle = pools.find((pool) => workersOf(look, pool).length === 0);
  const master = idle === undefined ? null : runningFpm(look, idle.master);
  return wrong("error", said, {
    evidence: pools.map((pool) => `pool ${pool.name} has ${workersSaid(workersOf(look, pool).length)}`),
    place,
    fix:
      master === null
        ? "fpmlint diagnose shows what its workers do"
        : `PHP-FPM's error log says why it starts no worker; ps -o stat,wchan -p ${master.master.pid} shows whether its master is stopped`,
  });
}

/** Another program than PHP-FPM that listens there; `null`: it is PHP-FPM, or who it is is hidden. */
function strangerAt({ facts }: Look, address: Address): string | null {
  const owners = listenersAt(facts, address).flatMap((one) => one.owners);
  const [first] = owners;
  const isFpm = owners.some(({ daemon, orphan }) => daemon === "php-fpm" || orphan);
  return first === undefined || isFpm ? null : holderSaid(first);
}

/** Whether a pool has as many workers as it may have. */
function isFull(look: Look, pool: Pool): boolean {
  const most = maxChildren(pool);
  return most !== null && workersOf(look, pool).length >= most;
}

const WHY = new Map([
  ["ECONNREFUSED", "nobody listens there, or a firewall says no"],
  ["TIMEOUT", "nothing came back within a second: a firewall drops it, or the machine is down"],
  ["EHOSTUNREACH", "there is no way to that machine"],
  ["ENETUNREACH", "this machine has no network of that kind"],
  ["ENOTFOUND", "the name has no address"],
]);
