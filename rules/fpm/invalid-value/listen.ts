import { phpBindings } from "../../../src/evidence/pairs.js";
import { fpmAddress, isLocal } from "../../../src/model/address/address.js";
import type { Host } from "../../../src/model/host.js";

/**
 * Why PHP-FPM refuses a `listen` when it starts. `null`: it accepts it, or that depends on what a name
 * resolves to, or nginx passes requests to an address that nobody listens on: then that is the
 * finding, and it names this pool.
 */
export function refusedListen(host: Host, text: string, key: string): "listen-port" | "listen-host" | null {
  if (fpmAddress(text) !== null || text === "") return null;
  const dead = phpBindings(host).some(({ targets }) =>
    targets.some(({ pools, address, down }) => !down && pools.length === 0 && isLocal(address)),
  );
  if (dead && key === "listen") return null;
  const colon = text.lastIndexOf(":");
  const [name, port] = colon === -1 ? [null, text] : [text.slice(0, colon), text.slice(colon + 1)];
  const number = /^[ \t]*[+-]?\d+/.exec(port)?.[0];
  if (number === undefined || Number(number) < 1 || Number(number) > 65535) return "listen-port";
  return name === "" || name?.includes("/") === true ? "listen-host" : null;
}
