import { bare, type Directive, directives } from "../nginx/support/words.js";

/** Where the copy's root is and which free port stands for which port of the fixture. */
export interface Table {
  /** `/tmp/fl-XXXXXX/root`. */
  readonly root: string;
  readonly port: (original: number) => number;
  /** Whether a bare number (in `set` or a map) is a port of this host. */
  readonly isPort: (number: number) => boolean;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Directories that a host's files name, and where they are below the copy's root. `/var/run` goes
 * to `run` at once: both names must stay one directory, and the linter knows that only of `/`.
 */
const DIRECTORIES: readonly (readonly [from: string, to: string])[] = [
  ["/usr/local/etc", "/usr/local/etc"],
  ["/usr/local/var", "/usr/local/var"],
  ["/usr/share/nginx", "/usr/share/nginx"],
  ["/var/run", "/run"],
  ["/etc", "/etc"],
  ["/run", "/run"],
  ["/var", "/var"],
  ["/srv", "/srv"],
  ["/tmp", "/tmp"],
  ["/home", "/home"],
  ["/opt", "/opt"],
  ["/app", "/app"],
];

/** A directory counts only as the beginning of a path: behind the start of the word or a separator. */
const PATH = new RegExp(
  `(?<=^|[\\s"'=:,;(])(${DIRECTORIES.map(([from]) => from).join("|")})(?=$|[/\\s"':,;)$])`,
  "g",
);

/** Their arguments are URIs, patterns or words for the client, never files of the host. */
const NGINX_NOT_PATHS: ReadonlySet<string> = new Set([
  ...["location", "rewrite", "return", "try_files", "error_page", "index", "auth_request", "mirror"],
  ...[
    "add_header",
    "server_name",
    "log_format",
    "fastcgi_split_path_info",
    "fastcgi_index",
    "valid_referers",
  ],
  ...["proxy_redirect", "sub_filter", "fastcgi_cache_key", "proxy_set_header", "rewrite_by_lua_block"],
]);

const URI_PARAMS: ReadonlySet<string> = new Set(["SCRIPT_NAME", "REQUEST_URI", "DOCUMENT_URI", "PATH_INFO"]);

const FPM_NOT_PATHS: ReadonlySet<string> = new Set([
  ...["pm.status_path", "ping.path", "ping.response", "access.format", "access.suppress_path[]"],
]);

const VALUE_BLOCKS: ReadonlySet<string> = new Set(["map", "geo", "split_clients"]);

const TEMP_PATHS = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"] as const;

export function substitutePaths(text: string, root: string): string {
  return text.replace(PATH, (from) => {
    const row = DIRECTORIES.find(([name]) => name === from);
    return row === undefined ? from : root + row[1];
  });
}

const NGINX_DIRECTORY = /(^|\/)etc\/(.*\/)?(nginx|openresty|angie)\//;

/** `true` when a file of this path is read by PHP or PHP-FPM rather than by nginx. */
export function isIni(path: string): boolean {
  return (
    !NGINX_DIRECTORY.test(path) && (path.endsWith(".ini") || /(^|\/)(php|pool\.d\/).*\.conf$/.test(path))
  );
}

export function isNginx(path: string): boolean {
  return NGINX_DIRECTORY.test(path) || (path.endsWith(".conf") && !isIni(path));
}

export function substituteNginx(text: string, table: Table): string {
  const all = directives(text);
  const edits: Edit[] = [];
  for (const directive of all) {
    directive.args.forEach((word, index) => {
      let next = word.text;
      if (takesPath(directive, index)) next = substitutePaths(next, table.root);
      next = substitutePort(directive, index, next, table);
      if (next !== word.text) edits.push({ start: word.start, end: word.end, text: next });
    });
    const added = addition(directive, all, table);
    if (added !== null && directive.blockStart !== null) {
      edits.push({ start: directive.blockStart, end: directive.blockStart, text: added });
    }
  }
  return apply(text, edits);
}

function takesPath(directive: Directive, index: number): boolean {
  const name = bare(directive.name);
  if (name === "fastcgi_param") return !URI_PARAMS.has(bare(directive.args[0]));
  if (name === "if") return /^\(?!?-[fdex]$/.test(directive.args[index - 1]?.text ?? "");
  return !NGINX_NOT_PATHS.has(name) || insideValueBlock(directive);
}

function insideValueBlock(directive: Directive): boolean {
  return directive.parent !== null && VALUE_BLOCKS.has(bare(directive.parent.name));
}

function substitutePort(directive: Directive, index: number, text: string, table: Table): string {
  const name = bare(directive.name);
  if (name === "listen" && index === 0 && !/^["']?unix:/i.test(text)) return listenPort(text, table);
  const first =
    index === 0 && (name.endsWith("_pass") || (name === "server" && directive.blockStart === null));
  const value = insideValueBlock(directive) || (name === "set" && index === 1);
  if (!first && !value) return text;
  if (value && /^\d+$/.test(text))
    return table.isPort(Number(text)) ? String(table.port(Number(text))) : text;
  return text.replace(
    /(?<=^["']?(?:[a-z]+:\/\/)?)((?!unix:)(?:\[[^\]]*\]|\$\{?\w+\}?|[\w.*-]+):)(\d+)(?=$|["'/])/i,
    (whole, host: string, port: string) => (valid(port) ? host + table.port(Number(port)) : whole),
  );
}

/** A `listen` without a port means 80, which the test machine may not give away. */
function listenPort(text: string, table: Table): string {
  const ported = text.replace(/(?<=^["']?|:)(\d+)(?=["']?$)/, (port) =>
    valid(port) ? String(table.port(Number(port))) : port,
  );
  if (ported !== text) return ported;
  return /^(\*|\d+(\.\d+){3}|\[[\da-f:]+\]|localhost)$/i.test(text) ? `${text}:${table.port(80)}` : text;
}

function valid(port: string): boolean {
  return Number(port) >= 1 && Number(port) <= 65535;
}

/**
 * What nginx would otherwise take from where it was built: directories for bodies and answers, the
 * access log, port 80. Written behind the brace, so that no line moves.
 */
function addition(directive: Directive, all: readonly Directive[], table: Table): string | null {
  const name = bare(directive.name);
  if (name === "http" && directive.parent === null) {
    const set = new Set(all.map((other) => bare(other.name)));
    const temporary = TEMP_PATHS.map((kind) => `${kind}_temp_path`)
      .filter((key) => !set.has(key))
      .map((key) => ` ${key} ${table.root}/var/lib/nginx/${key};`);
    return `${temporary.join("")} access_log ${table.root}/var/log/nginx/access.log;`;
  }
  if (name !== "server" || directive.blockStart === null) return null;
  const children = all.filter((other) => other.parent === directive).map((other) => bare(other.name));
  return children.includes("listen") || children.includes("include") ? null : ` listen ${table.port(80)};`;
}

function apply(text: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((done, edit) => done.slice(0, edit.start) + edit.text + done.slice(edit.end), text);
}

/** PHP-FPM reads one physical line at a time, so lines are enough here. */
export function substituteIni(text: string, table: Table): string {
  return text
    .split("\n")
    .map((line) => {
      const match = /^([^=;[]+(?:\[[^\]]*\])?\s*=)((?:"[^"]*"|'[^']*'|[^;"'])*)(.*)$/s.exec(line);
      if (match === null) return line;
      const [, head = "", value = "", rest = ""] = match;
      return head + substituteSetting(head.slice(0, -1).trim().toLowerCase(), value, table) + rest;
    })
    .join("\n");
}

function substituteSetting(key: string, value: string, table: Table): string {
  if (key === "listen" || key === "pm.status_listen") {
    const ported = value.replace(/(?<=^\s*["']?|:)(\d+)(?=["'/]?\s*$)/, (port) =>
      valid(port) ? String(table.port(Number(port))) : port,
    );
    if (ported !== value) return ported;
  }
  return FPM_NOT_PATHS.has(key) ? value : substitutePaths(value, table.root);
}

export interface Listen {
  readonly host: string;
  /** The free port. */
  readonly port: number;
}

/** TCP addresses at which the servers of a substituted nginx file answer, as a client would dial them. */
export function listens(text: string): readonly Listen[] {
  return directives(text).flatMap((directive) =>
    bare(directive.name) === "listen" ? dialled(bare(directive.args[0])) : [],
  );
}

function dialled(address: string): readonly Listen[] {
  const match = /^(?:(.*):)?(\d+)$/.exec(address);
  if (match === null || address.startsWith("unix:")) return [];
  const host = (match[1] ?? "*").replace(/^\[(.*)\]$/, "$1");
  const any: Readonly<Record<string, string>> = {
    "*": "127.0.0.1",
    "0.0.0.0": "127.0.0.1",
    "::": "::1",
    localhost: "127.0.0.1",
  };
  return [{ host: any[host] ?? host, port: Number(match[2]) }];
}
