import { namedExtensions } from "./extensions.js";
import { argument, childrenNamed, descendants } from "./nodes.js";
import type { Node } from "./types.js";

/** Which requests of a server a location hands to FastCGI. */

/** `try_files` may make any request one for a script; only a check of the file itself leaves the URI as it is. */
export function changesUri(location: Node): boolean {
  if (location.partial || childrenNamed(location, "rewrite").length > 0) return true;
  return childrenNamed(location, "try_files").some((node) =>
    node.directive.args
      .slice(0, -1)
      .some(({ text }) => !/^\$(?:uri|fastcgi_script_name|document_uri)\/?$/.test(text)),
  );
}

function locationsOf(server: Node | null): readonly Node[] {
  return server === null ? [] : [...descendants(server)].filter(({ name }) => name === "location");
}

function passes(location: Node): boolean {
  return childrenNamed(location, "fastcgi_pass").length > 0;
}

/** A location for the extension that hands nothing to PHP: `location ~ \.phtml$ { deny all; }`. */
export function takenElsewhere(server: Node | null, extension: string): boolean {
  return locationsOf(server).some(
    (one) => !passes(one) && namedExtensions(one)?.includes(extension) === true,
  );
}

/** `location /` of a server in which nothing else could answer for static files. */
export function passesWholeSite(location: Node, server: Node | null): boolean {
  const [first, second] = location.directive.args.map(({ text }) => text);
  if ((second ?? first) !== "/" || first === "=" || first?.startsWith("~") === true) return false;
  if (server === null || server.partial) return false;
  const steered = [location, server].some((block) =>
    ["if", "rewrite", "try_files", "internal"].some((name) => childrenNamed(block, name).length > 0),
  );
  return !steered && locationsOf(server).every((one) => passes(one) || answersNoFiles(one));
}

function answersNoFiles(location: Node): boolean {
  return (
    argument(location, 0) === "=" ||
    childrenNamed(location, "return").length > 0 ||
    childrenNamed(location, "deny").some((node) => argument(node, 0) === "all")
  );
}
