import type { Draft } from "../engine/define.js";
import type { RelatedReport } from "../engine/rule.js";
import type { Pool } from "../fpm/types.js";
import type { Binding, Host } from "../model/host.js";
import { subrequestsOf } from "../model/request/subrequests.js";
import { effectiveNode } from "../nginx/tree/effective.js";
import { argument, childrenNamed, headPlace } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { grouped, unique } from "../source/collect.js";
import { oncePerPlace } from "../source/file.js";
import { perKey } from "../source/memo.js";

/** What the client sees where nginx asks a location by itself: `auth_request` makes 500 of a 502. */

/** The endings of requests that `auth_request` makes another one of. */
const ENDS =
  /\b(?:502 Bad Gateway|504 Gateway Time-out|404 File not found|404 No input file specified|404 Not Found|404)\b/;
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
  const spared = locations.flatMap(askers).every(isSpared);
  return { effect: spared ? `${inTheirWords}, ${SPARED}` : inTheirWords, asked: true };
}

const SPARED = "unless satisfy any lets the request in before anybody is asked";

/** Whether an address or a password is enough where it asks. */
function isSpared({ parent }: Node): boolean {
  const satisfy = parent === null ? null : effectiveNode(parent, "satisfy");
  if (parent === null || satisfy?.kind !== "set" || argument(satisfy.node, 0) !== "any") return false;
  return ["allow", "auth_basic"].some((name) => effectiveNode(parent, name).kind === "set");
}

/** The same where all locations that pass requests to these pools are meant. */
export function seenByClientsOf(
  host: Host,
  pools: readonly Pool[],
  effect: string,
): Pick<Draft, "effect" | "asked"> {
  return seenByClients(effect, unique(pools.flatMap((pool) => usersOf(host).get(pool) ?? [])));
}

/** The locations that pass requests to each pool; rules ask for one pool after the other. */
const usersOf = perKey(({ bindings }: Host) =>
  grouped(
    bindings.flatMap((binding) =>
      binding.targets.flatMap(({ pools }) => pools.map((pool) => [pool, binding] as const)),
    ),
  ),
);

/** The lines that ask there, once each. */
export function askedBy(locations: readonly Asked[]): readonly RelatedReport[] {
  return oncePerPlace(
    locations
      .flatMap(askers)
      .map((node) => ({ place: headPlace(node), message: "auth_request makes 500 of the answer" })),
    ({ place }) => place,
  );
}
