import { effectiveList } from "../../nginx/tree/effective.js";
import { argument, childrenNamed, descendants, enclosing } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import type { Target } from "../host.js";

/**
 * Whether PHP is behind a location. Many programs speak FastCGI, and what nothing ties to PHP is
 * theirs: only evidence makes it PHP's.
 */

/** Programs that speak FastCGI and are not PHP-FPM, as names of sockets and groups. */
const OTHERS = words(
  "fcgiwrap|cgit|mailman3?|munin|smokeping|spawn-fcgi|perl|python3?|gitweb|searx|radicale|trac|moin|flask|django",
);
const PHP = words("php[\\w.]*|phtml|phar|fpm");

/** `.php`, `\.ph(p|tml)`, `\.(inc|php)$`: of all that ends so, PHP is meant. */
const EXTENSION = /\.\(?(?:\?:)?(?:[\w?]+\|)*(?:php|phtml|phar|ph\()/i;

const SCRIPT_PARAMS =
  /^(?:SCRIPT_FILENAME|SCRIPT_NAME|PATH_TRANSLATED|DOCUMENT_URI|PHP_VALUE|PHP_ADMIN_VALUE)$/;

/** Other letters beside it make another word of it: `contract`, `properly`. */
function words(alternatives: string): RegExp {
  return new RegExp(`(?<![a-z])(?:${alternatives})(?![a-z])`, "i");
}

export function serves(pass: Node, location: Node, targets: readonly Target[]): "php" | "other" {
  if (targets.some(({ pools, assumed }) => pools.length > 0 && !assumed)) return "php";
  const patterns = patternsAround(location);
  if (patterns.some((pattern) => EXTENSION.test(pattern))) return "php";
  const names = [argument(pass, 0) ?? "", ...targets.map(addressWord)];
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

/** The patterns of the location and of those around it, without what they exclude. */
function patternsAround(location: Node): readonly string[] {
  const patterns: string[] = [];
  for (let at: Node | null = location; at !== null; at = at.parent) {
    const pattern = at.name === "location" ? at.directive.args.at(-1)?.text : undefined;
    if (pattern !== undefined) patterns.push(pattern.replace(/\(\?<?!(?:\([^()]*\)|[^()])*\)/g, ""));
  }
  return patterns;
}

/** The word itself: `unix:/run/php/a.sock`, `php:9000`. */
function addressWord({ place: { span } }: Target): string {
  return span.file.text.slice(span.start, span.end);
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

/** A script that is written out and is none of PHP: `/usr/lib/git-core/git-http-backend`, `$document_root/app.fcgi`. */
function isOtherProgram({ name, value }: Sent): boolean {
  if (name !== "SCRIPT_FILENAME") return false;
  if (/^\/usr\/lib\/cgi-bin/.test(value)) return true;
  return /\/[^/$]+$/.test(value) && !EXTENSION.test(value) && !PHP.test(value);
}

/** Whether a directive of the location itself names PHP, or the file that brings one: `snippets/fastcgi-php.conf`. */
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

/** `try_files $uri $uri/index.php @app;` looks for scripts of PHP on the way to the named location. */
function isFrontController(location: Node): boolean {
  const name = location.directive.args[0]?.text ?? "";
  const server = name.startsWith("@") ? enclosing(location, "server") : null;
  if (server === null) return false;
  const around = [server, ...descendants(server)].flatMap((node) => childrenNamed(node, "try_files"));
  return around.some(
    ({ directive: { args } }) => args.at(-1)?.text === name && args.some(({ text }) => EXTENSION.test(text)),
  );
}
