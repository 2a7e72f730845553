import { type ReadOptions, readPools, setting } from "../fpm/pools.js";
import type { FpmFault, FpmMaster, Pool } from "../fpm/types.js";
import { withDeployed } from "../host/deployed.js";
import type { HostFilesystem } from "../host/filesystem.js";
import { componentPattern, isGlob } from "../host/glob.js";
import { directoryOf, nameOf } from "../host/path.js";
import type { HostSpec, MachineSpec } from "../host/spec.js";
import { NOT_INCLUDED } from "../nginx/tree/at-rest.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import { type LeftFile, type NginxTree, readFragments, readTree } from "../nginx/tree/tree.js";
import type { Node } from "../nginx/types.js";
import { grouped } from "../source/collect.js";
import { known } from "../source/effective.js";
import { position } from "../source/file.js";
import { lazily, once } from "../source/memo.js";
import { deployedName } from "../source/template-names.js";
import { timed } from "../source/timings.js";
import { type Accounts, containerAccounts, readAccounts } from "./accounts.js";
import { type Address, fpmAddress } from "./address/address.js";
import { dialledSocket, realAddress } from "./address/links.js";
import { possibleListens } from "./address/template-address.js";
import type { Binding, Host, NginxHost } from "./host.js";
import { containerLimits, type MemoryOptions, memoryOf, onlyLimit, ownMemories } from "./machine/limits.js";
import { type HostMemory, liveMemory, type MemorySize } from "./machine/memory.js";
import { readAsStarted, type StartOptions } from "./machine/prefix.js";
import { unreadSideFiles } from "./machine/side-files.js";
import { leftOut, notFollowed, unreadOf } from "./not-read.js";
import { type Listener, readBindings, readOtherPasses, startFollowing } from "./pass/bindings.js";
import { readUpstreams } from "./request/upstreams.js";

export interface BuildOptions extends MemoryOptions, Pick<StartOptions, "processes"> {
  /** `8.3` for every master whose path does not tell its version; `null`: unknown. */
  readonly phpVersion: string | null;
  /** `1.22.1`; `null` or absent: unknown. */
  readonly nginxVersion?: string | null;
  /** Files that the user named, as reports print them; absent: none. */
  readonly typed?: readonly string[];
  /** What was not read of nginx's half is taken to change nothing; absent: it is unknown. */
  readonly supposed?: boolean;
  /** `null` or absent: nobody said; the live host knows its own. */
  readonly memory?: MemorySize | null;
  /** Bytes of one worker; `null` or absent: nobody said. */
  readonly workerSize?: number | null;
}

/** Reads both halves of a host and joins them. Never throws; what could not be read is in the host's includes and faults. */
export function buildHost(spec: HostSpec, found: HostFilesystem, options: BuildOptions): Host {
  const host = hostLater(spec, found, options);
  // Everything else is made of what was not read, or on the way to it.
  for (const made of [host.unread, host.ownMemory, host.notEnabled]) void made;
  return host;
}

/** Where a host is read from, as its daemons see it. */
export interface Ground {
  readonly fs: HostFilesystem;
  readonly accounts: Accounts;
  /** The tree is a whole host, so that what is missing in it is really missing. */
  readonly whole: boolean;
}

export function groundOf(spec: HostSpec, found: HostFilesystem): Ground {
  const read = readAccounts(found);
  const whole = spec.root === "/" || read.known;
  return {
    fs: whole ? found : withDeployed(found),
    accounts: containerAccounts(read, spec.container ?? null),
    whole,
  };
}

/** What is known of a host before it is read. */
export interface Foreknown {
  /** Whether a pool gets requests from nginx. */
  readonly isUsed: (pool: Pool) => boolean;
  /** Files that nothing is known to include. */
  readonly aside: ReadonlySet<string>;
}

