import { addressKey, phpTargets } from "../../live/places.js";
import { type Address, isLocal, showAddress } from "../../model/address/address.js";
import type { Host } from "../../model/host.js";
import { grouped } from "../../source/collect.js";
import { perKey } from "../../source/memo.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import { listenersAt, neededMasters, pathSeen, runningFpm, serviceName } from "../seen.js";

export const listens: Check = {
  id: "reality/listens",
  title: "somebody listens where nginx connects, and it is the pool of the files",
  looksAt:
    "`/proc/net/unix`, `/proc/net/tcp`, `/proc/net/tcp6` as nginx's workers see them, and who holds the sockets",
  fires:
    "nobody listens on an address of this machine that a location passes PHP to, or another program does",
  silent: "the address may be another machine's: then a connection tells",
  cannotTell: "no `/proc/net`, a container's pool, or who listens is hidden from who is not root",
  judge(look) {
    return phpTargets(look.host).flatMap((target) => answerFor(look, target) ?? []);
  },
};

function answerFor(
  look: Look,
  { address, pools, place }: ReturnType<typeof phpTargets>[number],
): Answer | null {
  const { facts, host } = look;
  const shown = showAddress(address);
  if (!isLocal(address)) return null;
  if (pools.some(({ master }) => host.machines.has(master))) return unknown(`${shown} is a container's`);
  if (!facts.network) return unknown("no /proc/net shows who listens");
  const found = listenersAt(facts, address);
  if (found.length === 0) {
    const left = address.kind === "unix" && pathSeen(facts, address.path)?.kind === "socket";
    const down = neededMasters(host).filter((master) => runningFpm(look, master) === null);
    const spared = othersTake(look, address);
    return wrong(spared ? "warning" : "error", `nobody listens on ${shown}`, {
      evidence: [
        ...(spared
          ? ["another server of the upstream takes the requests, each after a failed connection"]
          : []),
        ...(left ? ["the socket's file is there, and nobody listens on it"] : []),
        ...(down.length > 0 ? ["PHP-FPM does not run"] : []),
      ],
      place,
      fix: fixFor(look, pools[0]?.master ?? down[0]),
    });
  }
  const owners = found.flatMap((one) => one.owners);
  const masters = new Set(pools.map(({ master }) => host.masters.indexOf(master)));
  const isOwn = owners.some(({ daemon, master }) => daemon === "php-fpm" && masters.has(master ?? -1));
  const [other] = owners;
  if (pools.length === 0 || other === undefined || isOwn)
    return fine(`${shown}: ${other === undefined ? "somebody listens" : `${other.name} ${other.pid}`}`);
  if (other.orphan)
    return wrong("warning", `workers of a PHP-FPM whose master is gone listen on ${shown}`, {
      evidence: [`process ${other.pid} is one of them`, "nobody starts others, and no PHP-FPM starts there"],
      place,
      fix: `kill ${owners.flatMap(({ orphan, pid }) => (orphan ? [pid] : [])).join(" ")}; then ${fixFor(look, pools[0]?.master)}`,
    });
  return wrong("warning", `${other.name} listens on ${shown}, not the pool of the files`, {
    evidence: [`process ${other.pid} is ${other.name}`],
    place,
    fix: `ss -lxtp shows who listens; pool ${pools[0]?.name ?? ""} cannot listen there as well`,
  });
}

const bindingsTo = perKey(({ bindings }: Host) =>
  grouped(bindings.flatMap((one) => one.targets.map(({ address }) => [addressKey(address), one] as const))),
);

/** Whether every location that passes to an address has another server on which somebody listens. */
function othersTake({ host, facts }: Look, address: Address): boolean {
  const own = addressKey(address);
  const passing = bindingsTo(host).get(own) ?? [];
  return passing.every(({ targets }) =>
    targets.some(
      (one) => !one.down && addressKey(one.address) !== own && listenersAt(facts, one.address).length > 0,
    ),
  );
}

function fixFor(look: Look, master: Parameters<typeof serviceName>[0] | undefined): string {
  if (master === undefined) return "fpmlint /etc says which pool may be meant";
  return runningFpm(look, master) === null
    ? `systemctl start ${serviceName(master)}`
    : `systemctl restart ${serviceName(master)}`;
}
