import { globDeployed, withDeployed } from "./deployed.js";
import { diskFilesystem } from "./disk.js";
import { dumpFilesystem, isDump, type NginxDump, readDump } from "./dump.js";
import { type HostFilesystem, unreadReason } from "./filesystem.js";
import { looseHosts } from "./loose.js";
import { mastersElsewhere } from "./masters-elsewhere.js";
import { byBytes, directoryOf, isWithin, nameOf } from "./path.js";
import { type Repository, withRepository } from "./repository.js";
import type { Kind } from "./sniff.js";
import { type HostSpec, isEmptySpec, type UnreadPath } from "./spec.js";
import { byDirectory, files, kindOf, type Note, unique } from "./survey.js";

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

/** The host whose `/` is `root`, by the places where the packages put things. */
export function hostAt(root: string, name: string, workingDirectory: string): HostSpec {
  const disk = diskFilesystem({ root, workingDirectory });
  const isHost = root === "/" || disk.entry("/etc/passwd").kind === "file";
  const fs = isHost ? disk : withDeployed(disk);
  const unread = new Map<string, UnreadPath>();
  const note: Note = (entry) => {
    unread.set(entry.path, { file: fs.display(entry.path), reason: unreadReason(entry) ?? "" });
  };
  const nginx = NGINX_MAINS.find((path) => stands(fs, path)) ?? null;
  const packaged = FPM_LAYOUTS.flatMap(([main]) => globDeployed(fs, main, true, note)).filter((path) =>
    stands(fs, path),
  );
  const fpm = [...packaged, ...mastersElsewhere(disk)];
  const covered = new Set(fpm.map(directoryOf));
  const pools = FPM_LAYOUTS.flatMap(([, files]) => globDeployed(fs, files, true, note)).filter(
    (path) => !covered.has(mainDirectory(path)),
  );
  const fragments = nginx === null ? nginxFragments(fs, note) : [];
  return {
    name,
    root,
    nginx,
    fragments,
    fpm: unique(fpm),
    pools: byDirectory(unique(pools)),
    unread: [...unread.values()],
  };
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
function nginxFragments(fs: HostFilesystem, note: Note): readonly string[] {
  const found = files(fs, "/etc/nginx", note).filter((path) => isFragment(kindOf(fs, path)));
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
  const unread: UnreadPath[] = [];
  const all = files(fs, "/", (entry) => {
    unread.push({ file: fs.display(entry.path), reason: unreadReason(entry) ?? "" });
  });
  const roots = unique(all.flatMap(rootOf)).sort(byBytes);
  const rooted = roots
    .map((root) => ({ root, disk: root === "/" ? directory : `${directory}${root}` }))
    .map(({ root, disk }) => ({ root, disk, spec: hostAt(disk, root.slice(1) || ".", workingDirectory) }))
    .filter(({ spec }, _, every) => !isEmptySpec(spec) && !isShared(fs, spec, every))
    .filter(({ root, spec }, _, every) => !isPartOf(root, spec, every));
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
  const named = rooted.flatMap(({ root, spec }) => spec.fpm.map((path) => directoryOf(below(root, path))));
  const loose = all.filter((path) => ![...taken, ...named].some((root) => isWithin(root, path)));
  const shared = withRepository(fs, repository, "/");
  const found = [...hosts, ...looseHosts(fs, directory, loose).map((spec) => readFrom(spec, shared))];
  if (unread.length === 0) return found;
  // What could not be looked into may be a host of its own.
  const nothing = { name: ".", root: directory, nginx: null, fragments: [], fpm: [], pools: [], unread };
  return [...found, { spec: nothing, fs }];
}

function below(root: string, path: string): string {
  return root === "/" ? path : root + path;
}

/** A directory `etc` of a PHP elsewhere (`/opt/plesk/php/8.2/etc`) whose main file the host around it has already. */
function isPartOf(
  root: string,
  { nginx, fragments, fpm }: HostSpec,
  every: readonly { readonly spec: HostSpec; readonly root: string }[],
): boolean {
  if (nginx !== null || fragments.length > 0 || fpm.length === 0) return false;
  return fpm.every((path) =>
    every.some(
      (one) =>
        one.root !== root &&
        isWithin(one.root, root) &&
        one.spec.fpm.some((known) => below(one.root, known) === below(root, path)),
    ),
  );
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