/** The same host, each half of which is read when it is first asked for. `foreknown`: what need not be read for. */
export function hostLater(
  spec: HostSpec,
  found: HostFilesystem,
  options: BuildOptions,
  foreknown?: Foreknown,
): Host {
  const { fs, accounts, whole } = groundOf(spec, found);
  const parts = partsOf(spec, found, { fs, accounts, whole }, options);
  const used = lazily(
    () =>
      new Set(
        foreknown === undefined ? usedBy(parts.joined().bindings) : parts.pools().filter(foreknown.isUsed),
      ),
  );
  return {
    name: spec.name,
    fs,
    accounts,
    whole,
    container: spec.container ?? null,
    workerSize: options.workerSize ?? null,
    packaged: new Set(
      [spec.container ?? null, ...(spec.machines ?? []).map(({ facts }) => facts)].flatMap((facts) => [
        ...(facts?.packaged ?? []),
      ]),
    ),
    allowsRoot: () => spec.allowsRoot === true || spec.scriptAllowsRoot?.() === true,
    get nginx() {
      return parts.nginx();
    },
    get masters() {
      return parts.masters();
    },
    get pools() {
      return parts.pools();
    },
    get machines() {
      return parts.machines();
    },
    get asideMasters() {
      return parts.others().masters;
    },
    get aside() {
      return foreknown?.aside ?? parts.aside();
    },
    get notEnabled() {
      return whole ? notEnabled(fs, parts.nginx()) : 0;
    },
    get bindings() {
      return parts.joined().bindings;
    },
    get used() {
      return used();
    },
    get otherPasses() {
      return parts.joined().otherPasses;
    },
    get memory() {
      return parts.memory();
    },
    get ownMemory() {
      return parts.ownMemory();
    },
    get unread() {
      return parts.unread();
    },
  };
}

function usedBy(bindings: readonly Binding[]): readonly Pool[] {
  return bindings.flatMap(({ targets }) => targets.flatMap(({ pools }) => pools));
}

/** The parts of a host, each made once. */
function partsOf(spec: HostSpec, found: HostFilesystem, { fs, whole }: Ground, options: BuildOptions) {
  const nginxVersion = options.nginxVersion ?? spec.container?.nginxVersion ?? spec.nginxVersion ?? null;
  const reading = { ...options, whole, phpVersion: spec.container?.phpVersion ?? options.phpVersion };
  // nginx lists every file that it reads, so that nothing can be missing from a dump.
  const tree = lazily(() =>
    timed("nginx: tree", () => readNginx(spec, fs, whole || spec.dumped === true, options)),
  );
  const nginx = lazily(() => {
    const read = tree();
    return read === null ? null : nginxHost(read, spec.nginx !== null, nginxVersion);
  });
  const fpm = lazily(() => timed("php-fpm: pools", () => readMasters(spec, fs, reading)));
  const machines = lazily(() => readMachines(spec, options));
  const masters = lazily(() => [...fpm().masters, ...machines().keys()]);
  const pools = lazily(() => masters().flatMap((master) => master.pools));
  const others = lazily(() => readAside(spec, fs, fpm().masters, reading));
  const joined = lazily(() => {
    const half = nginx();
    if (half === null) return { bindings: [], otherPasses: [], cut: null };
    const reached = [...pools(), ...others().masters.flatMap((master) => master.pools)];
    return timed("model: routes and pools", () => join(half.root, reached, fs, machines(), spec));
  });
  const unread = lazily(() => {
    const { cut } = joined();
    const left = [...(tree()?.left ?? []), ...fpm().unincluded, ...others().left];
    return [
      ...unreadOf(spec, fs),
      ...unreadSideFiles(found),
      ...left.map(({ path, reason }) => leftOut(fs, path, reason)),
      ...(cut === null ? [] : [notFollowed(cut)]),
    ];
  });
  const limits = lazily(() => (spec.root === "/" ? null : containerLimits(spec, fpm().masters, machines())));
  const memory = lazily(() => {
    const own = limits();
    const size = own === null ? liveMemory(fs, masters()) : onlyLimit(own);
    return memoryOf(options.memory ?? size, options);
  });
  const ownMemory = lazily(() =>
    memory() === null ? ownMemories(limits() ?? new Map(), options) : new Map<FpmMaster, HostMemory>(),
  );
  const aside = lazily(() => {
    const unused = spec.atRest === true ? (tree()?.texts ?? []) : [];
    const adopted = tree()?.adopted ?? [];
    return new Set([...adopted, ...unused.map(({ file }) => file.path), ...others().files]);
  });
  return { nginx, masters, pools, machines, others, aside, joined, memory, ownMemory, unread };
}

