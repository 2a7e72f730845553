import type { Binding, Host, OtherPass } from "../model/host.js";
import { nginxListensAt } from "../model/listen/nginx-listens.js";
import { namesOf } from "../model/request/resolve/servers.js";
import type { Step, Way } from "../model/request/resolve/types.js";
import { matchingOf } from "../nginx/location/extensions.js";
import { chosenLocation, handingOn } from "../nginx/location/passed.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { withoutEnd } from "../source/ends.js";
import { perKey } from "../source/memo.js";
import { NOWHERE, waysTo } from "./meetings.js";

/** Requests that nginx passes to itself before they come to PHP-FPM. */

export interface Hop {
  /** The `proxy_pass` of the server in front. */
  readonly from: OtherPass;
  /** The location that takes the request first and whose limits count: the one of `from`, or one that hands on to it. */
  readonly first: Node;
  /** The PHP location at the end of the way, of a server of the same nginx. */
  readonly to: Binding;
}

/** Every way over a server of the same nginx to PHP, as far as one URL of each location tells. */
export const hops = perKey((host: Host): readonly Hop[] => {
  const byPass = new Map(host.bindings.map((binding) => [binding.pass, binding] as const));
  return host.otherPasses.flatMap((from) => {
    const { server, location } = from;
    if (server === null || !leadsToItself(host, from)) return [];
    const own = matchingOf(location).modifier === "@" ? [] : [location];
    return [...own, ...handingOn(server, location)].flatMap((first) => {
      const pass = passBehind(host, server, first, from.pass);
      const to = pass === null ? undefined : byPass.get(pass);
      return to?.serves === "php" ? [{ from, first, to }] : [];
    });
  });
});

/** Whether it has one address, and this nginx alone listens there. */
function leadsToItself(host: Host, { pass, targets }: OtherPass): boolean {
  const [target] = targets;
  if (pass.name !== "proxy_pass" || target === undefined || targets.length > 1 || target.down) return false;
  const listens = nginxListensAt(host, target.address);
  return listens.length > 0 && listens.every(({ http }) => http);
}

/** The `fastcgi_pass` to which requests for a location come over a `proxy_pass`; `null`: none is certain. */
function passBehind(host: Host, server: Node, first: Node, over: Node): Node | null {
  const behind = new Set<Node>();
  const found = (uri: string): Node | null => {
    const [pass = null, ...others] = new Set(
      hostsOf(server).flatMap((name) => {
        const ways = waysTo(host, server, uri, { headers: [["Host", name]] });
        for (const last of ways.flatMap(lastServer)) behind.add(last);
        return ways.length === 0 ? [null] : ways.map((way) => passAfter(way, first, over));
      }),
    );
    return others.length === 0 ? pass : null;
  };
  const own = firstOf(urisOf(server, first), found);
  if (own !== null) return own;
  // A server behind that passes on only what is below some paths.
  const below = [...behind].filter((one) => one !== server).flatMap(pathsOf);
  return firstOf(
    below.filter((uri) => chosenLocation(server, uri) === first),
    found,
  );
}

/** The first answer that is not `null`. */
function firstOf(uris: readonly string[], ask: (uri: string) => Node | null): Node | null {
  for (const uri of uris) {
    const answer = ask(uri);
    if (answer !== null) return answer;
  }
  return null;
}

/** The server that a request came to in the end. */
function lastServer({ steps }: Way): readonly Node[] {
  const last = steps.findLast((step): step is Extract<Step, { kind: "server" }> => step.kind === "server");
  return last === undefined ? [] : [last.server];
}

/** So many locations of a server behind are tried; each request costs as much as one to a site. */
const MOST_TRIED = 8;

/** URIs of the prefixes of a server, and of its single URIs. */
function pathsOf(server: Node): readonly string[] {
  return childrenNamed(server, "location")
    .filter((location) => ["", "^~", "="].includes(matchingOf(location).modifier))
    .slice(0, MOST_TRIED)
    .flatMap((location) => urisOf(server, location));
}

function passAfter({ steps, outcome }: Way, first: Node, over: Node): Node | null {
  const begins = steps.find((step): step is Extract<Step, { kind: "location" }> => step.kind === "location");
  const hopped = steps.some((step) => step.kind === "hop" && step.node === over);
  // Of the names that nobody knows, some may be those of other servers.
  if (steps.some((step) => step.kind === "server" && step.host === NOBODY && step.why === "default"))
    return null;
  return outcome.kind === "php" && hopped && begins?.location === first ? outcome.pass : null;
}

/** A script that the location takes, and names without a file. */
function urisOf(server: Node, location: Node): readonly string[] {
  const { modifier, text } = matchingOf(location);
  if (location.directive.args.some(({ placeholder }) => placeholder)) return [];
  if (modifier === "=") return chosenLocation(server, text) === location ? [text] : [];
  const prefix = modifier.startsWith("~") ? "/" : `${withoutEnd(text, "/")}/`;
  return ["index.php", NOWHERE, `${NOWHERE}.php`]
    .map((name) => prefix + name)
    .filter((uri) => chosenLocation(server, uri) === location);
}

/** A name that no server has. */
const NOBODY = "no-such-name.invalid";

/** Every name that requests for a server bring; for those that are not written out a made-up one. */
function hostsOf(server: Node): readonly string[] {
  const { exact, leading, trailing, expressions, open } = namesOf(server);
  const names = [...exact].filter((name) => /^[\w.-]+$/.test(name) && name !== "_");
  const more = leading.length + trailing.length + expressions.length > 0 || open !== null;
  return more || names.length < exact.size || names.length === 0 ? [...names, NOBODY] : names;
}
