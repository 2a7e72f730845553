import type { Binding } from "../model/host.js";
import { namesOtherProgram } from "../model/pass/serves.js";
import { mayAnswerItself } from "../nginx/facts/foreign.js";
import { matchingOf, mayBeExact } from "../nginx/location/extensions.js";
import { handingOn, takesBodies } from "../nginx/location/passed.js";
import { effectiveFlag, effectiveList } from "../nginx/tree/effective.js";
import { argument, childrenNamed, headText } from "../nginx/tree/nodes.js";
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

/** The port that PHP-FPM's own sample and most images have. */
const USUAL_PORT = 9000;

/**
 * Whether a location that nothing ties to PHP looks as if it passed to it all the same: by PHP-FPM's usual port, or by
 * an index that is a script.
 */
export function looksLikePhp({ block, location, pass, targets }: Binding): boolean {
  const byItself = [location, block].some(({ children }) =>
    children.some(({ name }) => mayAnswerItself(name)),
  );
  const address = argument(pass, 0) ?? "";
  if (byItself || namesOtherProgram(address)) return false;
  const index = effectiveList(block, "index");
  return (
    targets.some((target) => target.address.kind === "tcp" && target.address.port === USUAL_PORT) ||
    (index.kind === "set" &&
      index.nodes.some(({ directive }) => directive.args.some(({ text }) => text.endsWith(".php"))))
  );
}
