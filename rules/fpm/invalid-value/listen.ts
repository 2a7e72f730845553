import type { Pool } from "../../../src/fpm/types.js";
import { sought } from "../../../src/intent/dead-targets.js";
import { isRelative, showAddress } from "../../../src/model/address/address.js";
import { type ListenFault, listenFault, meantListen } from "../../../src/model/address/refused-listen.js";
import type { Host } from "../../../src/model/host.js";

/**
 * Why PHP-FPM refuses a `listen` when it starts. `null`: it accepts it, or that depends on what a name
 * resolves to, or nginx passes requests to the address that is meant: then that is the finding, and it
 * names this pool.
 */
export function refusedListen(host: Host, pool: Pool, text: string, key: string): ListenFault | null {
  const fault = listenFault(text);
  return fault === null || (key === "listen" && sought(host).meant.has(pool)) ? null : fault;
}

/**
 * What to write instead, the best first: what the text shows, else the one address that nginx looks for and
 * does not find, else a socket or a port.
 */
export function plainListens(host: Host, text: string, key: string): readonly string[] {
  const meant = meantListen(text);
  // A port alone would open it to every network.
  if (meant !== null) return [/^\d+$/.test(meant) ? `127.0.0.1:${meant}` : meant];
  const [only, ...more] = key === "listen" ? sought(host).others : [];
  if (only !== undefined && more.length === 0 && !isRelative(only)) return [showAddress(only)];
  return ["/run/php/php-fpm.sock", "127.0.0.1:9000"];
}
