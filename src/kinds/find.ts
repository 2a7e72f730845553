import { setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import { directoryOf, nameOf } from "../host/path.js";
import { ACCOUNT_FILES } from "../model/accounts.js";
import type { Host } from "../model/host.js";
import { LONGEST_PATH } from "../nginx/address/address.js";
import type { NginxText, Node } from "../nginx/types.js";
import { grouped } from "../source/collect.js";
import type { SourceFile } from "../source/file.js";
import { once } from "../source/memo.js";
import { anyJudgesNames, type NameVariables, nameVariables } from "./judged.js";
import { hasOnlyServers, type Named, namedInPool, namedInSite } from "./named.js";
import { NAME, profileOf } from "./words.js";

/**
 * Finds which sites and pools of a host are alike: files that say the same but for names that nobody else on the
 * host has. A name that stands in two sites, in a snippet, or where it is no name makes a site unlike all others.
 */

/** Files that have names in common with no others: a site, with the pool behind it; a pool by itself. */
export interface Member {
  readonly files: readonly OwnFile[];
  /** Its own names, in the order in which its files have them. */
  readonly names: readonly string[];
}

/** A file that an include with a wildcard brings, and that holds one thing. */
export interface OwnFile {
  readonly file: SourceFile;
  readonly half: "nginx" | "fpm";
  /** The names in its text, in order, each once per place. */
  readonly words: readonly Placed[];
  /** Those in its own name. */
  readonly called: readonly string[];
}

interface Placed {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** The length of the path or the word around it. */
  readonly around: number;
}

function ownFile(file: SourceFile, half: OwnFile["half"], named: readonly Named[]): OwnFile {
  const words: Placed[] = [];
  let from = 0;
  for (const { start, end, numbers } of named) {
    if (start < from) continue;
    from = end;
    const text = file.text.slice(start, end);
    for (const { 0: name, index } of text.matchAll(NAME))
      if (isName(name, numbers))
        words.push({ name, start: start + index, end: start + index + name.length, around: end - start });
  }
  return {
    file,
    half,
    words,
    called: (nameOf(file.path).match(NAME) ?? []).filter((name) => isName(name, false)),
  };
}

/** Members that are alike, in the order of the host; at least two. */
export type Kind = readonly Member[];

/** Fewer files are read as they are. */
const ENOUGH = 8;

export interface Found {
  readonly kinds: readonly Kind[];
  /** All members, also those that are unlike all others. */
  readonly members: number;
}

/** The kinds of a host. */
export function findKinds(host: Host): Found {
  const none = { kinds: [], members: 0 };
  const texts = host.nginx?.texts ?? [];
  // Each of its files is a text of nginx or has a pool of its own.
  if (texts.length + host.pools.length < ENOUGH) return none;
  if (!isPlain(host) || texts.some(({ template }) => template !== null)) return none;
  if (host.pools.some(isCutOff)) return none;
  const variables = nameVariables(texts);
  const shared = texts.filter((text) => !hasOnlyServers(text));
  if (shared.some(({ directives }) => anyJudgesNames(directives, variables))) return none;
  const files = [...siteFiles(host, variables), ...poolFiles(host)];
  if (files.length < ENOUGH) return none;
  const members = membersOf(files);
  const owners = new Map(members.flatMap((member) => member.names.map((name) => [name, member] as const)));
  const accounts = accountsOf(host, owners);
  if (accounts === null) return none;
  const byKey = grouped(members.map((member) => [keyOf(member, host, accounts), member] as const));
  const unlike = usedElsewhere(host, files, owners, byKey.keys());
  const kinds = [...byKey.values()]
    .map((kind) => kind.filter((member) => !unlike.has(member)))
    .filter(({ length }) => length > 1);
  return { kinds, members: members.length };
}

/** Containers, templates and files at rest are few, and what is said of them rests on more than their texts. */
function isPlain({ machines, container, aside, asideMasters }: Host): boolean {
  return machines.size === 0 && container === null && aside.size === 0 && asideMasters.length === 0;
}

/** Whether the kernel cuts off the path of its socket, so that the ends of names no longer tell sockets apart. */
function isCutOff(pool: Pool): boolean {
  const bytes = (key: string): number => {
    const found = setting(pool, key);
    return found.kind === "set" ? Buffer.byteLength(found.value ?? "") : 0;
  };
  return Math.max(bytes("listen"), bytes("pm.status_listen")) + bytes("prefix") > LONGEST_PATH;
}

/** Files of servers, each of which `http` includes once. */
function siteFiles({ nginx }: Host, variables: NameVariables): readonly OwnFile[] {
  if (nginx === null) return [];
  const [http, ...others] = nginx.root.children.filter(({ name }) => name === "http");
  if (http === undefined || others.length > 0) return [];
  const brought = new Map<SourceFile, Node[]>();
  for (const node of http.children)
    if (node.file !== http.file) once(brought, node.file, () => []).push(node);
  return nginx.texts.flatMap((text): readonly OwnFile[] => {
    const nodes = brought.get(text.file) ?? [];
    const whole =
      nodes.length > 0 && nodes.length === text.directives.length && !nodes.some(({ partial }) => partial);
    const named = whole && nodes.every(({ via }) => via.length > 0) ? namedInSite(text, variables) : null;
    return named === null || isStrange(text.file) ? [] : [ownFile(text.file, "nginx", named)];
  });
}

/** Files of one pool each, which an include of a master's main file brings. */
function poolFiles({ masters }: Host): readonly OwnFile[] {
  return masters.flatMap((master): readonly OwnFile[] => {
    if (master.main === null || master.partial || master.faults.length > 0 || master.doubtful.length > 0)
      return [];
    const pools = grouped(master.pools.map((pool) => [pool.section.span.file, pool] as const));
    const times = grouped(master.files.map((file) => [file, file] as const));
    return [...pools].flatMap(([file, [pool, ...others]]): readonly OwnFile[] => {
      const alone = pool !== undefined && others.length === 0 && isItsOwn(pool, file, master);
      const named = alone && times.get(file)?.length === 1 ? namedInPool(file) : null;
      return named === null || isStrange(file) ? [] : [ownFile(file, "fpm", named)];
    });
  });
}

function isItsOwn(pool: Pool, file: SourceFile, { main }: FpmMaster): boolean {
  if (file === main || pool.partial || pool.section.via.length === 0) return false;
  return pool.settings.every(({ keyPlace }) => keyPlace.span.file === file);
}

/** Who has a name: the number of one file of each half; `-1`: none, `-2`: several. */
interface Holders {
  nginx: number;
  fpm: number;
}

const NONE = -1;
const SEVERAL = -2;

/** The names in the file, and those in its own name. */
function* namesIn({ words, called }: OwnFile): Generator<string> {
  for (const { name } of words) yield name;
  yield* called;
}

/** A number has a value, and letters of both cases may be one name for one half and two for the other. */
function isName(word: string, numbers: boolean): boolean {
  return word.length > 1 && (numbers || /[a-z]/.test(word)) && !/[A-Z]/.test(word);
}

/** Files that share a name of their own belong together. */
function membersOf(files: readonly OwnFile[]): readonly Member[] {
  const holders = new Map<string, Holders>();
  for (const [at, one] of files.entries()) {
    for (const name of namesIn(one)) {
      const known = once(holders, name, () => ({ nginx: NONE, fpm: NONE }));
      const before = known[one.half];
      if (before !== at) known[one.half] = before === NONE ? at : SEVERAL;
    }
  }
  const isOwn = (name: string): boolean => {
    const known = holders.get(name);
    return known !== undefined && known.nginx !== SEVERAL && known.fpm !== SEVERAL;
  };
  const first = files.map((_, at) => at);
  const rootOf = (at: number): number => {
    let root = at;
    while (first[root] !== undefined && first[root] !== root) root = first[root] ?? root;
    for (let next = at; next !== root; ) {
      const after = first[next] ?? root;
      first[next] = root;
      next = after;
    }
    return root;
  };
  for (const [name, { nginx, fpm }] of holders) {
    if (nginx < 0 || fpm < 0 || !isOwn(name)) continue;
    const [a, b] = [rootOf(nginx), rootOf(fpm)];
    first[Math.max(a, b)] = Math.min(a, b);
  }
  const together = grouped(files.map((file, at) => [rootOf(at), file] as const));
  return [...together.values()].map((own) => ({
    files: own,
    names: [...new Set(own.flatMap((file) => [...namesIn(file)].filter(isOwn)))],
  }));
}

/** Paths longer than this are told apart by their length, because addresses of sockets have a limit. */
const SHORT = 60;

/** The same for members that are alike. */
function keyOf(member: Member, host: Host, accounts: ReadonlyMap<Member, readonly string[]>): string {
  const holes = new Map(member.names.map((name, at) => [name, hole(at, name)]));
  const inText = (text: string): string => text.replace(NAME, (word) => holes.get(word) ?? word);
  const parts = member.files.map((own) => {
    const { path } = own.file;
    const way = wayOf(own, host);
    return `${own.half} ${way} ${directoryOf(path)} ${inText(nameOf(path))}\n${withHoles(own, holes)}`;
  });
  return [...parts, ...(accounts.get(member) ?? []).map(inText)].join("\n");
}

/** What stands for a name. */
function hole(at: number, name: string): string {
  return `${OPEN}${at} ${profiles(name)}${CLOSED}`;
}

/** Around what stands for a name. */
const OPEN = "\u0001";
const CLOSED = "\u0002";

/** Whether it has the marks that stand around what stands for a name. */
function isStrange({ text }: SourceFile): boolean {
  return text.includes(OPEN) || text.includes(CLOSED);
}

/** Names may be many, and most are met once. */
const MOST_KNOWN = 100_000;
const known = new Map<string, string>();

function profiles(name: string): string {
  if (known.size > MOST_KNOWN) known.clear();
  return once(known, name, () => profileOf(name));
}

/** The text with its own names left out, where they are names. */
function withHoles({ file: { text }, words }: OwnFile, holes: ReadonlyMap<string, string>): string {
  let result = "";
  let at = 0;
  for (const { name, start, end, around } of words) {
    const other = holes.get(name);
    if (other === undefined) continue;
    result += text.slice(at, start) + other;
    if (around > SHORT) result += `${OPEN}${around}${CLOSED}`;
    at = end;
  }
  return result + text.slice(at);
}

/** What brought the file. */
function wayOf({ file, half }: OwnFile, { nginx, pools }: Host): string {
  if (half === "fpm") return String(viaOfPools(pools).get(file));
  return nginx === null ? "" : (waysOf(nginx).get(file) ?? "");
}

const waysKnown = new WeakMap<object, ReadonlyMap<SourceFile, string>>();

function waysOf(nginx: NonNullable<Host["nginx"]>): ReadonlyMap<SourceFile, string> {
  return once(
    waysKnown,
    nginx,
    () => new Map([...nginx.ways].map(([text, via]): [SourceFile, string] => [text.file, showVia(via)])),
  );
}

function viaOfPools(pools: readonly Pool[]): ReadonlyMap<SourceFile, string> {
  return once(
    waysKnown,
    pools,
    () => new Map(pools.map(({ section: { span, via } }): [SourceFile, string] => [span.file, showVia(via)])),
  );
}

function showVia(via: readonly { readonly file: SourceFile; readonly start: number }[]): string {
  return via.map(({ file, start }) => `${file.path}:${start}`).join();
}

/** The lines of the accounts of each member; `null`: one has names of several members where they are no list. */
function accountsOf(
  { fs }: Host,
  owners: ReadonlyMap<string, Member>,
): ReadonlyMap<Member, readonly string[]> | null {
  const lines = ACCOUNT_FILES.flatMap((path) => {
    const entry = fs.entry(path);
    const answer = entry.kind === "file" ? entry.read() : null;
    return answer === null || !("text" in answer)
      ? []
      : answer.text.split("\n").map((line) => ({ path, line }));
  });
  const uses = new Map<string, Set<Member | string>>();
  const found = new Map<Member, string[]>();
  const all = lines.map(({ path, line }) => {
    const fields = line.split(":");
    const listed = path === "/etc/group" ? (fields[3] ?? "").split(",") : [];
    const head = path === "/etc/group" ? fields.slice(0, 3).join(":") : line;
    const own = new Set([...head.matchAll(NAME)].flatMap(([name]) => owners.get(name) ?? []));
    for (const field of fields.slice(2, 4))
      if (/^\d+$/.test(field))
        for (const one of own.size > 0 ? own : [line]) once(uses, field, () => new Set()).add(one);
    return { path, head, listed, own };
  });
  for (const { path, head, listed, own } of all) {
    const [owner, ...others] = own;
    if (others.length > 0) return null;
    const members = grouped(
      listed.flatMap((name) => {
        const member = owners.get(name);
        return member === undefined ? [] : [[member, name] as const];
      }),
    );
    const strangers = listed.filter((name) => !owners.has(name));
    const shown = owner === undefined ? head : withoutNumbers(head, uses);
    if (owner !== undefined) {
      if ([...members.keys()].some((member) => member !== owner)) return null;
      once(found, owner, () => []).push(
        `${path} ${shown}:${[...strangers, ...(members.get(owner) ?? [])].join()}`,
      );
      continue;
    }
    for (const [member, names] of members)
      once(found, member, () => []).push(`${path} ${shown} has ${names.join()}`);
  }
  return found;
}

/** What is above has a meaning of its own, such as 65534 for nobody. */
const LAST_USER = 60_000;

/** Numbers of accounts that nobody else has are as good as others, but for that of root. */
function withoutNumbers(head: string, uses: ReadonlyMap<string, ReadonlySet<unknown>>): string {
  const fields = head.split(":");
  return fields
    .map((field, at) => {
      if (at < 2 || at > 3 || uses.get(field)?.size !== 1) return field;
      const number = Number(field);
      if (number === 0 || number > LAST_USER) return field;
      const same = at === 3 && field === fields[2];
      return `${number < 1000 ? "system" : "user"}${same ? " same" : ""}`;
    })
    .join(":");
}

/** The members of which somebody else has a name, or they themselves in a place where it is no name. */
function usedElsewhere(
  { nginx, masters }: Host,
  files: readonly OwnFile[],
  owners: ReadonlyMap<string, Member>,
  keys: Iterable<string>,
): ReadonlySet<Member> {
  const found = new Set<Member>();
  const look = (text: string): void => {
    for (const [word] of text.matchAll(NAME)) {
      const member = owners.get(word) ?? owners.get(word.toLowerCase());
      if (member !== undefined) found.add(member);
    }
  };
  // What is alike is looked through once.
  for (const key of keys) look(withoutHoles(key));
  const own = new Set(files.map(({ file }) => file));
  const others: readonly SourceFile[] = [
    ...(nginx?.texts ?? []).map(({ file }: NginxText) => file),
    ...masters.flatMap((master) => [...master.files, ...master.ini.files]),
  ];
  for (const file of new Set(others)) if (!own.has(file)) look(file.text);
  return found;
}

function withoutHoles(key: string): string {
  return key
    .split(OPEN)
    .map((part) => part.slice(part.indexOf(CLOSED) + 1))
    .join(" ");
}
