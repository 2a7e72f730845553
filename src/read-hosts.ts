import { join, resolve } from "node:path";
import { parseShare, parseSize, parseSizeOrNone } from "./capacity/size.js";
import { attempt, each, failure } from "./engine/failure.js";
import type { Incomplete } from "./engine/finding.js";
import type { Config } from "./engine/schemas.js";
import { diskFilesystem } from "./host/disk.js";
import type { HostFilesystem } from "./host/filesystem.js";
import { dumpHosts, type GivenHost, hostsOf, startSearch, treeHosts, withDump } from "./host/find/given.js";
import { reaches, reachOf, realPlace } from "./host/find/stated.js";
import type { TreeNodes } from "./host/memory.js";
import { overlaid } from "./host/overlaid.js";
import { isWithin, normalizePath } from "./host/path.js";
import type { Pasts } from "./host/revised.js";
import type { HostSpec, TypedLink, UnreadPath } from "./host/spec.js";
import { type Ways, waysTo } from "./kinds/silent.js";
import { type BuildOptions, buildHost, type Foreknown, hostLater } from "./model/build.js";
import type { Host } from "./model/host.js";
import { configAlone, type PathConfig, said } from "./policy/config.js";
import { patternsOf } from "./policy/patterns.js";
import type { Below } from "./policy/settings.js";
import { once } from "./source/memo.js";
import { timed } from "./source/timings.js";

export interface HostsOptions {
  /** Files and directories; docs/layouts.md says what each means. Default: the working directory. */
  readonly paths?: readonly string[];
  /** Those of the paths that the user chose, and that may widen what `hosts` of the configuration name. Default: all. */
  readonly typed?: readonly string[];
  /** Absolute; relative paths count from it and reported names are relative to it. Default: the process's. */
  readonly workingDirectory: string;
  /** A checked `fpmlint.json` for all paths, without `extends`; `null` or absent: none. */
  readonly config?: Config | null;
  /** The directory that paths of the configuration count from. Default: the working directory. */
  readonly configDirectory?: string;
  /** What holds for each path; the same object where it is the same. Wins over `config`. */
  readonly configOf?: (path: string) => PathConfig | null;
  /** `8.3` for PHP-FPM whose path does not show its version. Default: unknown. */
  readonly phpVersion?: string | null;
  /** `1.22.1`, the nginx that will read the files. Default: unknown, and only what holds for every version from 1.18.0 on is judged. */
  readonly nginxVersion?: string | null;
  /** Bytes of memory that each host has; wins over the configuration. Default: what that says, or the live host. */
  readonly memory?: number | null;
  /** What the path `-` stands for: the output of `nginx -T`. */
  readonly standardInput?: string;
  /** The kernel's files of the machine that the tree is of. Default: those that a live host has. */
  readonly processes?: HostFilesystem;
  /** Called with a few words before each host and each rule, for who waits. */
  readonly step?: (what: string) => void;
  /**
   * A tree made of texts, by paths such as `etc/nginx/nginx.conf`; then no path is looked at, and the working directory
   * is `TREE`. Default: none.
   */
  readonly files?: TreeNodes;
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
  /** Where it waits, each half is read when it is first asked for, which may throw. */
  readonly host: Host;
  /** What is known of a host with many sites, if it was asked to wait; `null`: all of it was read. */
  readonly waiting: Waiting | null;
  readonly spec: HostSpec;
  /** The files that it was read from. */
  readonly fs: HostFilesystem;
  /** Reads the same of other files. */
  readonly build: (spec: HostSpec, fs: HostFilesystem) => Host;
  /** What holds for the path that it was read for. */
  readonly config: PathConfig | null;
  /** Only what touches one of these is wanted, named as reports print them; `null`: all. */
  readonly touching: readonly string[] | null;
}

/** A host that was not read. */
export interface Waiting {
  /** Where its sites and pools are. */
  readonly ways: Ways;
  /** The host, of which something is known. */
  readonly later: (foreknown: Foreknown) => Host;
}

