import { join, resolve } from "node:path";
import { parseShare, parseSize, parseSizeOrNone } from "./capacity/size.js";
import { attempt, each, failure } from "./engine/failure.js";
import type { Incomplete } from "./engine/finding.js";
import type { Config } from "./engine/schemas.js";
import { diskFilesystem } from "./host/disk.js";
import {
  dumpHosts,
  type GivenHost,
  hostsOf,
  startSearch,
  TREE,
  treeHosts,
  withDump,
} from "./host/find/given.js";
import { type Reach, reaches, reachOf, realPlace } from "./host/find/stated.js";
import type { TreeTexts } from "./host/memory.js";
import { overlaid } from "./host/overlaid.js";
import { normalizePath } from "./host/path.js";
import type { Pasts } from "./host/revised.js";
import type { HostSpec, TypedLink, UnreadPath } from "./host/spec.js";
import { type BuildOptions, buildHost } from "./model/build.js";
import type { Host } from "./model/host.js";

export interface HostsOptions {
  /** Files and directories; docs/layouts.md says what each means. Default: the working directory. */
  readonly paths?: readonly string[];
  /** Those of the paths that the user chose, and that may widen what `hosts` of the configuration name. Default: all. */
  readonly typed?: readonly string[];
  /** Absolute; relative paths count from it and reported names are relative to it. Default: the process's. */
  readonly workingDirectory: string;
  /** A checked `fpmlint.json`; `null` or absent: none. */
  readonly config?: Config | null;
  /** The directory that `hosts` of the configuration count from. Default: the working directory. */
  readonly configDirectory?: string;
  /** `8.3` for PHP-FPM whose path does not show its version. Default: unknown. */
  readonly phpVersion?: string | null;
  /** `1.22.1`, the nginx that will read the files. Default: unknown, and only what holds for every version from 1.18.0 on is judged. */
  readonly nginxVersion?: string | null;
  /** Bytes of memory that each host has; wins over the configuration. Default: what that says, or the live host. */
  readonly memory?: number | null;
  /** What the path `-` stands for: the output of `nginx -T`. */
  readonly standardInput?: string;
  /** A tree made of texts, by paths such as `etc/nginx/nginx.conf`; then no path is looked at. Default: none. */
  readonly files?: TreeTexts;
  /** Called with a few words before each host and each rule, for who waits. */
  readonly step?: (what: string) => void;
  /** Files that are read with another text than they have, by the name that reports print. Default: none. */
  readonly texts?: ReadonlyMap<string, string>;
  /** The hosts are read as they were when these paths were something else. Default: as they are. */
  readonly pasts?: Pasts;
}

/** Why nothing could be read: what a command line exits with 2 for. */
export interface HostRefusal {
  readonly kind: "missing-path" | "nothing-to-lint" | "stated-root";
  /** The path as it was given. */
  readonly path: string;
  /** One sentence without a full stop. */
  readonly message: string;
}

const NO_TEXTS: ReadonlyMap<string, string> = new Map();

/** A host that was read. */
export interface ReadHost {
  readonly host: Host;
  readonly spec: HostSpec;
  /** Only what touches one of these is wanted, named as reports print them; `null`: all. */
  readonly touching: readonly string[] | null;
}

export type ReadHosts =
  | {
      readonly kind: "read";
      readonly hosts: readonly ReadHost[];
      /** Paths and hosts that an error of fpmlint's own kept from being read. */
      readonly failures: readonly Incomplete[];
      /** What each path means. */
      readonly given: readonly { readonly path: string; readonly hosts: readonly GivenHost[] }[];
      /** The links in the paths, each once. */
      readonly links: readonly TypedLink[];
      /** Why paths that `passes` let pass mean nothing. */
      readonly passed: readonly HostRefusal[];
    }
  | { readonly kind: "refused"; readonly refusal: HostRefusal };

/**
 * Reads every host that the paths mean, each once. Never throws for what it reads. `supposed`: what was not
 * read of nginx's half is taken to change nothing, where it is otherwise unknown. `passes`: which paths
 * may mean nothing without a refusal of all; none, where it is absent.
 */
