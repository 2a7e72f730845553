import { setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import { SITE_INCLUDES } from "../host/allowance.js";
import type { HostSpec } from "../host/spec.js";
import type { Host, NginxHost } from "../model/host.js";
import { CONNECTIONS } from "../model/pass/bindings.js";
import { LONGEST_PATH } from "../nginx/address/address.js";
import { argument, descendants, everywhere } from "../nginx/tree/nodes.js";
import type { NginxInclude } from "../nginx/types.js";
import { grouped, unique } from "../source/collect.js";
import type { Place, SourceFile } from "../source/file.js";
import { isTemplateName } from "../source/template-names.js";
import { placeOf, type Search } from "./brought.js";
import { type Member, namedIn } from "./find.js";
import { anyJudgesNames, nameVariables } from "./judged.js";
import { hasOnlyServers, namedInSite } from "./named.js";
import type { OwnFile } from "./own-files.js";

/**
 * Whether a host is, apart from its hidden members, what a few of each kind show: that each of them would be read as
 * those that stayed were, and that nothing else depends on it.
 */

/** A few members, and those that are hidden because they are like the first of them. */
export interface Parted {
  /** What each of them is compared with. */
  readonly first: Member;
  readonly stay: readonly Member[];
  readonly hidden: readonly Member[];
}

/** A kind without the members that were found to be unlike it. */
export function part(kind: readonly Member[], most: number, apart: ReadonlySet<Member>): Parted {
  const alike = kind.filter((member) => !apart.has(member));
  const [first = { files: [], names: [] }] = alike;
  return { first, stay: alike.slice(0, most), hidden: alike.slice(most) };
}

/** Whether the host with a few of each kind is one that tells of the others. */
export function tells(few: Host, search: Search, parted: readonly Parted[]): boolean {
  const stay = parted.flatMap((one) => one.stay.flatMap(({ files }) => files));
  const hidden = parted.flatMap((one) => one.hidden.flatMap(({ files }) => files));

  return (
    search.complete() &&
    isPlain(few) &&
    !few.pools.some((pool) => isCutOff(pool, 0)) &&
    areServers(few, stay) &&
    arePools(few, stay) &&
    areIncludedOnce(few, search, hidden) &&
    staysWithinLimits(few, parted)
  );
}

/** Containers, templates and files at rest are few, and what is said of them rests on more than their texts. */
function isPlain({ machines, container, aside, asideMasters, nginx }: Host): boolean {
  if (machines.size > 0 || container !== null || aside.size > 0 || asideMasters.length > 0) return false;
  return nginx === null || nginx.texts.every(({ template }) => template === null);
}

/** Whether the kernel cuts off the path of its socket, so that the ends of names no longer tell sockets apart. */
function isCutOff(pool: Pool, more: number): boolean {
  const bytes = (key: string): number => {
    const found = setting(pool, key);
    return found.kind === "set" ? Buffer.byteLength(found.value ?? "") : 0;
  };
  return Math.max(bytes("listen"), bytes("pm.status_listen")) + bytes("prefix") + more > LONGEST_PATH;
}

/** Whether each of the files holds servers and nothing else, which the one `http` includes once. */
function areServers({ nginx }: Host, stay: readonly OwnFile[]): boolean {
  const sites = stay.filter(({ half }) => half === "nginx");
  if (nginx === null) return sites.length === 0;
  const [http, ...others] = nginx.root.children.filter(({ name }) => name === "http");
  if (sites.length === 0) return true;
  if (http === undefined || others.length > 0) return false;
  const brought = grouped(http.children.map((node) => [node.file.path, node] as const));
  const texts = new Map(nginx.texts.map((text) => [text.file.path, text]));
  return sites.every(({ file: { path }, way }) => {
    const nodes = brought.get(path) ?? [];
    return (
      nodes.length > 0 &&
      nodes.length === texts.get(path)?.directives.length &&
      nodes.every(({ partial, via }) => !partial && wayOf(via) === way)
    );
  });
}

/** The include that led to something. */
function wayOf(via: Place["via"]): string | null {
  const last = via.at(-1);
  return last === undefined ? null : placeOf(last.file, last.start);
}

/** Whether each of the files holds one pool, and no line of another file counts for a pool of it. */
function arePools({ pools }: Host, stay: readonly OwnFile[]): boolean {
  const byFile = grouped(pools.map((pool) => [pool.section.span.file.path, pool] as const));
  const masters = new Set<FpmMaster>();
  for (const { half, file, way } of stay) {
    if (half === "nginx") continue;
    const [pool, ...others] = byFile.get(file.path) ?? [];
    if (pool === undefined || others.length > 0 || pool.partial || wayOf(pool.section.via) !== way)
      return false;
    if (pool.settings.some(({ keyPlace }) => keyPlace.span.file.path !== file.path)) return false;
    masters.add(pool.master);
  }
  return [...masters].every(
    (master) =>
      master.main !== null &&
      !master.partial &&
      master.faults.length + master.doubtful.length === 0 &&
      master.pools.every(hasItsLines),
  );
}

/** Whether no line counts for it only because its file was read last. */
function hasItsLines({ section, settings }: Pool): boolean {
  return settings.every(({ header, keyPlace: { span, via } }) => {
    const { file } = (header ?? section).span;
    return span.file === file || via.some((one) => one.file === file);
  });
}

/** Whether the one include that was found brings each hidden file, and nothing else does. */
function areIncludedOnce({ nginx, masters }: Host, search: Search, hidden: readonly OwnFile[]): boolean {
  const nginxIncludes = (nginx?.includes ?? []).map(
    (include): Including => ({ ...include, fromTemplate: isTemplateName(include.place.span.file.path) }),
  );
  const meant = ({ pattern, fromTemplate }: Including): readonly string[] =>
    search.meant(pattern, fromTemplate);
  const half = (name: OwnFile["half"]): readonly OwnFile[] => hidden.filter((one) => one.half === name);
  return (
    eachOnce(half("nginx"), nginxIncludes, meant) &&
    eachOnce(
      half("fpm"),
      masters.flatMap(({ main, includes }) =>
        includes.map(({ pattern, place }): Including & { readonly main: string } => ({
          pattern,
          place,
          main: main?.path ?? "/",
          fromTemplate: isTemplateName(place.span.file.path),
        })),
      ),
      ({ pattern, main, fromTemplate }) => search.meantByFpm(pattern, main, fromTemplate),
    )
  );
}

interface Including {
  readonly pattern: string;
  readonly place: Place;
  readonly fromTemplate: boolean;
}

function eachOnce<I extends Including>(
  files: readonly OwnFile[],
  includes: readonly I[],
  meant: (include: I) => readonly string[],
): boolean {
  const ways = new Map(files.map(({ file, way }) => [file.path, way]));
  const met = new Set<string>();
  const alike = grouped(includes.map((one) => [`${one.fromTemplate} ${one.pattern}`, one] as const));
  for (const [first, ...others] of alike.values()) {
    if (first === undefined) continue;
    for (const path of meant(first)) {
      const way = ways.get(path);
      if (way === undefined) continue;
      const { file, start } = first.place.span;
      if (others.length > 0 || met.has(path) || placeOf(file, start) !== way) return false;
      met.add(path);
    }
  }
  return met.size === ways.size;
}

/** Bytes of a pool's file from which on it gives more allowance than it takes. */
const POOL_BYTES = 60;

/** Whether no limit of the readers is met with all members that is not met with a few. */
function staysWithinLimits(few: Host, parted: readonly Parted[]): boolean {
  const isLarge = ({ half, file }: OwnFile): boolean => half === "nginx" || file.text.length > POOL_BYTES;
  if (!parted.every(({ hidden }) => hidden.every(({ files }) => files.every(isLarge)))) return false;
  const pools = new Map(few.pools.map((pool) => [pool.section.span.file.path, pool]));
  if (!parted.every((one) => haveShortSockets(pools, one))) return false;
  return few.nginx === null || mayBeRead(few, few.nginx, parted);
}

/** Whether no hidden pool has a longer name than that which it is compared with, by so much that its socket is cut off. */
function haveShortSockets(pools: ReadonlyMap<string, Pool>, { first, hidden }: Parted): boolean {
  for (const [at, own] of first.files.entries()) {
    if (own.half !== "fpm") continue;
    const pool = pools.get(own.file.path);
    if (pool === undefined) return false;
    // A name may be in the path several times.
    const times = own.words.length + own.file.text.split("$").length;
    const longer = hidden.reduce((most, { files }) => Math.max(most, growth(own, files[at])), 0);
    if (isCutOff(pool, times * longer)) return false;
  }
  return true;
}

/** Characters that the longest name has more than that in its place. */
function growth(first: OwnFile, other: OwnFile | undefined): number {
  return first.words.reduce(
    (most, { name }, at) => Math.max(most, (other?.words[at]?.name.length ?? 0) - name.length),
    0,
  );
}

/** What a host makes of each file, and of what that includes. */
interface Made {
  readonly nodes: ReadonlyMap<string, number>;
  readonly includes: ReadonlyMap<string, readonly NginxInclude[]>;
  readonly passes: ReadonlyMap<string, number>;
}

function madeOf(few: Host, { root, includes }: NginxHost): Made {
  const servers = root.children.filter(({ name }) => name === "http").flatMap(({ children }) => children);
  const nodes = new Map<string, number>();
  for (const server of servers) add(nodes, server.file.path, 1 + descendants(server).length);
  const passes = new Map<string, number>();
  for (const { pass } of [...few.bindings, ...few.otherPasses])
    for (const path of filesOf(pass.file, pass.via)) add(passes, path, 1);
  const pairs = includes.flatMap((one) =>
    [...filesOf(one.place.span.file, one.place.via)].map((path) => [path, one] as const),
  );
  return { nodes, includes: grouped(pairs), passes };
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** The file of something, and those that led to it. */
export function filesOf(file: SourceFile, via: Place["via"]): ReadonlySet<string> {
  return new Set([file.path, ...via.map((one) => one.file.path)]);
}

/**
 * Whether what the hidden sites include costs no more than they bring, and all connections from their locations to
 * servers of upstreams would be followed.
 */
function mayBeRead(few: Host, nginx: NginxHost, parted: readonly Parted[]): boolean {
  const made = madeOf(few, nginx);
  const { floor, perByte } = SITE_INCLUDES;
  const all = descendants(nginx.root).length;
  let [above, directives, connections] = [0, all, few.bindings.length + few.otherPasses.length];
  for (const { first, hidden } of parted) {
    const paths = first.files.flatMap(({ half, file }) => (half === "nginx" ? [file.path] : []));
    const sum = (counts: ReadonlyMap<string, number>): number =>
      paths.reduce((total, path) => total + (counts.get(path) ?? 0), 0);
    const cost = sum(made.nodes) + includesCost(paths.flatMap((path) => made.includes.get(path) ?? []));
    for (const { files } of hidden) above += Math.max(0, cost - perByte * bytesOf(files));
    directives += sum(made.nodes) * hidden.length;
    connections += sum(made.passes) * hidden.length;
  }
  if (above > 0 && all + includesCost(nginx.includes) + above > floor) return false;
  const servers = everywhere(nginx.root, "server").filter(({ parent }) => parent?.name === "upstream").length;
  if (servers === 0) return true;
  // Which upstreams a variable means is not counted here.
  if ([...few.bindings, ...few.otherPasses].some(({ pass }) => argument(pass, 0)?.includes("$")))
    return false;
  return connections * servers <= CONNECTIONS.floor + CONNECTIONS.perDirective * directives;
}

function bytesOf(files: readonly OwnFile[]): number {
  return files.reduce((sum, { half, file }) => (half === "nginx" ? sum + file.text.length : sum), 0);
}

/** What the account of the includes is charged for them, or more. */
function includesCost(includes: readonly NginxInclude[]): number {
  return includes.reduce(
    (sum, { files, problems, place }) => sum + (files + problems.length) * (2 + place.via.length),
    0,
  );
}

/**
 * The members that are no members after all, now that all other files are known: another one has their name, or they
 * judge the letters of names. `null`: another one judges the letters of all names.
 */
export function unlikeOthers(
  few: Host,
  spec: HostSpec,
  files: readonly OwnFile[],
  owners: ReadonlyMap<string, Member>,
  members: readonly Member[],
): ReadonlySet<Member> | null {
  const texts = few.nginx?.texts ?? [];
  const variables = nameVariables(texts);
  const shared = texts.filter((text) => !hasOnlyServers(text));
  if (shared.some(({ directives }) => anyJudgesNames(directives, variables))) return null;
  const found = new Set<Member>();
  const judging = new Set(
    unique(files.map(({ pattern }) => pattern)).filter(
      ({ parsed }) => parsed !== null && namedInSite(parsed, variables) === null,
    ),
  );
  if (judging.size > 0)
    for (const member of members)
      if (member.files.some(({ pattern }) => judging.has(pattern))) found.add(member);
  const own = new Set(files.map(({ file }) => file.path));
  for (const text of otherTexts(few, spec, own))
    for (const member of namedIn(text, owners)) found.add(member);
  return found;
}

/** What all other files say and are called, also of those that nothing includes. */
function otherTexts(
  { nginx, masters, unread, fs }: Host,
  spec: HostSpec,
  own: ReadonlySet<string>,
): ReadonlySet<string> {
  const read: readonly SourceFile[] = [
    ...(nginx?.texts ?? []).map(({ file }) => file),
    ...masters.flatMap((master: FpmMaster) => [...master.files, ...master.ini.files]),
  ];
  const named = [...spec.fragments, ...spec.pools.flat(), ...(spec.aside ?? []).map(({ path }) => path)];
  const others = named.flatMap((path): readonly string[] => {
    const entry = fs.entry(path);
    if (entry.kind !== "file") return [path];
    if (own.has(entry.path)) return [];
    const answer = entry.read();
    return "text" in answer ? [path, entry.path, answer.text] : [path, entry.path];
  });
  return new Set([
    ...read.filter(({ path }) => !own.has(path)).flatMap(({ path, text }) => [path, text]),
    ...others,
    ...unread.map(({ file }) => file),
  ]);
}
