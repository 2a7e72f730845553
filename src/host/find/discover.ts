import { startsAsRoot } from "../../containers/containers.js";
import { grouped, unique } from "../../source/collect.js";
import { lazily, once } from "../../source/memo.js";
import { globDeployed, withDeployed } from "../deployed.js";
import { dumpFilesystem, isDump, type NginxDump, readDump } from "../dump.js";
import type { Entry, HostFilesystem } from "../filesystem.js";
import { fillersOf, withFillers } from "../filled.js";
import { isOfImage } from "../image-file.js";
import { mayMatter } from "../names.js";
import { byBytes, directoryOf, isWithin, isWithinAny, nameOf, withParents } from "../path.js";
import { type HostSpec, isEmptySpec, mayHide, type UnreadPath } from "../spec.js";
import { type Aside, asideAmong, otherMain } from "./aside.js";
import { containerHosts, isClaimed, joinContainers, type LeftOver } from "./containers.js";
import type { FoundHost } from "./found.js";
import { joinHalves } from "./halves.js";
import { looseHosts } from "./loose.js";
import { mastersElsewhere } from "./masters-elsewhere.js";
import { versionBelow, versionTexts } from "./nginx-version.js";
import { repositoryOf, withRepository } from "./repository.js";
import type { Kind } from "./sniff.js";
import { byDirectory, files, kindOf, type Note, unreadPath } from "./survey.js";

export type { FoundHost } from "./found.js";

/** Where the packages of the common systems put nginx's main file. */
const NGINX_MAINS = [
  "/etc/nginx/nginx.conf",
  "/usr/local/etc/nginx/nginx.conf",
  "/usr/local/nginx/conf/nginx.conf",
  "/usr/local/openresty/nginx/conf/nginx.conf",
  "/etc/openresty/nginx.conf",
];

/**
 * Where they put php-fpm's main file, and the pools it includes: Debian, RHEL, Remi, Alpine, openSUSE,
 * Arch with its older PHP, Gentoo, the official image.
 */
const FPM_LAYOUTS: readonly (readonly [main: string, pools: string])[] = [
  ["/etc/php/*/fpm/php-fpm.conf", "/etc/php/*/fpm/pool.d/*.conf"],
  ["/etc/php5/fpm/php-fpm.conf", "/etc/php5/fpm/pool.d/*.conf"],
  ["/etc/php-fpm.conf", "/etc/php-fpm.d/*.conf"],
  ["/etc/opt/remi/php*/php-fpm.conf", "/etc/opt/remi/php*/php-fpm.d/*.conf"],
  ["/etc/php[0-9]*/php-fpm.conf", "/etc/php[0-9]*/php-fpm.d/*.conf"],
  ["/etc/php[78]/fpm/php-fpm.conf", "/etc/php[78]/fpm/php-fpm.d/*.conf"],
  ["/etc/php/php-fpm.conf", "/etc/php/php-fpm.d/*.conf"],
  ["/etc/php-legacy/php-fpm.conf", "/etc/php-legacy/php-fpm.d/*.conf"],
  ["/etc/php/fpm-php*/php-fpm.conf", "/etc/php/fpm-php*/fpm.d/*.conf"],
  ["/usr/local/etc/php-fpm.conf", "/usr/local/etc/php-fpm.d/*.conf"],
];

/** The host whose `/` is `root`, by the places where the packages put things. `disk`: the root's own. */
export function hostAt(root: string, name: string, disk: HostFilesystem): HostSpec {
  const isHost = root === "/" || disk.entry("/etc/passwd").kind === "file";
  const fs = isHost ? disk : withDeployed(disk);
  const unread = new Map<string, UnreadPath>();
  const note: Note = (entry) => unread.set(entry.path, unreadPath(fs, entry));
  const nginx = NGINX_MAINS.find((path) => isThere(fs, path)) ?? null;
  const packaged = FPM_LAYOUTS.flatMap(([main]) => globDeployed(fs, main, true, note)).filter((path) =>
    isThere(fs, path),
  );
  const elsewhere = mastersElsewhere(disk, note);
  const fpm = [...packaged, ...elsewhere.mains];
  const covered = new Set(fpm.map(directoryOf));
  const pools = FPM_LAYOUTS.flatMap(([, files]) => globDeployed(fs, files, true, note)).filter(
    (path) => !covered.has(mainDirectory(path)),
  );
  const fragments = nginx === null ? nginxFragments(fs, note) : [];
  const aside = isHost ? null : asideAt(disk, new Set([nginx ?? "", ...fragments, ...fpm, ...pools]));
  return {
    name,
    root,
    nginx,
    fragments,
    fpm: unique(fpm),
    pools: byDirectory(unique(pools)),
    ...(aside === null || aside.files.length === 0 ? {} : { aside: aside.files }),
    unread: [...unread.values(), ...elsewhere.hidden, ...(aside?.scripts ?? [])],
  };
}