export function readHosts(
  options: HostsOptions,
  supposed = false,
  passes: (refusal: HostRefusal) => boolean = () => false,
): ReadHosts {
  const { workingDirectory } = options;
  const paths = options.paths ?? [];
  const stated = statedHosts(options);
  const stray = stated.find(({ root }) => !mayRead(root, options));
  if (stray !== undefined) return { kind: "refused", refusal: strayRoot(stray) };
  const search = startSearch(workingDirectory, options.texts, options.pasts);
  const links = new Map<string, TypedLink>();
  const given: { readonly path: string; readonly hosts: readonly GivenHost[] }[] = [];
  const failures: Incomplete[] = [];
  const passed: HostRefusal[] = [];
  for (const path of paths.length === 0 || options.files !== undefined ? ["."] : paths) {
    const found = attempt(() =>
      options.files !== undefined
        ? treeHosts(options.files, stated)
        : path === "-"
          ? dumpHosts(options.standardInput ?? "", "-")
          : hostsOf(path, workingDirectory, stated, search),
    );
    if (!found.ok) {
      failures.push(failure(path, "finding the hosts of this path failed", found.error));
      continue;
    }
    const answer = found.value;
    if (answer.kind !== "hosts") {
      const refusal = refusalOf(answer, path);
      if (!passes(refusal)) return { kind: "refused", refusal };
      passed.push(refusal);
      continue;
    }
    given.push({ path, hosts: answer.hosts });
    for (const link of answer.links) links.set(link.path, link);
  }
  const found = joined(distinct(given.flatMap((one) => one.hosts)));
  let begun = 0;
  const built = each(
    found,
    (one) => {
      begun += 1;
      options.step?.(`reading ${one.spec.name} (${begun} of ${found.length})`);
      return builtHost(one, options, supposed);
    },
    ({ spec }, error) => failure(spec.name, "reading this host failed", error),
  );
  const unread = [...failures, ...built.failures];
  return { kind: "read", hosts: built.done, failures: unread, given, links: [...links.values()], passed };
}

function builtHost({ spec, fs, touching }: GivenHost, options: HostsOptions, supposed: boolean): ReadHost {
  // The files of a dump are on no disk.
  const changed = spec.dumped === true ? overlaid(fs, options.texts ?? NO_TEXTS) : fs;
  const host = buildHost(spec, changed, {
    phpVersion: options.phpVersion ?? null,
    nginxVersion: options.nginxVersion ?? null,
    supposed,
    typed: touching ?? [],
    ...sizesOf(spec.name, options),
  });
  return { host, spec, touching };
}

/** A host without any files, about which only what the options say is known. */
export function emptyHost(path: string, options: HostsOptions): ReadHost {
  const root = resolve(options.workingDirectory, path);
  const spec: HostSpec = { name: ".", root, nginx: null, fragments: [], fpm: [], pools: [] };
  const fs = diskFilesystem({ root, workingDirectory: options.workingDirectory });
  return { host: buildHost(spec, fs, { phpVersion: null, ...sizesOf(".", options) }), spec, touching: null };
}

/** What the command line or the configuration says about the memory of a host, the host's own entry first. */
function sizesOf(name: string, { memory, config }: HostsOptions): Omit<BuildOptions, `${string}Version`> {
  const own = config?.hosts?.find((entry) => entry.name === name);
  const bytes = parseSize(own?.memory ?? config?.memory ?? "");
  return {
    memory:
      memory != null
        ? { bytes: memory, source: "--ram", place: null }
        : bytes === null
          ? null
          : { bytes, source: "fpmlint.json", place: null },
    workerSize: parseSize(own?.workerSize ?? config?.workerSize ?? ""),
    reserve: parseSizeOrNone(own?.reserve ?? config?.reserve ?? ""),
    headroom: parseShare(own?.headroom ?? config?.headroom ?? ""),
  };
}