/** The sites of a whole host that are there and not enabled, which is an everyday thing. */
function notEnabled(fs: HostFilesystem, nginx: NginxHost | null): number {
  const available = "/etc/nginx/sites-available";
  const entry = fs.entry(available);
  if (nginx === null || entry.kind !== "directory") return 0;
  const read = new Set(nginx.texts.map(({ file }) => file.path));
  return entry.names.filter((name) => !read.has(fs.entry(`${available}/${name}`).path)).length;
}

function readNginx(
  spec: HostSpec,
  fs: HostFilesystem,
  whole: boolean,
  { supposed, typed }: BuildOptions,
): NginxTree | null {
  const aside = (spec.aside ?? [])
    .filter(({ path, half, reason }) => half === "nginx" && reason === null && path !== spec.nginx)
    .map(({ path }) => path);
  const main =
    spec.nginx === null ? null : readTree({ fs, whole, supposed, aside, typed }, spec.nginx, spec.fragments);
  const [first] = [...spec.fragments, ...aside];
  if (main !== null || first === undefined) return main;
  return readFragments({ fs, whole: false, supposed, aside, typed }, spec.fragments, baseOf(first));
}

/** Relative includes of a fragment count from where the main file would be. */
function baseOf(fragment: string): string {
  const directory = directoryOf(fragment);
  return /^(?:sites-(?:available|enabled)|conf\.d|vhosts\.d|snippets)$/.test(nameOf(directory))
    ? directoryOf(directory)
    : directory;
}

function nginxHost(tree: NginxTree, hasMain: boolean, version: string | null): NginxHost {
  const faults = tree.texts.flatMap((text) =>
    text.fault === null
      ? []
      : [
          {
            fault: text.fault,
            place: { span: text.fault.span, via: tree.ways.get(text) ?? [] },
            template: text.template?.excuses === true,
          },
        ],
  );
  const { root, texts, ways, includes } = tree;
  return { root, texts, ways, faults, includes, hasMain, version };
}

function readMasters(spec: Pick<HostSpec, "fpm" | "pools">, fs: HostFilesystem, options: StartOptions) {
  const masters = spec.fpm.map((main) => readAsStarted(fs, main, options));
  const brought = broughtBy(masters);
  const loose = spec.pools
    .map((paths) => paths.filter((path) => !brought.has(path)))
    .filter((paths) => paths.length > 0)
    .map((paths) => readPools(fs, paths, { ...options, isNamed: namedBy(masters) }));
  return { masters: [...masters, ...loose], unincluded: loose.flatMap(doubted) };
}

/**
 * Whether a main file has an include for a pool file that it does not bring, because the tree has the directory
 * elsewhere than the host: `/usr/local/etc/pool.d/*.conf` is for `docker/php/pool.d/www.conf`.
 */
function namedBy(masters: readonly FpmMaster[]): (path: string) => boolean {
  const wanted = new Map<string, Map<string, (name: string) => boolean>>();
  for (const { pattern, result } of masters.flatMap(({ includes }) => includes)) {
    const directory = nameOf(directoryOf(pattern));
    const found = result.kind === "files" && result.count > 0;
    if (found || directory === "" || isGlob(directory)) continue;
    const names = once(wanted, directory, () => new Map());
    if (names.size < MOST_NAMES) names.set(nameOf(pattern), componentPattern(nameOf(pattern)));
  }
  const known = new Map<string, boolean>();
  const isNamed = (path: string): boolean => {
    const name = deployedName(nameOf(path));
    return [...(wanted.get(nameOf(directoryOf(path)))?.values() ?? [])].some((matches) => matches(name));
  };
  return (path) => once(known, path, () => isNamed(path));
}

/** Wildcards for directories of one name that are looked at; a real tree has one or two. */
const MOST_NAMES = 100;

function broughtBy(masters: readonly FpmMaster[]): ReadonlySet<string> {
  return new Set(masters.flatMap(({ files }) => files.map(({ path }) => path)));
}

/** A fault in a file that nothing includes does not stop PHP-FPM for all that is known: it is listed, and is no finding. */
function doubted({ doubtful }: FpmMaster): readonly LeftFile[] {
  const firsts = new Map<string, FpmFault>();
  for (const fault of doubtful) {
    const { path } = fault.place.span.file;
    if (!firsts.has(path)) firsts.set(path, fault);
  }
  return [...firsts].map(([path, fault]) => {
    const { line } = position(fault.place.span.file, fault.place.span.start);
    const why = `line ${line}: ${fault.refusal().message}`;
    return { path, reason: `${NOT_INCLUDED}, and PHP-FPM would not read all of it (${why})` };
  });
}

