import type { Draft } from "../engine/define.js";
import type { RelatedReport } from "../engine/rule.js";
import type { Pool } from "../fpm/types.js";
import type { Binding, Host } from "../model/host.js";
import { subrequestsOf } from "../model/request/subrequests.js";
import { childrenNamed, headPlace } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { oncePerPlace } from "../source/file.js";

/** What the client sees where nginx asks a location by itself: `auth_request` makes 500 of a 502. */

/** The endings of requests that `auth_request` makes another one of. */
const ENDS = /\b(?:502 Bad Gateway|504 Gateway Time-out|404 File not found|404 Not Found|404)\b/;
const SERVER_ERROR = "500 Internal Server Error";

/** Every `auth_request` that asks a location for its answer. */
function askers({ server, location }: Asked): readonly Node[] {
  const found = server === null ? [] : (subrequestsOf(server).askers.get(location) ?? []);
  return found.filter(({ name }) => name === "auth_request");
}

/** A location that passes requests on, whatever it speaks. */
type Asked = Pick<Binding, "server" | "location">;

/**
 * The effect as the clients see it. Where all of the locations are asked by `auth_request`, a 502 is a 500
 * for them; one that is not `internal` may also be asked directly.
 */
export function seenByClients(effect: string, locations: readonly Asked[]): Pick<Draft, "effect" | "asked"> {
  if (locations.length === 0 || locations.some((one) => askers(one).length === 0)) return { effect };
  const inside = locations.every(({ location }) => childrenNamed(location, "internal").length > 0);
  if (!ENDS.test(effect)) return { effect, asked: true };
  const inTheirWords = inside
    ? effect.replace(ENDS, (end) => `${SERVER_ERROR}, which auth_request makes of the ${end}`)
    : `${effect}, and for whatever auth_request protects that is ${SERVER_ERROR}`;
  return { effect: inTheirWords, asked: true };
}

/** The same where all locations that pass requests to these pools are meant. */
export function seenByClientsOf(
  host: Host,
  pools: readonly Pool[],
  effect: string,
): Pick<Draft, "effect" | "asked"> {
  const users = host.bindings.filter(({ targets }) =>
    targets.some((target) => target.pools.some((pool) => pools.includes(pool))),
  );
  return seenByClients(effect, users);
}

/** The lines that ask there, once each. */
export function askedBy(locations: readonly Asked[]): readonly RelatedReport[] {
  return oncePerPlace(
    locations
      .flatMap(askers)
      .map((node) => ({ place: headPlace(node), message: "auth_request makes 500 of the answer" })),
    ({ place }) => place,
  );
}
