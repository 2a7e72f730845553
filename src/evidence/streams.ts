import { effectiveParams } from "../model/request/fastcgi-params.js";
import { handingOn, takes } from "../nginx/location/passed.js";
import { childrenNamed, headText, shownWord } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { hasPlaceholder, readMarks } from "../source/template.js";
import type { Pair } from "./pairs.js";

/** Which locations are for scripts in general, and which for responses that should arrive piece by piece. */

/** Any two scripts, and any page of a front controller. */
const SCRIPTS = ["/index.php", "/a/other.php"];
const PAGE = "/a/page";

/**
 * Whether a location takes scripts whatever they are called, or the pages of a front controller that
 * another location hands on to it. A location for a single script may be meant for a stream.
 */
export function isGeneral({ binding: { location, server } }: Pair): boolean {
  if (isWhole(location) && SCRIPTS.every((uri) => takes(location, uri) === true)) return true;
  return (
    server !== null && handingOn(server, location).some((one) => isWhole(one) && takes(one, PAGE) === true)
  );
}

/** Whether no location around it narrows down the paths. */
function isWhole(location: Node): boolean {
  const outer = location.parent;
  return outer?.name !== "location" || (takes(outer, PAGE) === true && isWhole(outer));
}

/** Names of things that arrive or are sent piece by piece, or that take long by nature. */
const PIECEWISE =
  /^(?:sse|events?|eventsource|streams?|streaming|live|push|(?:long)?poll(?:ing)?|sockets?|ws|progress|notify|notifications?|feeds?|chat|tail|logs?|downloads?|exports?|uploads?|imports?|backups?|mercure|realtime)$/i;

/** The same for a whole server or pool, without words that may also be the name of a shop or a calendar. */
const STREAMS = /^(?:sse|eventsource|streams?|streaming|push|(?:long)?poll(?:ing)?|mercure|realtime)$/i;

/** Whether the location, its script, the server or the pool is named after a stream of events or something similar. */
export function isStream({ binding: { block, location, server }, pool }: Pair): boolean {
  const script = effectiveParams(block)?.params.get("SCRIPT_FILENAME")?.value ?? "";
  const narrow = [...around(location).map(headText), script];
  const names = server === null ? [] : childrenNamed(server, "server_name");
  const hosts = names.flatMap((node) => node.directive.args.map((word) => shownWord(node, word)));
  if (narrow.some((text) => named(text, PIECEWISE)) || named(pool.name, STREAMS)) return true;
  // If there are several names, one may be the site's own.
  return hosts.length > 0 && hosts.every((text) => named(text, STREAMS));
}

function around(location: Node): readonly Node[] {
  const outer = location.parent;
  return outer?.name === "location" ? [location, ...around(outer)] : [location];
}

/** A name that a template fills in may be one of these. */
function named(text: string, names: RegExp): boolean {
  if (hasPlaceholder(text) || readMarks(text).length > 0) return true;
  return text.split(/[^a-z]+/i).some((word) => names.test(word));
}
