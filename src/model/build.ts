import { fpmPrefix } from "../fpm/layout.js";
import { readMaster, readPools, setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import { withDeployed } from "../host/deployed.js";
import { type HostFilesystem, unreadReason } from "../host/filesystem.js";
import { directoryOf, nameOf } from "../host/path.js";
import type { HostSpec, MachineSpec, UnreadPath } from "../host/spec.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import { type NginxTree, readFragments, readTree } from "../nginx/tree/tree.js";
import type { Node } from "../nginx/types.js";
import { known } from "../source/effective.js";
import { position } from "../source/file.js";
import { ACCOUNT_FILES, readAccounts } from "./accounts.js";
import { type Address, fpmAddress, socketPath } from "./address/address.js";
import { possibleListens } from "./address/template-address.js";
import type { Host, NginxHost } from "./host.js";
import { type HostMemory, liveMemory, type MemorySize } from "./machine/memory.js";
import { unreadSideFiles } from "./machine/side-files.js";
import { type Listener, readBindings, readOtherPasses, startFollowing } from "./pass/bindings.js";
import { readUpstreams } from "./pass/upstreams.js";

export interface BuildOptions {
  /** `8.3` for every master whose path does not tell its version; `null`: unknown. */
  readonly phpVersion: string | null;
  /** `1.22.1`; `null` or absent: unknown. */
  readonly nginxVersion?: string | null;
  /** What was not read of nginx's half is taken to change nothing; absent: it is unknown. */
  readonly supposed?: boolean;
  /** `null` or absent: nobody said; the live host knows its own. */
  readonly memory?: MemorySize | null;
  /** Bytes that are not for PHP-FPM, and the part of the rest that stays free; absent: nobody said. */
  readonly reserve?: number | null;
  readonly headroom?: number | null;
  /** Bytes of one worker; `null` or absent: nobody said. */
  readonly workerSize?: number | null;
}

/** Reads both halves of a host and joins them. Never throws; what could not be read is in the host's includes and faults. */
export function buildHost(spec: HostSpec, found: HostFilesystem, options: BuildOptions): Host {
  const accounts = readAccounts(found);
  const whole = spec.root === "/" || accounts.known;
  const fs = whole ? found : withDeployed(found);
  // nginx lists every file that it reads, so that nothing can be missing from a dump.
  const nginx = readNginx(spec, fs, whole || spec.dumped === true, options);
  const own = readMasters(spec, fs, {
    ...options,
    phpVersion: spec.container?.phpVersion ?? options.phpVersion,
  });
  const machines = readMachines(spec, options);
  const masters = [...own, ...machines.keys()];
  const pools = masters.flatMap((master) => master.pools);
  const { bindings, otherPasses, cut } =
    nginx === null
      ? { bindings: [], otherPasses: [], cut: null }
      : join(nginx.root, pools, fs, machines, spec);
  const named = [spec.nginx, ...spec.fragments, ...spec.fpm, ...spec.pools.flat()];
  const unread = [
    ...(spec.unread ?? []),
    ...named.flatMap((path) => unreadFile(fs, path)),
    // A host need not bring its accounts, but that they could not be read is another thing.
    ...ACCOUNT_FILES.filter((path) => !isAbsent(fs, path)).flatMap((path) => unreadFile(fs, path)),
    ...unreadSideFiles(found),
    ...(cut === null ? [] : [notFollowed(cut)]),
  ];
  const size = spec.root === "/" ? liveMemory(fs, masters) : containerMemory(spec, own, machines);
  const memory = memoryOf(options.memory ?? size, options);
  const workerSize = options.workerSize ?? null;
  const container = spec.container ?? null;
  const joined = {
    bindings,
    otherPasses,
    memory,
    workerSize,
    unread,
    machines,
    container,
    allowsRoot: spec.allowsRoot === true,
  };
  return { name: spec.name, fs, nginx, masters, pools, accounts, whole, ...joined };
}

function memoryOf(size: MemorySize | null, { reserve, headroom }: BuildOptions): HostMemory | null {
  return size === null ? null : { ...size, reserve: reserve ?? null, headroom: headroom ?? null };
}

function isAbsent(fs: HostFilesystem, path: string): boolean {
  const entry = fs.entry(path);
  return entry.kind === "missing" && !entry.dangling;
}

function unreadFile(fs: HostFilesystem, path: string | null): readonly UnreadPath[] {
  if (path === null) return [];
  const entry = fs.entry(path);
  const reason = unreadReason(entry);
  const expected = entry.kind === "unreadable" && entry.made === true;
  return reason === null ? [] : [{ file: fs.display(path), reason, expected }];
}

function readNginx(
  spec: HostSpec,
  fs: HostFilesystem,
  whole: boolean,
  { nginxVersion = null, supposed }: BuildOptions,
): NginxHost | null {
  const [first] = spec.fragments;
  const main = spec.nginx === null ? null : readTree({ fs, whole, supposed }, spec.nginx, spec.fragments);
  if (main !== null) return nginxHost(main, true, nginxVersion);
  const tree =
    first === undefined ? null : readFragments({ fs, whole: false, supposed }, spec.fragments, baseOf(first));
  return tree === null ? null : nginxHost(tree, false, nginxVersion);
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

function readMasters(
  spec: Pick<HostSpec, "fpm" | "pools">,
  fs: HostFilesystem,
  options: BuildOptions,
): readonly FpmMaster[] {
  const masters = spec.fpm.map((main) => readMaster(fs, main, options));
  const brought = new Set(masters.flatMap(({ files }) => files.map(({ path }) => path)));
  const loose = spec.pools
    .map((paths) => paths.filter((path) => !brought.has(path)))
    .filter((paths) => paths.length > 0);
  return [...masters, ...loose.map((paths) => readPools(fs, paths, options))];
}

/** What runs beside nginx's machine, each with the machine that it runs on. */
function readMachines(
  { machines = [] }: HostSpec,
  options: BuildOptions,
): ReadonlyMap<FpmMaster, MachineSpec> {
  const found = new Map<FpmMaster, MachineSpec>();
  for (const machine of machines) {
    const phpVersion = machine.facts?.phpVersion ?? options.phpVersion;
    for (const master of readMasters(machine, withDeployed(machine.fs), { ...options, phpVersion }))
      found.set(master, machine);
  }
  return found;
}

/** The limit of the one container that PHP-FPM runs in: each of several has a limit of its own. */
function containerMemory(
  { container }: HostSpec,
  own: readonly FpmMaster[],
  machines: ReadonlyMap<FpmMaster, MachineSpec>,
): MemorySize | null {
  const facts = new Set([
    ...own.map(() => container),
    ...[...machines.values()].map((machine) => machine.facts),
  ]);
  const [only] = facts.size === 1 ? facts : [];
  return only?.memory ?? null;
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

function notFollowed(pass: Node): UnreadPath {
  const { line } = position(pass.file, pass.directive.start);
  const reason =
    "from here on no upstream is followed: too many locations pass to upstreams of too many servers";
  return { file: pass.file.display, line, reason };
}

function prefixOf(pool: Pool): string {
  return known(setting(pool, "prefix")) ?? fpmPrefix(pool.master.main?.path ?? null);
}

/** The address of a pool's `listen`; `null` when it is unset, unknown, or refused by FPM. */
export function listenAddress(pool: Pool, fs: HostFilesystem): Address | null {
  const text = known(setting(pool, "listen"));
  const address = text === undefined || text === null ? null : fpmAddress(text, prefixOf(pool));
  return address === null ? null : realAddress(fs, address);
}

/** The address with the path behind links of the tree; what is not a path stays. */
export function realAddress(fs: HostFilesystem, address: Address): Address {
  return address.kind === "unix" ? { ...address, path: realSocket(fs, address.path) } : address;
}

/** The path behind links of the tree's own directories, so that two ways to one directory compare equal. */
function realSocket(fs: HostFilesystem, path: string): string {
  const directory = fs.entry(directoryOf(path));
  return directory.kind === "directory" ? socketPath(`${directory.path}/${nameOf(path)}`) : path;
}

/** Who connects follows a link in the socket's own place, too. One that leads to no pool stays what it is. */
function dialledSocket(fs: HostFilesystem, path: string, sockets: ReadonlySet<string>): string {
  const entry = fs.entry(path);
  // The socket itself is rarely in the tree, and neither is its directory.
  const linked = entry.kind === "outside" ? entry.target : "path" in entry ? entry.path : path;
  const real = realSocket(fs, socketPath(linked));
  return linked.startsWith("/") && sockets.has(real) ? real : realSocket(fs, path);
}
