/**
 * A host while it is being drawn. Drafts are changed in place: first a working host is drawn, then
 * faults are put in, then it is written as files. Nobody keeps account of what ought to work:
 * that is what the linter and the daemons are asked.
 */
export interface HostDraft {
  /** The arguments of nginx's `user`; `null`: no such directive. */
  user: string | null;
  /** Further lines of the main context. */
  readonly main: string[];
  readonly http: string[];
  readonly upstreams: Upstream[];
  /** Whole `map` blocks. */
  readonly maps: string[];
  readonly sites: SiteDraft[];
  readonly pools: PoolDraft[];
  /** Lines of `[global]`. */
  readonly global: string[];
  /** Lines of php.ini; `null`: there is none. */
  ini: string[] | null;
  /** Further files and symbolic links by their path. */
  readonly files: Map<string, string>;
  readonly links: Map<string, string>;
  /** What was drawn, in words, so that the test can tell that everything is. */
  readonly drawn: Set<string>;
  /** The faults that were put in. */
  readonly faults: string[];
}

export interface Upstream {
  readonly name: string;
  readonly lines: string[];
}

export interface SiteDraft {
  readonly name: string;
  /** The arguments of `server_name`; `name` is one that they take. */
  readonly serverName: string;
  listen: string;
  /** As it is dialled. */
  port: number;
  /** Empty: the server has no root of its own. */
  root: string;
  /** Where its scripts are; empty: it only hands requests on. */
  readonly directory: string;
  readonly lines: string[];
  /** Locations without PHP. */
  readonly others: string[];
  /** Locations that pass requests on to another server of this nginx. */
  readonly hops: Block[];
  readonly entries: Entry[];
}

/** A way to PHP: a location, and a URI that gets there. */
export interface Entry {
  readonly uri: string;
  /** The kind of location, as it was drawn. */
  readonly shape: string;
  /** The server in front to which requests are sent, and which passes them on; `null`: to the site itself. */
  readonly front: SiteDraft | null;
  /** The page of PHP-FPM's own that is asked for; `null`: a script. */
  readonly page: "status" | "ping" | null;
  /** The locations from the outside in, the last one passes to PHP: `location ~ \.php$`. */
  readonly blocks: Block[];
  pool: PoolDraft;
}

export interface Block {
  head: string;
  readonly lines: string[];
}

export interface PoolDraft {
  readonly name: string;
  /** `8.2`: the directory below /etc/php. */
  readonly version: string;
  /** Its file in pool.d. */
  file: string;
  listen: string;
  /** The ways in which nginx can spell its address. */
  readonly addresses: string[];
  /** Whether it sees only the files of one site. */
  walled: boolean;
  readonly lines: string[];
}

/** The location that passes to PHP. */
export function inner(entry: Entry): Block {
  const last = entry.blocks.at(-1);
  if (last === undefined) throw new Error("an entry without a location");
  return last;
}

/** The first word of nginx's directive, the key of PHP-FPM's line. */
function nameOf(line: string): string {
  return /^[^\s=;]+/.exec(line)?.[0] ?? "";
}

export function has(lines: readonly string[], name: string): boolean {
  return lines.some((line) => nameOf(line) === name);
}

/** Puts a line in, in place of the one that sets the same. */
export function put(lines: string[], line: string): void {
  const at = lines.findIndex((one) => nameOf(one) === nameOf(line));
  if (at === -1) lines.push(line);
  else lines[at] = line;
}

export function drop(lines: string[], name: string): void {
  for (let at = lines.length - 1; at >= 0; at -= 1) if (nameOf(lines[at] ?? "") === name) lines.splice(at, 1);
}

export function allEntries(host: HostDraft): readonly { readonly site: SiteDraft; readonly entry: Entry }[] {
  return host.sites.flatMap((site) => site.entries.map((entry) => ({ site, entry })));
}
