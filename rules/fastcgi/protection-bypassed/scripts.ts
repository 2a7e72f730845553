import type { Host } from "../../../src/model/host.js";
import {
  answersOtherwise,
  isNoDirectoryOfScripts,
  surelyWithoutScripts,
} from "../../../src/model/request/site-files.js";
import { matchingOf, namedExtensions, samplePath } from "../../../src/nginx/location/extensions.js";
import { takes } from "../../../src/nginx/location/passed.js";
import type { Node } from "../../../src/nginx/types.js";
import { unique } from "../../../src/source/collect.js";
import { withoutEnd } from "../../../src/source/ends.js";

/** URIs of scripts that a location seems to protect by a directive of its own. */
export function scriptsOf(guarded: Node, guard: Node): readonly string[] {
  const { modifier, text } = matchingOf(guarded);
  if (guarded.directive.args.some(({ placeholder }) => placeholder)) return [];
  if (modifier.startsWith("~")) return matchedScripts(guarded);
  // In a location, `^~` does not keep off the expressions of the levels around it.
  const asPrefix = modifier === "" || (modifier === "^~" && guarded.parent?.name === "location");
  if (!asPrefix || !text.startsWith("/") || isNoDirectoryOfScripts(text)) return [];
  if (text.endsWith(".php")) return [text];
  // What is refused without a slash may be a page of errors or of a module, and what is left at `/` is no place.
  if (guard.name === "return" && (text === "/" || !text.endsWith("/"))) return [];
  return answersOtherwise(guarded) && text !== "/" ? [] : [`${withoutEnd(text, "/")}/index.php`];
}

/**
 * Of regular expressions only those that name certain scripts or directories: the one for hidden files is
 * rightly after the PHP location, and one for all scripts is meant for those that nothing before it takes.
 */
function matchedScripts(guarded: Node): readonly string[] {
  const around = locationsAround(guarded);
  const bases = unique(["", ...around.map(baseOf)]);
  if (bases.some((base) => takes(guarded, `${base}/index.php`) !== false)) return [];
  const named = namedExtensions(guarded)
    .flat()
    .flatMap(({ extension, uri }) => (extension === ".php" ? [uri] : []));
  return [...named, ...directoryOf(guarded)]
    .flatMap((uri) => bases.map((base) => base + uri))
    .filter((uri) => [guarded, ...around].every((location) => takes(location, uri) === true));
}

/** A script in a directory at the top that a regular expression names: `^/(?:conf|vendor)/`. */
function directoryOf(guarded: Node): readonly string[] {
  const path = matchingOf(guarded).text.startsWith("^/") ? samplePath(guarded) : null;
  if (path === null || !path.endsWith("/") || isNoDirectoryOfScripts(path)) return [];
  return answersOtherwise(guarded) ? [] : [`${path}index.php`];
}

/** The locations that a nested one is in, the innermost first. */
function locationsAround(location: Node): readonly Node[] {
  const found: Node[] = [];
  for (let at = location.parent; at !== null && at.name === "location"; at = at.parent) found.push(at);
  return found;
}

/** The beginning of the paths in a location, without its slash. */
function baseOf(location: Node): string {
  const { modifier, text } = matchingOf(location);
  return withoutEnd(modifier.startsWith("~") ? (samplePath(location) ?? "") : text, "/");
}

/** Whether the place that a location protects is a directory of the tree that has no script. */
export function hasNoScripts(host: Host, guarded: Node, uri: string): boolean {
  const { modifier, text } = matchingOf(guarded);
  return !modifier.startsWith("~") && uri !== text && surelyWithoutScripts(host, guarded, text);
}