function refusalOf(
  answer: Exclude<ReturnType<typeof hostsOf>, { kind: "hosts" }>,
  path: string,
): HostRefusal {
  switch (answer.kind) {
    case "missing":
      return { kind: "missing-path", path, message: `${path}: no such file or directory` };
    case "ambiguous": {
      const message = `${path}: several names that are not UTF-8 look like this; name their directory`;
      return { kind: "missing-path", path, message };
    }
    case "nothing":
      if (path === "-") {
        const message = "standard input is not the output of nginx -T";
        return { kind: "nothing-to-lint", path, message };
      }
      return {
        kind: "nothing-to-lint",
        path,
        message: `no nginx or PHP-FPM configuration found below ${path}${leftIn(answer.left)}`,
      };
  }
}

/** What looks like configuration, by the reason of the first. */
function leftIn(left: readonly UnreadPath[]): string {
  const [first] = left;
  if (first === undefined) return "";
  const same = left.filter(({ reason }) => reason === first.reason);
  const more = same.length > 1 ? ` and ${same.length - 1} more` : "";
  return `; ${first.reason}: ${first.file}${more}`;
}

/** A tree made of texts is all there is, and no root leads out of it. */
function mayRead(root: string, options: HostsOptions): boolean {
  return options.files !== undefined || reaches(reachOfRoots(options), root);
}

function reachOfRoots({ configDirectory, workingDirectory, paths, typed }: HostsOptions): Reach {
  return reachOf(configDirectory ?? workingDirectory, typed ?? paths ?? [], workingDirectory);
}

function strayRoot({ name, root }: HostSpec): HostRefusal {
  const message = `the root of host "${name}" in fpmlint.json is ${root}, which is not below the directory of that file; only the command line may allow that: name ${root} there as well`;
  return { kind: "stated-root", path: root, message };
}

/** A root in a tree made of texts. */
function treeRoot(root: string): string {
  const path = normalizePath(join("/", root));
  return path === "/" ? TREE : TREE + path;
}

function statedHosts(options: HostsOptions): readonly HostSpec[] {
  const base = options.configDirectory ?? options.workingDirectory;
  return (options.config?.hosts ?? []).map((entry) => ({
    name: entry.name,
    root: options.files === undefined ? realPlace(resolve(base, entry.root)) : treeRoot(entry.root),
    nginx: entry.nginx == null ? null : normalizePath(join("/", entry.nginx)),
    fragments: [],
    fpm: (entry.fpm ?? []).map((path) => normalizePath(join("/", path))),
    pools: [],
  }));
}

/** A host that several paths mean is read once; a path that means all of it wins over one that touches a part. */
function distinct(given: readonly GivenHost[]): readonly GivenHost[] {
  // Of many paths to one host only the first needs to be compared by what it says.
  const keys = new Map<HostSpec, string>();
  const hosts = new Map<string, { readonly host: GivenHost; touching: Set<string> | null }>();
  for (const host of given) {
    const { root, nginx, fpm, fragments, unread } = host.spec;
    const key = keys.get(host.spec) ?? JSON.stringify([root, nginx, fpm, fragments, unread]);
    keys.set(host.spec, key);
    const known = hosts.get(key);
    if (known === undefined) hosts.set(key, { host, touching: host.touching && new Set(host.touching) });
    else if (host.touching === null) known.touching = null;
    else for (const path of host.touching) known.touching?.add(path);
  }
  return [...hosts.values()].map(({ host, touching }) => ({ ...host, touching: touching && [...touching] }));
}

/** `nginx -T | fpmlint - etc/php`: the one dump is nginx's half of the one other host. */
function joined(hosts: readonly GivenHost[]): readonly GivenHost[] {
  const [dump, ...dumps] = hosts.filter(({ spec }) => spec.dumped === true);
  const [rest, ...others] = hosts.filter(({ spec }) => spec.dumped !== true);
  const pair = dump !== undefined && rest !== undefined && dumps.length === 0 && others.length === 0;
  return pair ? [withDump(dump, rest)] : hosts;
}