export type ReadHosts =
  | {
      readonly kind: "read";
      readonly hosts: readonly ReadHost[];
      /** Paths and hosts that an error of fpmlint's own kept from being read. */
      readonly failures: readonly Incomplete[];
      /** What each path means. */
      readonly given: readonly Given[];
      /** The links in the paths, each once. */
      readonly links: readonly TypedLink[];
      /** Why paths that `passes` let pass mean nothing. */
      readonly passed: readonly HostRefusal[];
    }
  | { readonly kind: "refused"; readonly refusal: HostRefusal };

/**
 * Reads every host that the paths mean, each once. Never throws for what it reads. `supposed`: what was not
 * read of nginx's half is taken to change nothing, where it is otherwise unknown. `passes`: which paths
 * may mean nothing without a refusal of all; none, where it is absent. `waits`: a host with many sites is read when
 * somebody asks for what it has.
 */
export function readHosts(
  options: HostsOptions,
  supposed = false,
  passes: (refusal: HostRefusal) => boolean = () => false,
  waits = false,
): ReadHosts {
  const { workingDirectory } = options;
  const paths = options.paths ?? [];
  const configOf = configsOf(options);
  const known = new Map<PathConfig | null, readonly HostSpec[]>();
  const search = startSearch(workingDirectory, options.texts, options.pasts);
  const links = new Map<string, TypedLink>();
  const given: Given[] = [];
  const failures: Incomplete[] = [];
  const passed: HostRefusal[] = [];
  for (const path of paths.length === 0 || options.files !== undefined ? ["."] : paths) {
    const config = configOf(path);
    const stated = once(known, config, () => statedHosts(config));
    const stray = strayAmong(stated, config, options);
    if (stray !== null) return { kind: "refused", refusal: stray };
    const found = attempt(() =>
      options.files !== undefined
        ? treeHosts(options.files, stated)
        : path === "-"
          ? dumpHosts(options.standardInput ?? "", "-")
          : timed("finding hosts", () => hostsOf(path, workingDirectory, stated, search)),
    );
    if (!found.ok) {
      failures.push(failure(path, "finding the hosts of this path failed", found.error));
      continue;
    }
    const answer = found.value;
    const hosts = answer.kind === "hosts" ? withoutIgnored(answer.hosts, config, workingDirectory) : [];
    if (answer.kind !== "hosts" || hosts.length === 0) {
      const refusal = answer.kind === "hosts" ? allIgnored(path) : refusalOf(answer, path);
      if (!passes(refusal)) return { kind: "refused", refusal };
      passed.push(refusal);
      continue;
    }
    given.push({ path, hosts, config });
    for (const link of answer.links) links.set(link.path, link);
  }
  const all = given.flatMap(({ hosts, config }) => hosts.map((host) => ({ ...host, config })));
  const found = joined(distinct(all));
  let begun = 0;
  const built = each(
    found,
    (one) => {
      begun += 1;
      options.step?.(`reading ${one.spec.name} (${begun} of ${found.length})`);
      return builtHost(one, options, supposed, waits);
    },
    ({ spec }, error) => failure(spec.name, "reading this host failed", error),
  );
  const unread = [...failures, ...built.failures];
  return { kind: "read", hosts: built.done, failures: unread, given, links: [...links.values()], passed };
}

/** A path, with what it means and what holds for it. */
interface Given {
  readonly path: string;
  readonly hosts: readonly GivenHost[];
  readonly config: PathConfig | null;
}

type MeantHost = GivenHost & Pick<Given, "config">;

/** What holds for each path. */
function configsOf({ configOf, config, configDirectory, workingDirectory }: HostsOptions) {
  if (configOf !== undefined) return configOf;
  const alone = config == null ? null : configAlone(config, configDirectory ?? workingDirectory);
  return () => alone;
}

