import { grouped } from "../../source/collect.js";
import { perKey } from "../../source/memo.js";
import { always } from "../tree/branches.js";
import { effectiveFlag, effectiveList } from "../tree/effective.js";
import { argument, childrenNamed, enclosing } from "../tree/nodes.js";
import type { Node } from "../types.js";
import { chooseLocation } from "./choose.js";
import { conditionOf } from "./conditions.js";
import { matchingOf, patternOf } from "./extensions.js";
import { matches, readPattern } from "./pattern.js";

/** Which requests of a server a location passes to FastCGI. */

/** The location that nginx chooses for a URI, `null` for the server itself; `undefined`: unknown. */
export function chosenLocation(server: Node, uri: string): Node | null | undefined {
  const found = chooseLocation(server, uri);
  return "unclear" in found ? undefined : found.location;
}

/** Whether a location matches a URI, whatever the other locations do; `undefined`: unknown. */
export function takes(location: Node, uri: string): boolean | undefined {
  const { modifier, text } = matchingOf(location);
  if (modifier === "=") return text === uri;
  if (modifier === "@") return false;
  if (!modifier.startsWith("~")) return uri.startsWith(text);
  const pattern = patternOf(location);
  return pattern === null ? undefined : matches(pattern, uri);
}

/**
 * Whether nginx surely passes a URI to the location's `fastcgi_pass` as it is. `exists`: the file is
 * known to exist; otherwise a `try_files` may lead anywhere.
 */
export function surelyPassed(location: Node, server: Node | null, uri: string, exists: boolean): boolean {
  return (
    server !== null &&
    takenAsIs(server, uri) === location &&
    leavesAlone(server, uri) &&
    leavesAlone(location, uri) &&
    tried(location, exists) &&
    !answersInstead(location)
  );
}

/** The location that answers a URI itself; `undefined`: unknown, or it only redirects to its slash. */
function takenAsIs(server: Node, uri: string): Node | null | undefined {
  const found = chooseLocation(server, uri);
  return "unclear" in found || found.slash ? undefined : found.location;
}

/** Directives that may do anything to a request. */
const PROGRAMS = /_by_lua|^js_|^perl|^njs_/;

/** Whether nothing on this level redirects, rewrites or answers the request by itself. */
export function leavesAlone(block: Node, uri: string): boolean {
  if (block.partial || block.children.some(({ name }) => PROGRAMS.test(name))) return false;
  if (["return", "internal"].some((name) => childrenNamed(block, name).length > 0)) return false;
  const denied = childrenNamed(block, "deny").some(mayBeAll);
  if (denied && childrenNamed(block, "allow").length === 0) return false;
  return (
    childrenNamed(block, "rewrite").every((node) => fails(argument(node, 0) ?? "", false, uri)) &&
    childrenNamed(block, "if").every((node) => passesBy(node, uri))
  );
}

function fails(regex: string, insensitive: boolean, uri: string): boolean {
  const pattern = readPattern(regex, insensitive);
  return pattern !== null && matches(pattern, uri) === false;
}

/** Variables that tell clients, hosts or methods apart, but not files. */
const NOT_THE_FILE =
  /^(?:host|hostname|scheme|https|(?:http|server|ssl|remote|cookie|geoip)_\w+|request_method|args|arg_\w+|query_string)$/;
const THE_URI = /^(?:uri|document_uri|request_uri|fastcgi_script_name)$/;
const CHANGES_NOTHING = /^(?:set|add_header|expires|access_log|error_log|break)$/;

/** Whether an `if` does nothing to the URI, is about something other than the file, or does not match it. */
function passesBy(node: Node, uri: string): boolean {
  if (node.children.every(({ name }) => CHANGES_NOTHING.test(name)) && !node.partial) return true;
  const condition = conditionOf(node);
  if (condition.kind === "unread" || condition.kind === "file") return false;
  if (NOT_THE_FILE.test(condition.name)) return true;
  if (condition.kind !== "regex" || condition.negative || !THE_URI.test(condition.name)) return false;
  return condition.pattern !== null && matches(condition.pattern, uri) === false;
}

/** Whether `try_files` keeps the URI as it is, for an existing file or for any file. */
export function tried(location: Node, exists: boolean): boolean {
  return childrenNamed(location, "try_files").every((node) => {
    const words = node.directive.args.map(({ text }) => text);
    const checked = words
      .slice(0, -1)
      .every((text) => /^\$(?:uri|fastcgi_script_name|document_uri)\/?$/.test(text));
    const file = words.slice(0, -1).some((text) => !text.endsWith("/"));
    return checked && file && (exists || /^=\d+$/.test(words[words.length - 1] ?? ""));
  });
}

/** Whether an `error_page` turns PHP's 403 into something else. */
function answersInstead(location: Node): boolean {
  const intercept = effectiveFlag(location, "fastcgi_intercept_errors");
  if (intercept.kind === "default") return false;
  const pages = effectiveList(location, "error_page");
  const changes =
    pages.kind === "set" &&
    pages.nodes.some(({ directive }) => {
      const has = (fits: (text: string) => boolean) =>
        directive.args.some(({ text, placeholder }) => placeholder || fits(text));
      return has((text) => text === "403") && has((text) => text.startsWith("="));
    });
  const whole = pages.kind === "default" || (pages.kind === "set" && pages.complete);
  return intercept.kind === "unknown" ? changes : intercept.value && (changes || !whole);
}

