import { fpmPrefix } from "../fpm/layout.js";
import { readMaster, readPools, setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import { type HostFilesystem, unreadReason } from "../host/filesystem.js";
import { directoryOf, nameOf } from "../host/path.js";
import type { HostSpec } from "../host/spec.js";
import { childrenNamed } from "../nginx/nodes.js";
import { type NginxTree, readFragments, readTree } from "../nginx/tree.js";
import type { Node } from "../nginx/types.js";
import { known } from "../source/effective.js";
import { isTemplate } from "../source/template.js";
import { readAccounts } from "./accounts.js";
import { type Address, fpmAddress, socketPath } from "./address.js";
import { type Listener, readBindings } from "./bindings.js";
import type { Host, NginxHost, UnreadFile } from "./host.js";
import { readUpstreams } from "./upstreams.js";

export interface BuildOptions {
  /** `8.3` for every master whose path does not tell its version; `null`: unknown. */
  readonly phpVersion: string | null;
}

/** Reads both halves of a host and joins them. Never throws; what could not be read is in the host's includes and faults. */
export function buildHost(spec: HostSpec, fs: HostFilesystem, options: BuildOptions): Host {
  const accounts = readAccounts(fs);
  const whole = spec.root === "/" || accounts.known;
  // nginx lists every file that it reads, so that nothing can be missing from a dump.
  const nginx = readNginx(spec, fs, whole || spec.dumped === true);
  const masters = readMasters(spec, fs, options);
  const pools = masters.flatMap((master) => master.pools);
  const bindings = nginx === null ? [] : join(nginx.root, pools, fs);
  const unread = [spec.nginx, ...spec.fragments, ...spec.fpm, ...spec.pools.flat()].flatMap((path) =>
    unreadFile(fs, path),
  );
  return { name: spec.name, fs, nginx, masters, pools, accounts, whole, bindings, unread };
}

function unreadFile(fs: HostFilesystem, path: string | null): readonly UnreadFile[] {
  if (path === null) return [];
  const reason = unreadReason(fs.entry(path));
  return reason === null ? [] : [{ file: fs.display(path), reason }];
}

function readNginx(spec: HostSpec, fs: HostFilesystem, whole: boolean): NginxHost | null {
  const [first] = spec.fragments;
  const main = spec.nginx === null ? null : readTree({ fs, whole }, spec.nginx, spec.fragments);
  if (main !== null) return nginxHost(main, true);
  const tree =
    first === undefined ? null : readFragments({ fs, whole: false }, spec.fragments, baseOf(first));
  return tree === null ? null : nginxHost(tree, false);
}

/** Relative includes of a fragment count from where the main file would be. */
function baseOf(fragment: string): string {
  const directory = directoryOf(fragment);
  return /^(?:sites-(?:available|enabled)|conf\.d|vhosts\.d|snippets)$/.test(nameOf(directory))
    ? directoryOf(directory)
    : directory;
}

function nginxHost(tree: NginxTree, hasMain: boolean): NginxHost {
  const faults = tree.texts.flatMap((text) =>
    text.fault === null
      ? []
      : [
          {
            fault: text.fault,
            place: { span: text.fault.span, via: tree.ways.get(text) ?? [] },
            template: isTemplate(text.file.text),
          },
        ],
  );
  const { root, texts, ways, includes } = tree;
  return { root, texts, ways, faults, includes, hasMain };
}

function readMasters(spec: HostSpec, fs: HostFilesystem, options: BuildOptions): readonly FpmMaster[] {
  const masters = spec.fpm.map((main) => readMaster(fs, main, options));
  const brought = new Set(masters.flatMap(({ files }) => files.map(({ path }) => path)));
  const loose = spec.pools
    .map((paths) => paths.filter((path) => !brought.has(path)))
    .filter((paths) => paths.length > 0);
  return [...masters, ...loose.map((paths) => readPools(fs, paths, options))];
}

function join(root: Node, pools: readonly Pool[], fs: HostFilesystem) {
  const listeners = pools.flatMap((pool): readonly Listener[] => {
    const listen = listenAddress(pool, fs);
    return listen === null ? [] : [{ pool, address: listen }];
  });
  return readBindings(root, readUpstreams(childrenNamed(root, "http")), listeners, (path) =>
    realSocket(fs, path),
  );
}

/** The address of a pool's `listen`; `null` when it is unset, unknown, or refused by FPM. */
export function listenAddress(pool: Pool, fs: HostFilesystem): Address | null {
  const text = known(setting(pool, "listen"));
  const prefix = known(setting(pool, "prefix")) ?? fpmPrefix(pool.master.main?.path ?? null);
  const address = text === undefined || text === null ? null : fpmAddress(text, prefix);
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