/** The same in a container, whose commands may link or make sites that the main file includes. */
function containerAt(root: string, name: string, fs: HostFilesystem): HostSpec {
  const found = hostAt(root, name, fs);
  // What the entrypoint makes of templates is read, and they are not. What an image has is for its own main file.
  const aside = (found.aside ?? []).filter(
    ({ path }) => directoryOf(path) !== "/etc/nginx/templates" && !isOfImage({ display: fs.display(path) }),
  );
  const spec = { ...found, aside };
  const main = spec.nginx === null ? null : fs.entry(spec.nginx);
  if (main === null) return spec;
  // A command or a mount has the last word on the main file, and what it includes is still known.
  const isOpen = main.kind === "unreadable" && main.made === true;
  if (!isOpen && isOfImage({ display: fs.display(main.path) })) return spec;
  const fragments = nginxFragments(withDeployed(fs), UNNOTED);
  const read = new Set(fragments);
  return {
    ...spec,
    nginx: isOpen ? null : spec.nginx,
    fragments,
    aside: aside.filter(({ path }) => !read.has(path)),
    unread: [...(spec.unread ?? []), ...(isOpen ? [unreadPath(fs, main)] : [])],
  };
}

/** What an include names and cannot be read is said there; nothing else is known to be read. */
const UNNOTED: Note = () => {};

/** What an `etc` in a repository has of both daemons besides what their main files are known to read. */
function asideAt(disk: HostFilesystem, known: ReadonlySet<string>): Aside {
  const paths = ["/etc", "/usr/local/etc/nginx", "/usr/local/etc/php-fpm.d"]
    .filter((path) => disk.entry(path).kind === "directory")
    .flatMap((path) => files(disk, path, UNNOTED))
    .filter(mayMatter);
  const kinds = new Map(paths.map((path) => [path, kindOf(disk, path, UNNOTED)] as const));
  const { files: found, mains, scripts } = asideAmong(disk, paths, kinds, { all: true });
  return {
    files: [...found, ...mains.map(otherMain)].filter(({ path }) => !known.has(path)),
    mains: mains.filter((path) => !known.has(path)),
    scripts,
  };
}

/** Also what cannot be read: that a main file is there and was not read has to be said. */
function isThere(fs: HostFilesystem, path: string): boolean {
  const { kind } = fs.entry(path);
  return kind !== "directory" && kind !== "missing";
}

function mainDirectory(poolFile: string): string {
  return directoryOf(directoryOf(poolFile));
}

/** Sites below `etc/nginx` whose main file is not in the tree. What is only available, not enabled, counts when nothing is enabled. */
function nginxFragments(fs: HostFilesystem, note: Note): readonly string[] {
  const found = files(fs, "/etc/nginx", note).filter((path) => isFragment(kindOf(fs, path, note)));
  const enabled = found.filter((path) => !path.includes("/sites-available/"));
  return enabled.some((path) => path.includes("/sites-enabled/")) ? enabled : found;
}

function isFragment(kind: Kind): boolean {
  return kind === "nginx-fragment";
}

