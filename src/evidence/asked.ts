import type { RelatedReport } from "../engine/rule.js";
import type { Binding } from "../model/host.js";
import { subrequestsOf } from "../model/request/subrequests.js";
import { childrenNamed, headPlace } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { oncePerPlace } from "../source/file.js";

/** What the client sees where nginx asks a location by itself: `auth_request` makes 500 of a 502. */

const BAD_GATEWAY = "502 Bad Gateway";
const SERVER_ERROR = "500 Internal Server Error";

/** Every `auth_request` that asks a location for its answer. */
function askers({ server, location }: Binding): readonly Node[] {
  const found = server === null ? [] : (subrequestsOf(server).askers.get(location) ?? []);
  return found.filter(({ name }) => name === "auth_request");
}

/** Whether `auth_request` asks all of the locations. */
export function isAsked(bindings: readonly Binding[]): boolean {
  return bindings.length > 0 && bindings.every((one) => askers(one).length > 0);
}

/**
 * The effect as the clients see it. Where all of the locations are asked by `auth_request`, a 502 is a 500
 * for them; one that is not `internal` may also be asked directly.
 */
export function asClientsSee(effect: string, bindings: readonly Binding[]): string {
  if (!isAsked(bindings)) return effect;
  const inside = bindings.every(({ location }) => childrenNamed(location, "internal").length > 0);
  return inside
    ? effect.replace(BAD_GATEWAY, `${SERVER_ERROR}, which auth_request makes of the ${BAD_GATEWAY}`)
    : `${effect}, and for whatever auth_request protects that is ${SERVER_ERROR}`;
}

/** The lines that ask there. */
export function askedBy(bindings: readonly Binding[]): readonly RelatedReport[] {
  return oncePerPlace(
    bindings
      .flatMap(askers)
      .map((node) => ({ place: headPlace(node), message: "auth_request makes 500 of the 502" })),
    ({ place }) => place,
  );
}
