import { diskFilesystem } from "./disk.js";
import { dumpFilesystem, isDump, type NginxDump, readDump } from "./dump.js";
import type { HostFilesystem } from "./filesystem.js";
import { glob } from "./glob.js";
import { byBytes, directoryOf, isWithin, nameOf } from "./path.js";
import { type Repository, withRepository } from "./repository.js";
import { type Kind, sniff } from "./sniff.js";
import { type HostSpec, isEmptySpec } from "./spec.js";

/** Where the packages of the common systems put nginx's main file. */
const NGINX_MAINS = [
  "/etc/nginx/nginx.conf",
  "/usr/local/etc/nginx/nginx.conf",
  "/usr/local/nginx/conf/nginx.conf",
  "/usr/local/openresty/nginx/conf/nginx.conf",
  "/etc/openresty/nginx.conf",
];

/** Where they put php-fpm's main file, and the pools it includes: Debian, RHEL, Remi, Alpine, the official image. */
const FPM_LAYOUTS: readonly (readonly [main: string, pools: string])[] = [
  ["/etc/php/*/fpm/php-fpm.conf", "/etc/php/*/fpm/pool.d/*.conf"],
  ["/etc/php5/fpm/php-fpm.conf", "/etc/php5/fpm/pool.d/*.conf"],
  ["/etc/php-fpm.conf", "/etc/php-fpm.d/*.conf"],
  ["/etc/opt/remi/php*/php-fpm.conf", "/etc/opt/remi/php*/php-fpm.d/*.conf"],
  ["/etc/php[0-9]*/php-fpm.conf", "/etc/php[0-9]*/php-fpm.d/*.conf"],
  ["/usr/local/etc/php-fpm.conf", "/usr/local/etc/php-fpm.d/*.conf"],
];

/** Directories that hold no configuration of a host, or that are not files at all. */
const SKIPPED = new Set([".git", ".hg", ".svn", "node_modules", "vendor", "proc", "sys", "dev"]);

/** The host whose `/` is `root`, by the places where the packages put things. */
export function hostAt(root: string, name: string, workingDirectory: string): HostSpec {
  const fs = diskFilesystem({ root, workingDirectory });
  const nginx = NGINX_MAINS.find((path) => stands(fs, path)) ?? null;
  const fpm = FPM_LAYOUTS.flatMap(([main]) => glob(fs, main)).filter(
    (path) => fs.entry(path).kind === "file",
  );
  const covered = new Set(fpm.map(directoryOf));
  const pools = FPM_LAYOUTS.flatMap(([, files]) => glob(fs, files)).filter(
    (path) => !covered.has(mainDirectory(path)),
  );
  const fragments = nginx === null ? nginxFragments(fs) : [];
  return { name, root, nginx, fragments, fpm: unique(fpm), pools: byDirectory(unique(pools)) };
}

/** Also what cannot be read: that a main file is there and was not read has to be said. */
function stands(fs: HostFilesystem, path: string): boolean {
  const { kind } = fs.entry(path);
  return kind === "file" || kind === "unreadable" || kind === "outside";
}

function mainDirectory(poolFile: string): string {
  return directoryOf(directoryOf(poolFile));
}

/** Sites below `etc/nginx` whose main file is not in the tree. What is only available, not enabled, counts when nothing is enabled. */
function nginxFragments(fs: HostFilesystem): readonly string[] {
  const found = files(fs, "/etc/nginx").filter((path) => isFragment(kindOf(fs, path)));
  const enabled = found.filter((path) => !path.includes("/sites-available/"));
  return enabled.some((path) => path.includes("/sites-enabled/")) ? enabled : found;
}

function isFragment(kind: Kind): boolean {
  return kind === "nginx-fragment";
}

/** A host that was found, and where to read it from. */
export interface FoundHost {
  readonly spec: HostSpec;
  readonly fs: HostFilesystem;
}

/** Every host below a directory: each `etc` that holds a daemon's files, and what stands outside of them. */
export function hostsBelow(directory: string, workingDirectory: string): readonly FoundHost[] {
  const fs = diskFilesystem({ root: directory, workingDirectory });
  const direct = hostAt(directory, ".", workingDirectory);
  if (directory === "/" && !isEmptySpec(direct)) return [{ spec: direct, fs }];
  const all = files(fs, "/");
  const roots = unique(all.flatMap(rootOf)).sort(byBytes);
  const rooted = roots
    .map((root) => ({ root, disk: root === "/" ? directory : `${directory}${root}` }))
    .map(({ root, disk }) => ({ root, disk, spec: hostAt(disk, root.slice(1) || ".", workingDirectory) }))
    .filter(({ spec }, _, every) => !isEmptySpec(spec) && !isShared(fs, spec, every));
  const repository: Repository = {
    fs,
    paths: [...new Set(all.flatMap(withParents))],
    roots: rooted.map(({ root }) => root),
  };
  const hosts = rooted.map(({ root, disk, spec }) => ({
    spec,
    fs: withRepository(diskFilesystem({ root: disk, workingDirectory }), repository, root),
  }));
  const taken = roots.flatMap((root) => [
    `${root === "/" ? "" : root}/etc`,
    `${root === "/" ? "" : root}/usr/local`,
  ]);
  const loose = all.filter((path) => !taken.some((root) => isWithin(root, path)));
  const shared = withRepository(fs, repository, "/");
  return [...hosts, ...looseHosts(fs, directory, loose).map((spec) => readFrom(spec, shared))];
}