/** Every host below a directory: each `etc` that holds a daemon's files, and what is outside of them. */
export function hostsBelow(directory: string, open: (root: string) => HostFilesystem): readonly FoundHost[] {
  const bare = open(directory);
  if (directory === "/") {
    const live = hostAt(directory, ".", bare);
    if (!isEmptySpec(live)) return [{ spec: live, fs: bare }];
  }
  const noted: Entry[] = [];
  const note: Note = (entry) => noted.push(entry);
  const all = files(bare, "/", note);
  const fillers = fillersOf(bare, all);
  const fs = withFillers(bare, fillers);
  // One for each root, so that nothing is asked of the disk again.
  const disks = new Map([[directory, fs]]);
  const diskOf = (root: string): HostFilesystem => once(disks, root, () => withFillers(open(root), fillers));
  const contained = containerHosts(fs, directory, all, (name, own) => containerAt(directory, name, own));
  const roots = unique(all.flatMap(rootOf)).sort(byBytes);
  const everyRooted = rootedHosts(
    fs,
    roots.map((root) => {
      const at = root === "/" ? directory : directory + root;
      return { root, spec: hostAt(at, root.slice(1) || ".", diskOf(at)) };
    }),
  );
  const ofContainers = new Set(
    everyRooted.filter(({ root, spec }) => isClaimed(contained.claimed, root, spec)),
  );
  const rooted = everyRooted.filter((one) => !ofContainers.has(one));
  const left = [...ofContainers].map((one) => leftOver(one, contained.claimed));
  const repository = repositoryOf(
    fs,
    () => unique(all.flatMap(withParents)),
    rooted.map(({ root }) => root),
  );
  const versions = versionTexts(fs, all);
  const hosts = rooted.map(({ root, spec }) => ({
    spec: withVersion(spec, versionBelow(root, versions)),
    fs: withRepository(diskOf(spec.root), repository, root),
  }));
  const taken = new Set([
    ...roots.flatMap((root) => [below(root, "/etc"), below(root, "/usr/local")]),
    ...rooted.flatMap(({ root, spec }) => spec.fpm.map((path) => directoryOf(below(root, path)))),
  ]);
  const loose = all.filter(
    (path) => mayMatter(path) && !isWithinAny(taken, path) && !isWithinAny(contained.claimed, path),
  );
  const shared = withRepository(fs, repository, "/");
  const others = looseHosts(fs, directory, loose, rooted.length > 0, note);
  const hiding = hidden(noted, rooted).filter(
    ({ kind, path }) => kind !== "outside" || shared.entry(path).kind === "outside",
  );
  const unread = [...hiding.map((entry) => unreadPath(fs, entry)), ...contained.unread];
  // What could not be looked into may be a part of each of them, or a host of its own.
  const nothing: HostSpec = { name: ".", root: directory, nginx: null, fragments: [], fpm: [], pools: [] };
  const specs = others.length === 0 && unread.length > 0 ? [nothing] : others;
  const joined = joinContainers(contained, specs, left.flat(), shared, directory);
  const scriptAllowsRoot = lazily(() => all.some((path) => startsAsRoot(fs, path)));
  const loosely = joined.specs.map((spec) => ({
    ...spec,
    unread: [...unread, ...(spec.unread ?? [])],
    scriptAllowsRoot,
  }));
  const version = rooted.length === 0 ? versionBelow("/", versions) : null;
  const unrooted = loosely.map((spec) => readFrom(withVersion(spec, version), shared));
  return joinHalves([...hosts, ...joined.hosts, ...unrooted]);
}

function withVersion(spec: HostSpec, nginxVersion: string | null): HostSpec {
  return nginxVersion === null ? spec : { ...spec, nginxVersion };
}

/** Without what a host has in its own `etc`: there its daemons' files tell which links and special files count. */
function hidden(noted: readonly Entry[], rooted: readonly Rooted[]): readonly Entry[] {
  const own = new Set(rooted.map(({ root }) => below(root, "/etc")));
  return noted.filter(({ kind, path }) => kind === "unreadable" || !isWithinAny(own, path));
}

/** What is left of an `etc` whose main files containers have. */
function leftOver({ root, spec }: Rooted, claimed: ReadonlySet<string>): readonly LeftOver[] {
  if (spec.nginx === null) return [];
  const files = (spec.aside ?? [])
    .map((file) => ({ ...file, path: below(root, file.path) }))
    .filter(({ path }) => !isWithinAny(claimed, path));
  return files.length === 0 ? [] : [{ main: below(root, spec.nginx), files }];
}

