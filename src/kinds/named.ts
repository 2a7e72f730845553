import type { Directive, NginxText, Word } from "../nginx/types.js";
import type { SourceFile } from "../source/file.js";
import { judgesNames, type NameVariables } from "./judged.js";
import { isKnownParameter } from "./words.js";

/**
 * Where a file has names of its own: of its site, its pool, its directories, its account. Anywhere else a word is
 * no name, and files that differ there are not alike.
 */
export interface Named {
  readonly start: number;
  readonly end: number;
  /** Whether a number is a name here, and has no value. */
  readonly numbers: boolean;
}

/** Directives whose first argument is a path of the site's own. */
const PATHS = new Set([
  "access_log",
  "alias",
  "auth_basic_user_file",
  "error_log",
  "root",
  "ssl_certificate",
  "ssl_certificate_key",
  "ssl_trusted_certificate",
]);

/** The names in a file of servers, in order; `null`: there may be more in it than servers. */
export function namedInSite(text: NginxText, variables: NameVariables): readonly Named[] | null {
  if (text.fault !== null || text.template !== null || text.tooDeep !== null) return null;
  if (!hasOnlyServers(text)) return null;
  const found: Named[] = [];
  return collect(text.directives, variables, found)
    ? [...found, ...comments(text.file.text, /^[ \t]*#.*$/gm)].sort((a, b) => a.start - b.start)
    : null;
}

/** Whether it may be the file of a site. */
export function hasOnlyServers({ directives }: NginxText): boolean {
  return (
    directives.length > 0 &&
    directives.every(({ name }) => name.text === "server" || name.text === "upstream")
  );
}

/** Adds the names of these directives; whether all of them are understood. */
function collect(directives: readonly Directive[], variables: NameVariables, found: Named[]): boolean {
  for (const directive of directives) {
    const { name, args, block } = directive;
    if (directive.truncated || directive.gap || directive.branch !== null) return false;
    // What another language says is not looked at, and a comment in it may be none.
    if (name.text.includes("_by_lua")) return false;
    if (name.placeholder || args.some((word) => word.placeholder || isTorn(word))) return false;
    if (judgesNames(directive, variables)) return false;
    for (const word of namesOf(directive)) found.push(word);
    if (block !== null && !collect(block, variables, found)) return false;
  }
  return true;
}

/** Whether the word goes on in another line, which may look like a comment. */
function isTorn({ text }: Word): boolean {
  return text.includes("\n");
}

function namesOf({ name, args, block }: Directive): readonly Named[] {
  const [first] = args;
  if (first === undefined) return [];
  switch (name.text) {
    case "server_name":
      return args.filter(({ text }) => !/^~|\*/.test(text)).flatMap((word) => plain(word));
    case "fastcgi_pass":
    case "upstream":
      return plain(first);
    case "server":
      return block === null && first.text.startsWith("unix:") ? plain(first) : [];
    case "return":
      return redirect(args.at(-1) ?? first);
    case "fastcgi_param":
      return args.length === 2 && isUnknown(first.text) ? plain(args[1] ?? first, /^[\w.-]+$/, true) : [];
    default:
      return PATHS.has(name.text) ? plain(first) : [];
  }
}

/** Whether no line of the code knows a parameter of that name; PHP takes those that begin with `HTTP_` for headers. */
function isUnknown(parameter: string): boolean {
  return (
    /^[A-Z][A-Z0-9_]*$/.test(parameter) && !/^(?:HTTP|PHP)_/.test(parameter) && !isKnownParameter(parameter)
  );
}

/** Characters that names and paths are made of. */
const PLAIN = /^[\w./:@+-]+$/;

function plain({ text, start, end, quote }: Word, allowed = PLAIN, numbers = false): readonly Named[] {
  if (!allowed.test(text)) return [];
  const inner = quote === null ? 0 : 1;
  return [{ start: start + inner, end: end - inner, numbers }];
}

/** The host of a whole address. */
function redirect({ text, start, quote }: Word): readonly Named[] {
  const [address = "", scheme = ""] = /^(https?:\/\/)[a-z0-9.-]+/.exec(text) ?? [];
  const from = start + (quote === null ? 0 : 1);
  return address === "" ? [] : [{ start: from + scheme.length, end: from + address.length, numbers: false }];
}

/** Comments by themselves; what is commented out has numbers that mean something. */
function comments(text: string, line: RegExp): readonly Named[] {
  return [...text.matchAll(line)].map(({ index, 0: found }) => ({
    start: index,
    end: index + found.length,
    numbers: !/[;={]/.test(found),
  }));
}

/** Settings whose value is a name or a path. */
const SETTINGS = /^(?:user|group|listen\.owner|listen\.group|chroot|chdir|prefix|slowlog|access\.log)$/;
/** Settings whose value may be a path. */
const PERHAPS = /^(?:listen|(?:env|php_value|php_admin_value)\[[^\]\n]*\])$/;

/** The names in the file of one pool, in order; `null`: it has none, or several, or something else. */
export function namedInPool({ text }: SourceFile): readonly Named[] | null {
  const found: Named[] = [];
  let sections = 0;
  let at = 0;
  for (const line of text.split("\n")) {
    const start = at;
    at += line.length + 1;
    if (/^[ \t\r]*$/.test(line)) continue;
    const first = line.trimStart()[0] ?? "";
    if (first === ";") {
      found.push({ start, end: start + line.length, numbers: !/[=[]/.test(line) });
      continue;
    }
    const section = /^[ \t]*\[([\w.-]+)\][ \t\r]*$/.exec(line);
    if (section !== null) {
      sections += 1;
      if (section[1]?.toLowerCase() === "global") return null;
      found.push({ start, end: start + line.length, numbers: false });
      continue;
    }
    const setting = /^[ \t]*([\w.]+(?:\[[^\]]*\])?)[ \t]*=/.exec(line);
    if (setting === null || sections === 0 || setting[1] === "include") return null;
    const [head, key = ""] = setting;
    const value = line.slice(head.length);
    if (SETTINGS.test(key) || (PERHAPS.test(key) && value.includes("/")))
      found.push({ start: start + head.length, end: start + line.length, numbers: false });
  }
  return sections === 1 ? found : null;
}