function withParents(path: string): readonly string[] {
  const parents: string[] = [];
  for (let at = path; at !== "/"; at = directoryOf(at)) parents.push(at);
  return parents;
}

/** An `etc` with nothing but snippets beside whole hosts is deployed to them, and no host by itself. */
function isShared(
  fs: HostFilesystem,
  spec: HostSpec,
  every: readonly { readonly spec: HostSpec; readonly root: string }[],
): boolean {
  if (spec.nginx !== null || spec.fpm.length > 0 || spec.pools.length > 0) return false;
  const root = every.find((one) => one.spec === spec)?.root ?? "/";
  const serves = spec.fragments.some((path) => {
    const entry = fs.entry(root === "/" ? path : root + path);
    const answer = entry.kind === "file" ? entry.read() : null;
    return answer !== null && "text" in answer && /^\s*server\s*\{/m.test(answer.text);
  });
  return !serves && every.some((one) => one.spec.nginx !== null);
}

/** The host's own files, or those of the `nginx -T` output that stands for its nginx half. */
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
  const match = /^(.*?)\/(?:usr\/local\/etc\/(?:nginx|php)|etc\/(?:nginx|openresty|php|opt\/remi))/.exec(
    path,
  );
  return match === null ? [] : [match[1] === "" ? "/" : (match[1] ?? "/")];
}

/** Hosts of a tree without an `etc`: one for each nginx main file, with the PHP-FPM files nearest to it. */
function looseHosts(fs: HostFilesystem, root: string, paths: readonly string[]): readonly HostSpec[] {
  const kinds = new Map(paths.map((path) => [path, kindOf(fs, path)] as const));
  const of = (...wanted: readonly Kind[]) =>
    paths.filter((path) => wanted.includes(kinds.get(path) ?? "other"));
  const mains = of("nginx-main");
  const fpmFiles = of("fpm-main", "fpm-pool");
  const seeds =
    mains.length > 0 ? mains : fpmFiles.length > 0 || of("nginx-fragment").length > 0 ? [null] : [];
  return seeds.map((main) => {
    const near = (path: string) => main === null || nearestSeeds(mains, path).includes(main);
    const fpm = of("fpm-main").filter(near);
    // Also the pools that a main file may include: whoever reads it knows which ones it brought.
    const pools = of("fpm-pool").filter(near);
    return {
      name: main === null || mains.length === 1 ? "." : directoryOf(main).slice(1) || ".",
      root,
      nginx: main,
      fragments: of("nginx-fragment").filter(near),
      fpm,
      pools: byDirectory(pools),
    };
  });
}

/** The main files whose directory shares most of the path. */
function nearestSeeds(mains: readonly string[], path: string): readonly string[] {
  const shared = mains.map((main) => commonDepth(directoryOf(main), path));
  const most = Math.max(...shared);
  return mains.filter((_, index) => shared[index] === most);
}

function commonDepth(directory: string, path: string): number {
  const a = directory.split("/");
  const b = path.split("/");
  let depth = 0;
  while (depth < a.length && a[depth] === b[depth]) depth += 1;
  return depth;
}

function kindOf(fs: HostFilesystem, path: string): Kind {
  const dumped = /nginx[^/]*\.(?:txt|out|dump)$/i.test(path);
  if (!dumped && !/\.(?:conf|vhost|nginx)$|\/sites-(?:available|enabled)\/[^/]+$/.test(path)) return "other";
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (answer === null || "unreadable" in answer) return "other";
  if (isDump(answer.text)) return "nginx-main";
  return dumped ? "other" : sniff(answer.text, nameOf(path));
}

/** Every file below a directory, links not followed into directories, in bytewise order. */
function files(fs: HostFilesystem, directory: string): readonly string[] {
  const found: string[] = [];
  const pending = [directory];
  while (pending.length > 0) {
    const at = pending.pop() ?? "/";
    const entry = fs.entry(at);
    if (entry.kind !== "directory" || entry.path !== at) continue;
    for (const name of entry.names) {
      const path = at === "/" ? `/${name}` : `${at}/${name}`;
      const child = fs.entry(path);
      if (child.kind === "directory" && !SKIPPED.has(name)) pending.push(path);
      else if (child.kind === "file") found.push(path);
    }
  }
  return found.sort(byBytes);
}

function byDirectory(paths: readonly string[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const group = groups.get(directoryOf(path));
    if (group === undefined) groups.set(directoryOf(path), [path]);
    else group.push(path);
  }
  return [...groups.values()];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
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
