import type { Node } from "./types.js";

/** A group or a word of letters and digits behind `\.`: `php`, `(php|phtml)`, `(?:php|phtml)`. */
const NAMED = /\\\.(?:([a-z0-9]+)|\((?:\?:)?([a-z0-9]+(?:\|[a-z0-9]+)*)\))\)?$/i;

/** What may follow the extension: the end, or a slash and a path. */
const TAIL = /(?:\$|\((?:\?:)?(?:\/\|\$|\$\|\/)\)|\((?:\?:)?\/\.[*+]\)\??\$?|\/\.\*\$?|\/)$/;

/**
 * The extensions that a location names, with their dots: `.php` and `.phtml` of `~ \.(php|phtml)$`,
 * `.php` of `= /index.php`. `null` for prefixes, and for a regular expression that is not as plain.
 */
export function namedExtensions(location: Node): readonly string[] | null {
  const [modifier = "", pattern = ""] = location.directive.args.map((word) => word.text);
  if (modifier === "=") {
    const extension = /\.[a-z0-9]+$/i.exec(pattern)?.[0];
    return extension === undefined ? null : [extension];
  }
  if (modifier !== "~" && modifier !== "~*") return null;
  const match = NAMED.exec(pattern.replace(TAIL, ""));
  if (match === null || alternates(pattern.slice(0, match.index))) return null;
  return (match[1] ?? match[2] ?? "").split("|").map((word) => `.${word}`);
}

/** A `|` outside of every group: then the extension belongs to one of several patterns. */
function alternates(pattern: string): boolean {
  let depth = 0;
  for (const [token] of pattern.matchAll(/\\.|[()|]/g)) {
    if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    else if (token === "|" && depth === 0) return true;
  }
  return false;
}
