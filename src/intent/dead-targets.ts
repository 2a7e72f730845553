import type { Pool } from "../fpm/types.js";
import { type Address, isLocal, isRelative, showAddress } from "../model/address/address.js";
import type { Binding, Host, Target } from "../model/host.js";
import { nginxListens } from "../model/listen/nginx-listens.js";
import { othersListen } from "../model/listen/other-listeners.js";
import { poolListens, statusListens } from "../model/listen/pool-listens.js";
import { namesOtherProgram } from "../model/pass/serves.js";
import { hasWrittenPort, writtenAddress } from "../model/pass/written.js";
import { perKey } from "../source/memo.js";
import { looksFilledIn } from "../source/template-names.js";
import { isSlip, poolsUnknown, refusedFor } from "./address-slip.js";

/** The addresses that a location passes requests to, and on which nobody can be listening. */
export function deadTargets(host: Host, binding: Binding): readonly Target[] {
  if (binding.serves !== "php" || host.pools.length === 0 || poolsUnknown(host)) return [];
  return binding.targets.filter(
    (target) => !target.down && target.pools.length === 0 && isDead(host, target),
  );
}

/** What nginx looks for and does not find, over all locations. */
export interface Sought {
  /** The pools whose refused `listen` means one of the addresses. */
  readonly meant: ReadonlySet<Pool>;
  /** The other addresses, each once. */
  readonly others: readonly Address[];
}

export const sought = perKey((host: Host): Sought => {
  const meant = new Set<Pool>();
  const others = new Map<string, Address>();
  for (const binding of host.bindings) {
    for (const { address } of deadTargets(host, binding)) {
      const refused = refusedFor(host, address);
      if (refused === null) others.set(showAddress(address), address);
      else meant.add(refused.pool);
    }
  }
  return { meant, others: [...others.values()] };
});

/** Directories of a repository that hold ways to run it, of which one is used. */
const STACK =
  /^\/\.?(?:vagrant|docker|ansible|k8s|kubernetes|heroku|ddev|lando|chef|puppet|salt|vm|platform)\//;

/** Whether the file belongs to one way to run the repository and all pools to others. */
function isOfOtherStack(host: Host, { place }: Target): boolean {
  const own = STACK.exec(place.span.file.path)?.[0];
  if (own === undefined) return false;
  const others = host.pools.map(({ section }) => STACK.exec(section.span.file.path)?.[0]);
  return others.every((other) => other !== undefined && other !== own);
}

/** Whether the pool that the package brings has the address: the tree has only further pools for that PHP. */
function isOfStockPool(host: Host, { address }: Target): boolean {
  const version =
    address.kind === "unix" ? /^\/run\/php\/php(\d\.\d)-fpm\.sock$/.exec(address.path)?.[1] : undefined;
  if (version === undefined) return false;
  const directory = `/etc/php/${version}/fpm/pool.d`;
  return (
    host.fs.entry(directory).kind === "directory" && host.fs.entry(`${directory}/www.conf`).kind === "missing"
  );
}

/** Whether nobody can be listening on the address. */
function isDead(host: Host, target: Target): boolean {
  const { address, upstream } = target;
  // Nothing tells whether nginx shares a machine with the containers of PHP-FPM, or what else is in its own.
  if (host.machines.size > 0 && host.container?.alone !== true) return false;
  const written = writtenAddress(target.place);
  if (!isLocal(address) || looksFilledIn(written)) return false;
  if (namesOtherProgram(written) && !/php/i.test(written)) return false;
  if (!host.whole && (isOfOtherStack(host, target) || isOfStockPool(host, target))) return false;
  // Without a port nginx refuses it or uses port 80, which is another cause.
  if (upstream !== null && !hasWrittenPort(target)) return false;
  if (nginxListens(host, address) || statusListens(host, address)) return false;
  // Other programs also speak FastCGI, and a port of the machine may be a container's.
  if (othersListen(host, address)) return false;
  if (address.kind === "unix") {
    // Where nginx was started is unknown, but the paths of the pools show many slips.
    if (isRelative(address)) return isSlip(host, address);
    // A socket that is there, or a link to one, was made by another program.
    const entry = host.fs.entry(address.path);
    return entry.kind === "missing" && !entry.dangling;
  }
  if (poolListens(host).named.has(address.port)) return false;
  // The official image has a zz-docker.conf, which moves pool www to this port whatever www.conf says.
  const image = host.masters.some(
    ({ main, files }) =>
      (main === null || main.path.startsWith("/usr/local/etc/")) &&
      !files.some(({ path }) => path.endsWith("/zz-docker.conf")),
  );
  return !(image && address.port === 9000);
}