/** The pools that nothing is known to include: they count where the host has no others. */
function readAside(spec: HostSpec, fs: HostFilesystem, masters: readonly FpmMaster[], options: ReadOptions) {
  const brought = broughtBy(masters);
  const paths = (spec.aside ?? []).filter(({ half, path }) => half === "fpm" && !brought.has(path));
  const spoken = (spec.aside ?? []).flatMap(({ path, reason }) =>
    reason === null ? [] : [{ path, reason }],
  );
  const wanted = paths.filter(({ reason }) => reason === null).map(({ path }) => path);
  const taken = new Set(
    masters.flatMap(({ files, main }) =>
      files.filter((file) => file !== main).map(({ path }) => directoryOf(path)),
    ),
  );
  const resting = wanted.filter((path) => taken.has(directoryOf(path)));
  const others = wanted.filter((path) => !taken.has(directoryOf(path)));
  const read = [...grouped(others.map((path) => [directoryOf(path), path] as const)).values()].map((same) =>
    readPools(fs, same, { ...options, sectionless: true }),
  );
  return {
    masters: read,
    files: [
      ...read.flatMap((master) => master.files.map(({ path }) => path)),
      ...(spec.aside ?? []).flatMap(({ path }) => (path === spec.nginx ? [path] : [])),
    ],
    left: [
      ...spoken,
      ...read.flatMap(doubted),
      ...resting.map((path) => ({ path, reason: "PHP-FPM reads other files of its directory" })),
    ],
  };
}

/** What runs beside nginx's machine, each with the machine that it runs on. */
function readMachines(
  { machines = [] }: HostSpec,
  options: BuildOptions,
): ReadonlyMap<FpmMaster, MachineSpec> {
  const found = new Map<FpmMaster, MachineSpec>();
  for (const machine of machines) {
    const phpVersion = machine.facts?.phpVersion ?? options.phpVersion;
    const { masters } = readMasters(machine, withDeployed(machine.fs), { ...options, phpVersion });
    for (const master of masters) found.set(master, machine);
  }
  return found;
}

function join(
  root: Node,
  pools: readonly Pool[],
  fs: HostFilesystem,
  machines: ReadonlyMap<FpmMaster, MachineSpec>,
  { container, neighbours }: HostSpec,
): Pick<Host, "bindings" | "otherPasses"> & { readonly cut: Node | null } {
  const listeners = pools.flatMap((pool): readonly Listener[] => {
    const listen = listenAddress(pool, fs);
    return listen === null ? [] : [{ pool, address: listen, machine: machines.get(pool.master) ?? null }];
  });
  const possible = pools.map((pool) => ({ pool, listens: possibleListens(pool, prefixOf(pool)) }));
  const upstreams = readUpstreams(childrenNamed(root, "http"));
  const sockets = new Set(listeners.map(({ address }) => (address.kind === "unix" ? address.path : "")));
  const listening = {
    listeners,
    possible,
    sameDirectory: (path: string) => dialledSocket(fs, path, sockets),
    machines: [...new Set(machines.values())],
    described:
      container !== undefined &&
      [...machines.values()].every(({ names, sharesNetwork }) => names !== null || sharesNetwork),
    neighbours: neighbours ?? new Set<string>(),
    spotOf: (path: string) => container?.spotOf(path) ?? null,
  };
  const followed = startFollowing(root);
  return {
    bindings: readBindings(root, upstreams, listening, followed),
    otherPasses: readOtherPasses(root, upstreams, listening, followed),
    cut: followed.cut,
  };
}

function prefixOf(pool: Pool): string | null {
  return known(setting(pool, "prefix")) ?? pool.master.prefix;
}

/** The address of a pool's `listen`; `null` when it is unset, unknown, or refused by FPM. */
export function listenAddress(pool: Pool, fs: HostFilesystem): Address | null {
  const text = known(setting(pool, "listen"));
  const address = text === undefined || text === null ? null : fpmAddress(text, prefixOf(pool));
  return address === null ? null : realAddress(fs, address);
}