/**
 * The locations of a server that hand requests on to `location`, with the last argument of `try_files`, with
 * `error_page 404` or with a `rewrite`. They take the request first, with settings of their own. In the place
 * of a named one are those that hand on to it.
 */
export function handingOn(server: Node, location: Node): readonly Node[] {
  const handers = handersIn(server);
  const found = new Set<Node>();
  const named = new Set<Node>();
  const collect = (to: Node): void => {
    const before = [
      ...(handers.byLocation.get(to) ?? []),
      ...(handers.byName.get(argument(to, 0) ?? "") ?? []),
    ];
    for (const one of before) {
      if (matchingOf(one).modifier !== "@") found.add(one);
      else if (!named.has(one)) {
        named.add(one);
        collect(one);
      }
    }
  };
  collect(location);
  found.delete(location);
  return [...found];
}

interface Handers {
  /** Those that hand on to a path, by the location that takes it. */
  readonly byLocation: ReadonlyMap<Node, readonly Node[]>;
  /** Those that hand on to a named location, by `@name`. */
  readonly byName: ReadonlyMap<string, readonly Node[]>;
}

/** Each of thousands of locations asks who hands on to it. */
const handersIn = perKey((server: Node): Handers => {
  const takers = new Map<string, Node | undefined>();
  const taker = (path: string): Node | undefined => {
    if (!takers.has(path)) takers.set(path, chosenLocation(server, path) ?? undefined);
    return takers.get(path);
  };
  // Where no location fits, the server itself does.
  const alone = chosenLocation(server, "/no-such-name") === null ? [server] : [];
  const handing = [...alone, ...locationsIn(server)]
    .filter(always)
    .flatMap((one) => targetsOf(one).map((target) => [target, one] as const));
  const paths = handing.filter(([target]) => target.startsWith("/") && !target.includes("$"));
  return {
    byName: grouped(handing.filter(([target]) => target.startsWith("@"))),
    byLocation: grouped(
      paths.flatMap(([target, one]) => {
        const location = taker(target);
        return location === undefined ? [] : [[location, one] as const];
      }),
    ),
  };
});

/** The targets to which a location hands on what it does not find. */
function targetsOf(location: Node): readonly string[] {
  const tried = childrenNamed(location, "try_files").map((node) => node.directive.args.at(-1)?.text ?? "");
  const pages = childrenNamed(location, "error_page").filter((node) => argument(node, 0) === "404");
  // Those of a server come before any location is chosen.
  const rewrites = (location.name === "server" ? [] : [location, ...childrenNamed(location, "if")])
    .flatMap((block) => childrenNamed(block, "rewrite"))
    .filter((node) => [undefined, "last"].includes(argument(node, 2)));
  return [
    ...tried,
    ...pages.map((node) => node.directive.args.at(-1)?.text ?? ""),
    ...rewrites.map((node) => argument(node, 1) ?? ""),
  ].map((target) => target.replace(/(?:\?|\$is_args\b).*/, ""));
}

function locationsIn(block: Node): readonly Node[] {
  return childrenNamed(block, "location").flatMap((one) => [one, ...locationsIn(one)]);
}

/** Whether a `deny` is for everybody, or may be once a template fills it in. */
export function mayBeAll({ directive }: Node): boolean {
  return directive.args[0]?.text === "all" || directive.args[0]?.placeholder === true;
}

/** Methods whose requests have no body. */
const WITHOUT_BODY = /^(?:GET|HEAD|OPTIONS|TRACE)$/i;

/**
 * Whether a request with a body can reach FastCGI: not where `limit_except GET` denies everybody, or an
 * `if` refuses POST.
 */
export function takesBodies(location: Node): boolean {
  if ([location, enclosing(location, "server") ?? location].some(refusesPost)) return false;
  return !childrenNamed(location, "limit_except").some(
    (limit) =>
      limit.directive.args.every((word) => word.placeholder || WITHOUT_BODY.test(word.text)) &&
      childrenNamed(limit, "deny").some((node) => always(node) && mayBeAll(node)) &&
      childrenNamed(limit, "allow").length === 0,
  );
}

/** `if ($request_method !~ ^(GET|HEAD)$) { return 405; }` */
function refusesPost(block: Node): boolean {
  return childrenNamed(block, "if").some((node) => {
    const condition = conditionOf(node);
    // A condition that a template makes may be about the method.
    if (node.directive.args.some(({ placeholder }) => placeholder)) return true;
    if (condition.kind !== "equal" && condition.kind !== "regex") return false;
    if (condition.name !== "request_method" || !childrenNamed(node, "return").some(always)) return false;
    const fits =
      condition.kind === "equal"
        ? condition.value === "POST"
        : condition.pattern === null
          ? false
          : matches(condition.pattern, "POST");
    return fits !== undefined && fits !== condition.negative;
  });
}
