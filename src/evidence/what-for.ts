import type { Binding } from "../model/host.js";
import { matchingOf, mayBeExact } from "../nginx/location/extensions.js";
import { handingOn, takesBodies } from "../nginx/location/passed.js";
import { effectiveFlag } from "../nginx/tree/effective.js";
import { childrenNamed, headText } from "../nginx/tree/nodes.js";
import { runsNoScripts } from "./timeouts.js";

/** What a location is for, as far as it decides which requests its scripts get. */

/** Whether it is for the status or ping page; where the pool is unknown, the location's words decide. */
export function isPage(binding: Binding): boolean {
  const ways = binding.targets.flatMap((target) => target.pools.map((pool) => ({ binding, target, pool })));
  return /status|ping/i.test(headText(binding.location)) || (ways.length > 0 && ways.every(runsNoScripts));
}

/** One address that only nginx asks for, for `auth_request` or an error page: nobody sends a form there. */
export function isSubrequest({ location, server }: Binding): boolean {
  const internal = childrenNamed(location, "internal").length > 0 && mayBeExact(location);
  return internal && (server === null || handingOn(server, location).length === 0);
}

/** Whether the location is for one address, whose script may need neither: `location = /health`. */
export function isOneAddress({ location, server }: Binding): boolean {
  if (!mayBeExact(location) || matchingOf(location).text.endsWith("/index.php")) return false;
  return server === null || handingOn(server, location).length === 0;
}

/** Whether requests with a body can reach its scripts, with the body. */
export function mayHaveBody({ location, block }: Binding): boolean {
  const passed = effectiveFlag(block, "fastcgi_pass_request_body");
  return takesBodies(location) && passed.kind !== "unknown" && passed.value;
}
