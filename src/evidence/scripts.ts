import { answersTo } from "../model/answer/answer.js";
import type { AnswerWay } from "../model/answer/types.js";
import type { Binding, Host } from "../model/host.js";
import { scriptsAt } from "../model/request/paths.js";
import type { PhpOutcome, Way } from "../model/request/resolve/types.js";
import { writtenRoot } from "../model/request/root.js";
import { subrequestsOf } from "../model/request/subrequests.js";
import { literalScripts, matchingOf, namedExtensions, samplePath } from "../nginx/location/extensions.js";
import { enclosing, insideServer } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { grouped } from "../source/collect.js";
import { withoutEnd } from "../source/ends.js";
import { perKey } from "../source/memo.js";
import { filesOf, missingBelow, NOWHERE, type Question, visitorsOf, waysTo } from "./meetings.js";

/** URLs that lead to one location with a `fastcgi_pass`, and what PHP-FPM answers to them. */

/** One way of a request that reaches PHP. */
export interface Passed {
  readonly target: string;
  readonly way: Way;
  readonly outcome: PhpOutcome;
  /** Of every pool that may get it; empty: no pool is known. */
  readonly answers: readonly AnswerWay[];
  /** Who asked. */
  readonly question: Question;
}

/** What PHP-FPM answers to a request; none where nginx itself answers it on every way. */
export function passed(host: Host, server: Node, target: string, question: Question = {}): readonly Passed[] {
  return waysTo(host, server, target, question).flatMap((way) => {
    const { outcome } = way;
    if (outcome.kind !== "php") return [];
    return [{ target, way, outcome, answers: answersTo(host, outcome, filesOf(host), way.rests), question }];
  });
}

/** The same for whoever the server lets in: of the first visitor whose request gets to PHP. */
export function passedForVisitors(host: Host, server: Node, target: string): readonly Passed[] {
  for (const visitor of visitorsOf(server)) {
    const found = passed(host, server, target, visitor);
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * Whether a fallback of `try_files` without a slash in front may get to its script all the same: the path of the
 * script brings one, as in `$document_root/$fastcgi_script_name`, or it is relative, and PHP-FPM opens it from the
 * pool's `chdir`, its `chroot`, or wherever a container starts it.
 */
export function reachesWithoutSlash(host: Host, { outcome, rests }: Way, path: string): boolean {
  if (outcome.kind !== "php") return false;
  const sent = outcome.params.findLast(({ name }) => name === "SCRIPT_FILENAME");
  if (sent === undefined) return false;
  // Which script, or which pool it is for, is not known.
  if (sent.text === null) return true;
  if (sent.text.startsWith("/")) return sent.text.endsWith(`/${path}`);
  const answers = answersTo(host, outcome, filesOf(host), rests);
  return (
    answers.length === 0 || answers.some(({ answer }) => answer.kind === "runs" || answer.kind === "unknown")
  );
}

/** A parameter as PHP-FPM has it, which takes the last of several; `null`: it is not sent, or unknown. */
export function sentParam({ params }: PhpOutcome, name: string): string | null {
  return params.findLast((one) => one.name === name)?.text ?? null;
}

/** Paths of scripts that a location may take, made from its own words and from those around it. */
export const scriptPaths = perKey(({ location, server }: Binding): readonly string[] => {
  const found = new Set<string>();
  let prefix = "/";
  for (let at: Node | null = location; at !== null; at = at.parent) {
    if (at.name !== "location") continue;
    const { modifier, text } = matchingOf(at);
    if (/^[~@]/.test(modifier)) continue;
    if (modifier === "=") found.add(text);
    prefix = text.endsWith("/") ? text : `${text}/`;
    break;
  }
  found.add(`${prefix}index.php`);
  const { modifier, text } = matchingOf(location);
  const below = modifier.startsWith("~") ? /^\^(\/[\w/-]*)/.exec(text)?.[1] : undefined;
  if (below !== undefined) found.add(`${withoutEnd(below, "/")}/index.php`);
  for (const { uri } of namedExtensions(location).flat()) found.add(withoutEnd(uri, "/"));
  for (const path of literalScripts(location)) found.add(path);
  found.add("/index.php");
  if (below !== undefined) found.add(`${withoutEnd(below, "/")}/${NOWHERE}`);
  // Such a URL is no file, unless somebody has one of so short a name.
  const sample = samplePath(location);
  if (sample !== null) found.add(`${sample}${NOWHERE}`).add(sample);
  const name = location.directive.args[0]?.text ?? "";
  for (const path of server === null ? [] : (leadingTo(server).get(name) ?? [])) found.add(path);
  // A front controller, or a named location, is reached by what is no file.
  found.add(`${prefix}${NOWHERE}`);
  found.add(`/${NOWHERE}`);
  return [...found].filter((path) => path.startsWith("/"));
});

/** By the names of locations, URLs without a file below the locations that lead to them. */
const leadingTo = perKey((server: Node): ReadonlyMap<string, readonly string[]> => {
  const leading = [...insideServer(server, "try_files"), ...insideServer(server, "error_page")];
  return grouped(
    leading.flatMap(({ parent, directive }) => {
      const from = parent === null ? null : enclosing(parent, "location");
      const name = directive.args.at(-1)?.text ?? "";
      const url = from === null || !name.startsWith("@") ? null : missingBelow(from);
      return url === null ? [] : [[name, url] as const];
    }),
  );
});

/** Who may ask for a location: whoever the server lets in, and nginx itself where `auth_request` or `mirror` name it. */
function askersOf(server: Node, { location }: Binding): readonly Question[] {
  const asked = subrequestsOf(server).askers.has(location);
  return asked ? [...visitorsOf(server), { inner: true }] : visitorsOf(server);
}

/** Of the scripts in a root that the tree holds, so many are tried. */
const MOST_SCRIPTS = 3;

/** The first of its scripts that surely gets to the location by its own URL; `null`: none is known. */
export function scriptOf(host: Host, binding: Binding): Passed | null {
  const { server, pass } = binding;
  if (server === null) return null;
  const root = writtenRoot(binding.block);
  const there = root === null ? [] : scriptsAt(host, root).slice(0, MOST_SCRIPTS);
  for (const question of askersOf(server, binding))
    for (const path of [...scriptPaths(binding), ...there.map((name) => `/${name}`)]) {
      const found = passed(host, server, path, question);
      const [only] = found;
      if (only !== undefined && found.length === 1 && only.outcome.pass === pass) return only;
    }
  return null;
}
