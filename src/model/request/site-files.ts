import { mayAnswerItself } from "../../nginx/facts/foreign.js";
import { matchingOf } from "../../nginx/location/extensions.js";
import { argument, childrenNamed, everywhere } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import type { Host } from "../host.js";
import { rootOf, writtenRoot } from "./root.js";

/** The files of a site, as far as its locations and the tree show them. */

/** Whether a path is hidden, or one file that is not a script: `/.well-known/`, `/robots.txt`. */
export function isNoDirectoryOfScripts(path: string): boolean {
  return /\/\./.test(path) || (/\.\w+$/.test(path) && !path.endsWith(".php"));
}

/** Directives that answer a request instead of the file that it names. */
const ANSWERS = /_pass$|^(?:stub_status|empty_gif|echo|vhost_traffic_status_display|api|status)$/;

/** Whether something other than a file answers in a location. */
export function answersOtherwise(location: Node): boolean {
  if (location.children.some(({ name }) => ANSWERS.test(name) || mayAnswerItself(name))) return true;
  if (isPathOfModule(location)) return true;
  const returns = childrenNamed(location, "return");
  return (
    childrenNamed(location, "rewrite").length > 0 ||
    returns.some((node) => !/^4\d\d$/.test(argument(node, 0) ?? ""))
  );
}

/** Pages of the module PageSpeed, which takes them before the location does. */
const PAGESPEED = /^\/(?:ngx_|mod_)?pagespeed_\w+\/?$/;

/** Whether a module answers at the path of a location: its settings name the path, not the location. */
function isPathOfModule(location: Node): boolean {
  const { text } = matchingOf(location);
  if (PAGESPEED.test(text)) return true;
  return everywhere(location, "pagespeed").some((node) => argument(node, 1) === text);
}

/** Whether both blocks look for files in one directory. */
export function sameRoot(a: Node, b: Node): boolean {
  const shared = rootOf(a);
  if (shared.alias !== null && shared.node === rootOf(b).node) return true;
  const [one, other] = [a, b].map((block) => {
    const { alias, text, unread } = rootOf(block);
    return alias === null && unread === null ? text : null;
  });
  return one !== null && one === other;
}

/** The most entries of the tree that are looked through. */
const MOST_ENTRIES = 500;

/**
 * Whether a directory of the site is in the tree and has no script, at any depth. `false` also where
 * that is unknown.
 */
export function surelyWithoutScripts(host: Host, block: Node, path: string): boolean {
  const root = writtenRoot(block);
  if (root === null) return false;
  const top = `${root}/${path}`.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");
  if (host.fs.entry(top).kind !== "directory") return false;
  const left = [top];
  for (let read = 0; left.length > 0; read += 1) {
    const at = left.pop() ?? top;
    const entry = host.fs.entry(at);
    if (entry.kind === "file") continue;
    if (entry.kind !== "directory" || read > MOST_ENTRIES) return false;
    if (entry.names.some((name) => name.endsWith(".php"))) return false;
    left.push(...entry.names.map((name) => `${at}/${name}`));
  }
  return true;
}