/** Where a file is from the directory of the configuration, by its name in reports. */
export function belowConfig(config: PathConfig | null, workingDirectory: string): (display: string) => Below {
  if (config === null) return () => null;
  const directory = realPlace(config.directory);
  const start = directory === "/" ? 1 : directory.length + 1;
  return (display) => {
    const path = resolve(workingDirectory, display);
    return isWithin(directory, path) ? path.slice(start).split("/") : null;
  };
}

/**
 * Without hosts of which every file is ignored, and without what could not be read of ignored files that the
 * search came across. Where a part of a host was asked for, the host itself stays.
 */
function withoutIgnored(
  hosts: readonly GivenHost[],
  config: PathConfig | null,
  workingDirectory: string,
): readonly GivenHost[] {
  const patterns = (config?.files ?? []).flatMap((file) => patternsOf(file.config.ignore ?? []));
  if (patterns.length === 0) return hosts;
  const below = belowConfig(config, workingDirectory);
  const isIgnored = (display: string): boolean => {
    const path = below(display);
    return path !== null && patterns.some((pattern) => pattern.matches(path));
  };
  return hosts
    .filter(({ touching, spec, fs }) => {
      const files = touching === null ? filesOfSpec(spec, fs) : [];
      return files.length === 0 || !files.every(isIgnored);
    })
    .map((host) => {
      const unread = host.spec.unread?.filter(({ file }) => !isIgnored(file)) ?? [];
      const same = unread.length === (host.spec.unread ?? []).length;
      return same ? host : { ...host, spec: { ...host.spec, unread } };
    });
}

/** What makes it a host, as reports print it; of containers the file that describes them. */
function filesOfSpec(spec: HostSpec, fs: HostFilesystem): readonly string[] {
  if (spec.tree !== undefined) return [spec.root];
  const { nginx, fragments, fpm, pools, aside = [], unread = [] } = spec;
  const read = [nginx ?? [], fragments, fpm, pools.flat(), aside.map(({ path }) => path)].flat();
  return [...read.map((path) => fs.display(path)), ...unread.map(({ file }) => file)];
}

function allIgnored(path: string): HostRefusal {
  const message = `${path}: fpmlint.json ignores everything that is found there`;
  return { kind: "nothing-to-lint", path, message };
}

function builtHost(
  { spec, fs, touching, config }: MeantHost,
  options: HostsOptions,
  supposed: boolean,
  waits: boolean,
): ReadHost {
  // The files of a dump are on no disk.
  const changed = spec.dumped === true ? overlaid(fs, options.texts ?? NO_TEXTS) : fs;
  const facts = {
    supposed,
    typed: touching ?? [],
    ...(options.processes === undefined ? {} : { processes: options.processes }),
    ...factsOf(spec.name, config, options),
  };
  const build = (of: HostSpec, from: HostFilesystem): Host =>
    timed("model: the rest", () => buildHost(of, from, facts));
  const ways = waits ? waysTo({ spec, fs: changed, build }) : null;
  if (ways === null)
    return { host: build(spec, changed), waiting: null, spec, fs: changed, build, touching, config };
  const later = (foreknown?: Foreknown): Host => hostLater(spec, changed, facts, foreknown);
  return { host: later(), waiting: { ways, later }, spec, fs: changed, build, touching, config };
}

/** A host without any files, about which only what the options say is known. */
export function emptyHost(path: string, options: HostsOptions): ReadHost {
  const root = resolve(options.workingDirectory, path);
  const spec: HostSpec = { name: ".", root, nginx: null, fragments: [], fpm: [], pools: [] };
  const fs = diskFilesystem({ root, workingDirectory: options.workingDirectory });
  const config = configsOf(options)(path);
  const build = (of: HostSpec, from: HostFilesystem): Host =>
    buildHost(of, from, factsOf(".", config, options));
  return { host: build(spec, fs), waiting: null, spec, fs, build, touching: null, config };
}

