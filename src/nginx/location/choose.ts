import { perKey } from "../../source/memo.js";
import { childrenNamed } from "../tree/nodes.js";
import type { Node } from "../types.js";
import { findMatch, type Match } from "./captures.js";
import { matchingOf, patternOf } from "./extensions.js";
import { expressionsFor, levelOf, longestPrefix } from "./level.js";

/** The location that nginx chooses for a URI, and why. */

export interface Choice {
  /** `null`: none matches. */
  readonly location: Node | null;
  readonly why: "exact" | "prefix" | "no-regex" | "regex" | "none";
  /** Every regular expression that matched on the way, outermost first. */
  readonly matched: readonly Match[];
  /** The URI is a prefix without its slash, and nginx redirects to the location: `/app` for `location /app/`. */
  readonly slash: boolean;
}

/** What was not understood. */
export interface Unclear {
  readonly unclear: Node;
}

const NONE: Choice = { location: null, why: "none", matched: [], slash: false };

const chosen = perKey((_block: Node) => new Map<string, Choice | Unclear>());
/** Each of thousands of locations of a server is asked about with the same few paths. */
const MOST_CHOSEN = 64;
const LONGEST_KNOWN = 200;

/** `unclear`: the block whose locations, or the location whose expression, could not be read. */
export function chooseLocation(block: Node, uri: string): Choice | Unclear {
  if (uri.length > LONGEST_KNOWN) return choose(block, uri);
  const known = chosen(block);
  const before = known.get(uri);
  if (before !== undefined) return before;
  const found = choose(block, uri);
  if (known.size >= MOST_CHOSEN) known.clear();
  known.set(uri, found);
  return found;
}

function choose(block: Node, uri: string): Choice | Unclear {
  const level = levelOf(block);
  if (level === null) return { unclear: block };
  const exact = level.exact.get(uri);
  if (exact !== undefined) return { location: exact, why: "exact", matched: [], slash: false };
  const longest = longestPrefix(level, uri);
  const slashed = uri === "" ? null : slashedLocation(level, uri);
  // A prefix that is the whole URI counts more than one that lacks only the slash.
  if (slashed !== null && !level.prefixes.has(uri))
    return { location: slashed, why: "prefix", matched: [], slash: true };
  let found: Choice = NONE;
  if (longest !== null) {
    const noRegex = matchingOf(longest).modifier === "^~";
    const inner = chooseLocation(longest, uri);
    if ("unclear" in inner || isSettled(inner)) return inner;
    found =
      inner.location === null
        ? { location: longest, why: noRegex ? "no-regex" : "prefix", matched: [], slash: false }
        : inner;
    if (noRegex) return found;
  }
  for (const one of expressionsFor(level, uri)) {
    const pattern = patternOf(one);
    const match = pattern === null ? undefined : findMatch(pattern, uri);
    if (match === undefined) return { unclear: one };
    if (match === null) continue;
    const nested = chooseLocation(one, uri);
    if ("unclear" in nested) return nested;
    const matched = [match, ...nested.matched];
    return nested.location === null
      ? { location: one, why: "regex", matched, slash: false }
      : { ...nested, matched };
  }
  return found;
}

function isSettled({ why, slash }: Choice): boolean {
  return why === "exact" || why === "regex" || slash;
}

type Level = NonNullable<ReturnType<typeof levelOf>>;

/** The location of the URI with a slash, if something is passed on there. */
function slashedLocation({ exact, prefixes }: Level, uri: string): Node | null {
  const [one, other] = [exact.get(`${uri}/`), prefixes.get(`${uri}/`)];
  const passes = (node: Node | undefined): boolean =>
    node?.children.some(({ name }) => PASSES.test(name)) === true;
  return passes(one) || passes(other) ? (one ?? other ?? null) : null;
}

const PASSES = /^(?:fastcgi|proxy|uwsgi|scgi|grpc|memcached)_pass$/;

/** The named locations of a server by their names with the `@`; of two with one name the first. */
export function namedLocation(server: Node, name: string): Node | null {
  return (
    childrenNamed(server, "location").find((one) => {
      const { modifier, text } = matchingOf(one);
      return modifier === "@" && `@${text}` === name;
    }) ?? null
  );
}
