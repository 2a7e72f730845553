import { withoutTemplate } from "../../source/template.js";
import { namesNginx } from "../names.js";
import { distinct, iniKind } from "./sniff-ini.js";

/**
 * What a file is by its text and its name, for trees whose layout does not tell. `nginx-snippet` and
 * `fpm-settings` are pieces that only mean something where another file includes them.
 */
export type Kind =
  | "nginx-main"
  | "nginx-fragment"
  | "nginx-snippet"
  | "fpm-main"
  | "fpm-pool"
  | "fpm-settings"
  | "other";

/** Enough of a file to tell what it is; a main file may begin with a long comment. */
const LOOKED_AT = 256 * 1024;

/** Blocks of nginx, the header in one line up to its brace. */
const BLOCK =
  /(?:^|[;{}])[ \t]*(?:(server)|(upstream)[ \t]+[^\s;{}]+|(location)[ \t][^;\n]{1,500}|(map|geo)[ \t]+[^\s;{}]+[ \t]+\$\w+)[ \t]*\{/;
const MAIN_BLOCK = /(?:^|[;}])[ \t]*(http|events)[ \t]*\{/;
/** Its two arguments are signs of their own. */
const MAP = /^[ \t]*map[ \t]+[^\s;{}]*\$[^\s;{}]+[ \t]+\$\w+[ \t]*\{/;
/** Directives that end with `;` as nginx's do. */
const STATEMENT =
  /(?:^|[;{}])[ \t]*(listen|server_name|root|index|alias|try_files|rewrite|return|fastcgi_\w+|proxy_\w+|uwsgi_\w+|scgi_\w+|grpc_\w+|ssl_\w+|add_header|access_log|error_log|error_page|include|user|pid|worker_\w+|load_module|client_\w+|gzip(?:_\w+)?|keepalive_timeout|server|default_type|set|expires|deny|allow|charset|resolver|limit_\w+)[ \t]+[^\s;{}][^;{}\n]{0,500};/;
/** Statements that say by themselves what the file is a piece of. */
const PASSES = /^(?:fastcgi_\w+|try_files|proxy_pass)$/;

/**
 * Guesses by what only one kind of file has: two signs that do not rest on each other, because many programs
 * have sections with `listen =`, and blocks. Binary files and everything else are `other`. `path`: below the
 * searched directory, with the name that a template is deployed with.
 */
export function sniff(text: string, path = ""): Kind {
  if (text.slice(0, LOOKED_AT).includes("\0")) return "other";
  const head = withoutTemplate(text.slice(0, LOOKED_AT));
  const ini = iniKind(head, path);
  return ini === "other" ? nginxKind(head, path) : ini;
}

function nginxKind(head: string, path: string): Kind {
  const lines = linesOf(head.replace(/^[ \t]*#.*$/gm, ""));
  const statements = distinct(lines, STATEMENT);
  const placed = namesNginx(path);
  const mains = distinct(lines, MAIN_BLOCK);
  const blocks = distinct(lines, BLOCK);
  if (mains >= 2 || (mains === 1 && (placed || statements > 0 || blocks > 0))) return "nginx-main";
  if (lines.some((line) => MAP.test(line))) return "nginx-fragment";
  if (blocks >= 2 || (blocks === 1 && (placed || statements > 0))) return "nginx-fragment";
  return statements >= 2 && hasPass(lines) ? "nginx-snippet" : "other";
}

function hasPass(lines: readonly string[]): boolean {
  return lines.some((line) => PASSES.test(STATEMENT.exec(line)?.[1] ?? ""));
}

/** The longest line that is looked at. */
const LONGEST_LINE = 1000;

/** A brace on a line of its own belongs to the line before it. Several statements of one line are lines. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/[\n;]/).flatMap((line) => {
    const cut = line.slice(0, LONGEST_LINE);
    // What follows a brace on its line ends where the line was cut.
    return cut.split(/(?<=\{)/).map((part) => (part.endsWith("{") ? part : `${part};`));
  });
  return lines.map((line, at) =>
    lines[at + 1]?.trim() === "{" && !line.includes("{") ? `${line.replace(";", "")} {` : line,
  );
}