/** What the command line or the configuration says about a host, the host's own entry first. */
function factsOf(name: string, config: PathConfig | null, options: HostsOptions): BuildOptions {
  const own = said(config, "hosts")?.find((entry) => entry.name === name);
  const text = (key: "memory" | "workerSize" | "reserve" | "headroom"): string =>
    own?.[key] ?? said(config, key) ?? "";
  const bytes = parseSize(text("memory"));
  return {
    phpVersion: options.phpVersion ?? own?.phpVersion ?? said(config, "phpVersion"),
    nginxVersion: options.nginxVersion ?? own?.nginxVersion ?? said(config, "nginxVersion"),
    memory:
      options.memory != null
        ? { bytes: options.memory, source: "--ram", place: null }
        : bytes === null
          ? null
          : { bytes, source: "fpmlint.json", place: null },
    workerSize: parseSize(text("workerSize")),
    reserve: parseSizeOrNone(text("reserve")),
    headroom: parseShare(text("headroom")),
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

/** Why a host of the configuration may not be read; `null`: all may. */
function strayAmong(
  stated: readonly HostSpec[],
  config: PathConfig | null,
  { workingDirectory, paths, typed }: HostsOptions,
): HostRefusal | null {
  if (stated.length === 0 || config === null) return null;
  const reach = reachOf(config.directory, typed ?? paths ?? [], workingDirectory);
  const stray = stated.find(({ root }) => !reaches(reach, root));
  return stray === undefined ? null : strayRoot(stray);
}

function strayRoot({ name, root }: HostSpec): HostRefusal {
  const message = `the root of host "${name}" in fpmlint.json is ${root}, which is not below the directory of that file; only the command line may allow that: name ${root} there as well`;
  return { kind: "stated-root", path: root, message };
}

function statedHosts(config: PathConfig | null): readonly HostSpec[] {
  return (said(config, "hosts") ?? []).map((entry) => ({
    name: entry.name,
    root: realPlace(resolve(config?.directory ?? "/", entry.root)),
    nginx: entry.nginx == null ? null : normalizePath(join("/", entry.nginx)),
    fragments: [],
    fpm: (entry.fpm ?? []).map((path) => normalizePath(join("/", path))),
    pools: [],
  }));
}

/**
 * A host that several paths mean is read once; a path that means all of it wins over one that touches a part.
 * Where different configurations hold for the paths, it is read once for each.
 */
function distinct(given: readonly MeantHost[]): readonly MeantHost[] {
  // Of many paths to one host only the first needs to be compared by what it says.
  const keys = new Map<HostSpec, string>();
  const numbers = new Map<PathConfig | null, number>();
  const hosts = new Map<string, { readonly host: MeantHost; touching: Set<string> | null }>();
  for (const host of given) {
    const { root, nginx, fpm, fragments, unread } = host.spec;
    const files = keys.get(host.spec) ?? JSON.stringify([root, nginx, fpm, fragments, unread]);
    keys.set(host.spec, files);
    const key = `${once(numbers, host.config, () => numbers.size)} ${files}`;
    const known = hosts.get(key);
    if (known === undefined) hosts.set(key, { host, touching: host.touching && new Set(host.touching) });
    else if (host.touching === null) known.touching = null;
    else for (const path of host.touching) known.touching?.add(path);
  }
  return [...hosts.values()].map(({ host, touching }) => ({ ...host, touching: touching && [...touching] }));
}

/** `nginx -T | fpmlint - etc/php`: the one dump is nginx's half of the one other host. */
function joined(hosts: readonly MeantHost[]): readonly MeantHost[] {
  const [dump, ...dumps] = hosts.filter(({ spec }) => spec.dumped === true);
  const [rest, ...others] = hosts.filter(({ spec }) => spec.dumped !== true);
  const pair = dump !== undefined && rest !== undefined && dumps.length === 0 && others.length === 0;
  return pair ? [{ ...withDump(dump, rest), config: rest.config ?? dump.config }] : hosts;
}
