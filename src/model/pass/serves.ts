import { effectiveList } from "../../nginx/tree/effective.js";
import { argument, enclosing, insideServer } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import type { Target } from "../host.js";
import { writtenAddress } from "./written.js";

/**
 * Whether a location passes requests to PHP. Many programs speak FastCGI, so a location counts as PHP's
 * only when something in the files ties it to PHP.
 */

/** Programs other than PHP-FPM that speak FastCGI, by the names of their sockets and upstreams. */
const OTHERS = words(
  "fcgiwrap|cgit|mailman3?|munin|smokeping|spawn-fcgi|perl|python3?|gitweb|searx|radicale|trac|moin|flask|django",
);
const PHP = words("php[\\w.]*|phtml|phar|fpm");

/** Patterns for the extensions of PHP: `.php`, `\.ph(p|tml)`, `\.(inc|php)$`. */
const EXTENSION = /\.\(?(?:\?:)?(?:[\w?]+\|)*(?:php|phtml|phar|ph\()/i;

const SCRIPT_PARAMS =
  /^(?:SCRIPT_FILENAME|SCRIPT_NAME|PATH_TRANSLATED|DOCUMENT_URI|PHP_VALUE|PHP_ADMIN_VALUE)$/;

/** Whole words only: `contract` is not cgit's `trac`, `properly` is not `perl`. */
function words(alternatives: string): RegExp {
  return new RegExp(`(?<![a-z])(?:${alternatives})(?![a-z])`, "i");
}

/** `php` where something ties the location to PHP, else `other`. */
export function serves(pass: Node, location: Node, targets: readonly Target[]): "php" | "other" {
  if (targets.some(({ pools, assumed }) => pools.length > 0 && !assumed)) return "php";
  const patterns = patternsAround(location);
  if (patterns.some((pattern) => EXTENSION.test(pattern))) return "php";
  const names = [argument(pass, 0) ?? "", ...targets.map(({ place }) => writtenAddress(place))];
  const scripts = sentParams(pass);
  if (scripts.some(isOtherProgram) || names.some((name) => OTHERS.test(name))) return "other";
  if (patterns.some((pattern) => /cgi-bin/.test(pattern))) return "other";
  const known =
    targets.some(({ pools }) => pools.length > 0) ||
    [...names, ...patterns].some((text) => PHP.test(text)) ||
    scripts.some(({ name, value }) => /^PHP_/.test(name) || EXTENSION.test(value)) ||
    saysPhp(location, pass) ||
    isFrontController(location);
  return known ? "php" : "other";
}

/** The patterns of the location and of those around it, without their negative lookarounds. */
function patternsAround(location: Node): readonly string[] {
  const patterns: string[] = [];
  for (let at: Node | null = location; at !== null; at = at.parent) {
    const pattern = at.name === "location" ? at.directive.args.at(-1)?.text : undefined;
    if (pattern !== undefined) patterns.push(pattern.replace(/\(\?<?!(?:\([^()]*\)|[^()])*\)/g, ""));
  }
  return patterns;
}

interface Sent {
  readonly name: string;
  readonly value: string;
}

function sentParams(pass: Node): readonly Sent[] {
  const list = pass.parent === null ? null : effectiveList(pass.parent, "fastcgi_param");
  if (list?.kind !== "set") return [];
  return list.nodes
    .map((node) => ({ name: argument(node, 0) ?? "", value: argument(node, 1) ?? "" }))
    .filter(({ name }) => SCRIPT_PARAMS.test(name));
}

/**
 * Whether the script is written out and is not PHP: `/usr/lib/git-core/git-http-backend`,
 * `$document_root/app.fcgi`.
 */
function isOtherProgram({ name, value }: Sent): boolean {
  if (name !== "SCRIPT_FILENAME") return false;
  if (/^\/usr\/lib\/cgi-bin/.test(value)) return true;
  return /\/[^/$]+$/.test(value) && !EXTENSION.test(value) && !PHP.test(value);
}

/**
 * Whether a directive of the location itself names PHP, or the file it was included from does:
 * `snippets/fastcgi-php.conf`.
 */
function saysPhp(location: Node, pass: Node): boolean {
  const blocks = pass.parent === null || pass.parent === location ? [location] : [location, pass.parent];
  return blocks.some((block) =>
    block.children.some(({ name, directive, via }) => {
      const brought = via
        .slice(block.via.length)
        .map(({ file, start, end }) => file.text.slice(start, end).replace(/^.*\//, ""));
      if (brought.some((include) => PHP.test(include))) return true;
      return (
        /^(?:fastcgi_index|fastcgi_split_path_info|try_files|rewrite)$/.test(name) &&
        directive.args.some(({ text }) => EXTENSION.test(text))
      );
    }),
  );
}

/**
 * Whether a `try_files` looks for PHP scripts on its way to this named location: `try_files $uri
 * $uri/index.php @app;`.
 */
function isFrontController(location: Node): boolean {
  const name = location.directive.args[0]?.text ?? "";
  const server = name.startsWith("@") ? enclosing(location, "server") : null;
  if (server === null) return false;
  return insideServer(server, "try_files").some(
    ({ directive: { args } }) => args.at(-1)?.text === name && args.some(({ text }) => EXTENSION.test(text)),
  );
}