function below(root: string, path: string): string {
  return root === "/" ? path : root + path;
}

/** What an `etc` of the tree may make a host. */
interface Rooted {
  /** Below the directory that is searched. */
  readonly root: string;
  readonly spec: HostSpec;
}

/** Those that are hosts by themselves. */
function rootedHosts(fs: HostFilesystem, every: readonly Rooted[]): readonly Rooted[] {
  const besideWhole = every.some(({ spec }) => spec.nginx !== null);
  const own = every.filter((one) => !isEmptySpec(one.spec) && !(besideWhole && isShared(fs, one)));
  const mains = grouped(
    own.flatMap(({ root, spec }) => spec.fpm.map((main) => [below(root, main), root] as const)),
  );
  return own.filter((one) => !isPartOf(one, mains));
}

/**
 * A directory `etc` of a PHP elsewhere (`/opt/plesk/php/8.2/etc`) whose main file the host around it
 * has already. `mains`: the roots of the hosts that have a main file, by its path.
 */
function isPartOf({ root, spec }: Rooted, mains: ReadonlyMap<string, readonly string[]>): boolean {
  const { nginx, fragments, fpm } = spec;
  if (nginx !== null || fragments.length > 0 || fpm.length === 0) return false;
  return fpm.every((path) =>
    (mains.get(below(root, path)) ?? []).some((other) => other !== root && isWithin(other, root)),
  );
}

/** An `etc` with nothing but snippets, next to whole hosts, is deployed to them and is not a host itself. */
function isShared(fs: HostFilesystem, { root, spec }: Rooted): boolean {
  if (spec.nginx !== null || spec.fpm.length > 0 || spec.pools.length > 0) return false;
  // What cannot be read may be a server.
  if (mayHide(spec.unread ?? [])) return false;
  return !spec.fragments.some((path) => {
    const entry = fs.entry(below(root, path));
    const answer = entry.kind === "file" ? entry.read() : null;
    return answer !== null && "text" in answer && /^[ \t]*server\s*\{/m.test(answer.text);
  });
}

/** The host's own files, or those of the `nginx -T` output that is its nginx half. */
function readFrom(spec: HostSpec, fs: HostFilesystem): FoundHost {
  const entry = spec.nginx === null ? null : fs.entry(spec.nginx);
  const answer = entry?.kind === "file" ? entry.read() : null;
  const dump = answer !== null && "text" in answer && isDump(answer.text) ? readDump(answer.text) : null;
  return dump === null ? { spec, fs } : { spec: dumpSpec(spec, dump), fs: dumpFilesystem(dump, fs) };
}

/** The spec of a host whose nginx half is a dump: whole, because nginx itself listed what it read. */
export function dumpSpec(spec: HostSpec, dump: NginxDump): HostSpec {
  return { ...spec, nginx: dump.main, fragments: [], dumped: true };
}

/** The root that a path implies by `etc/nginx`, `etc/php…` or `usr/local/etc/php-fpm…` in it. */
function rootOf(path: string): readonly string[] {
  if (!path.includes("/etc/")) return [];
  const match = /^(.*?)\/(?:usr\/local\/etc\/(?:nginx|php)|etc\/(?:nginx|openresty|php|opt\/remi))/.exec(
    path,
  );
  return match === null ? [] : [match[1] === "" ? "/" : (match[1] ?? "/")];
}

/** The nearest directory named `etc` that a path lies in, and the root it implies; `null` outside of any. */
export function enclosingRoot(path: string): string | null {
  for (let at = directoryOf(path); at !== "/"; at = directoryOf(at)) {
    if (nameOf(at) === "etc") return rootOfEtc(at);
  }
  return null;
}

/** The root that a directory named `etc` implies: the one above it, or the one above `usr` for `usr/local/etc`. */
export function rootOfEtc(etc: string): string {
  const above = directoryOf(etc);
  return above.endsWith("/usr/local") ? above.slice(0, -"/usr/local".length) || "/" : above;
}
