import { arraySetting, globalSetting, phpValue, setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import { directoryOf, normalizePath, resolvePath } from "../host/path.js";
import type { Address } from "../model/address/address.js";
import type { Binding, Host, NginxHost } from "../model/host.js";
import { effectiveParams } from "../model/request/fastcgi-params.js";
import { isUnset, seesSamePaths } from "../model/request/paths.js";
import { pathsOf, rootOf } from "../model/request/root.js";
import { scriptPath, takesScripts } from "../model/request/script-path.js";
import { argument, argumentPlace, everywhere } from "../nginx/tree/nodes.js";
import { TEMPORARY_DIRECTORY } from "../php/facts.js";
import { unique, uniqueBy } from "../source/collect.js";
import { known, placeOf } from "../source/effective.js";
import type { Place } from "../source/file.js";
import { perKey } from "../source/memo.js";

/** The places of a machine that the files of a host name, each with the line that names it. */

export interface NamedPath {
  readonly path: string;
  /** `null`: nothing is written, and the daemon's own value counts. */
  readonly place: Place | null;
}

export interface PoolPath extends NamedPath {
  readonly pool: Pool;
}

/** Directories that nginx takes files from, without variables, each once. */
export const nginxRoots = perKey((host: Host): readonly NamedPath[] => {
  const { nginx } = host;
  if (nginx === null) return [];
  return uniqueBy(
    everywhere(nginx.root, "root").flatMap((node) =>
      pathsOf(node)
        .filter((path) => path.startsWith("/"))
        .map((path) => ({ path: normalizePath(path), place: argumentPlace(node, 0) })),
    ),
    ({ path }) => path,
  );
});

/** A directory in which a pool looks for scripts. */
export interface ScriptRoot extends PoolPath {
  /** Whether nginx takes files from it, too. */
  readonly served: boolean;
}

/**
 * Directories below which pools look for scripts: the roots of locations that pass to a pool which sees the same paths,
 * or what SCRIPT_FILENAME has in their place. Each once for a pool, those that nginx takes files from before others.
 */
export const documentRoots = perKey((host: Host): readonly ScriptRoot[] => {
  const found = host.bindings.flatMap((binding): readonly ScriptRoot[] => {
    if (binding.serves !== "php" || !seesSamePaths(binding) || !takesScripts(binding)) return [];
    const pools = binding.targets.flatMap((target) => target.pools);
    return scriptRoots(binding)
      .filter(({ path }) => path.startsWith("/"))
      .flatMap((one) => pools.map((pool) => ({ ...one, path: normalizePath(one.path), pool })));
  });
  const sorted = [...found.filter(({ served }) => served), ...found.filter(({ served }) => !served)];
  return uniqueBy(sorted, ({ path, pool }) => `${path}\0${poolNumber(host, pool)}`);
});

function scriptRoots({ block }: Binding): readonly Omit<ScriptRoot, "pool">[] {
  const sent = effectiveParams(block)?.params.get("SCRIPT_FILENAME");
  const script = sent === undefined ? null : scriptPath(sent.value);
  if (sent !== undefined && script?.kind === "literal-directory")
    return [{ path: script.directory, place: sent.place, served: false }];
  const isElsewhere =
    script?.kind === "one-script" && !/^\$\{?(?:document|realpath)_root\b/.test(sent?.value ?? "");
  const { node, alias, unread } = rootOf(block);
  if (isElsewhere || script?.kind === "unknown" || node === null || alias !== null || unread !== null)
    return [];
  return pathsOf(node).map((path) => ({ path, place: argumentPlace(node, 0), served: true }));
}

/** The script in such a root that answers when a URL names none. */
export function indexOf(root: string): string {
  return `${root}/index.php`;
}

/** A flag of PHP that is off. */
const NO = /^(?:0|off|no|false|none|)$/i;

/** The directories in which pools keep sessions, as files directly in them. */
export const sessionDirectories = perKey((host: Host): readonly PoolPath[] =>
  host.pools.flatMap((pool) => {
    const handler = phpValue(pool, "session.save_handler");
    const path = phpValue(pool, "session.save_path");
    if (handler.kind === "unknown" || (handler.value ?? "files") !== "files" || path.kind !== "set")
      return [];
    if (!isUnset(setting(pool, "chroot"))) return [];
    // With a number before it, the files are in directories below.
    return path.value?.startsWith("/") === true
      ? [{ path: normalizePath(path.value), place: path.place, pool }]
      : [];
  }),
);

/** Where pools keep uploads until the script ends. */
export const uploadDirectories = perKey((host: Host): readonly PoolPath[] =>
  host.pools.flatMap((pool) => {
    const allowed = phpValue(pool, "file_uploads");
    if (!isUnset(setting(pool, "chroot")) || known(allowed) === undefined) return [];
    if (NO.test(known(allowed) ?? "")) return [];
    const [first, second] = ["upload_tmp_dir", "sys_temp_dir"].map((name) => phpValue(pool, name));
    const env = arraySetting(pool, "env", "TMPDIR");
    for (const value of [first, second, env]) {
      if (value === undefined || value.kind === "unknown") return [];
      if (value.value?.startsWith("/"))
        return [{ path: normalizePath(value.value), place: placeOf(value), pool }];
    }
    return [{ path: TEMPORARY_DIRECTORY, place: null, pool }];
  }),
);

/** The files that PHP appends its errors to, which the account of the pool makes; none where errors are not logged. */
export const phpLogs = perKey((host: Host): readonly PoolPath[] =>
  host.pools.flatMap((pool) => {
    const log = phpValue(pool, "error_log");
    const logged = known(phpValue(pool, "log_errors"));
    if (log.kind !== "set" || !isUnset(setting(pool, "chroot"))) return [];
    if (logged === undefined || NO.test(logged ?? "")) return [];
    const path = log.value ?? "";
    return path.startsWith("/") && !/^\/(?:dev|proc)\//.test(path)
      ? [{ path: normalizePath(path), place: log.place, pool }]
      : [];
  }),
);

/** nginx's directories for bodies and answers that do not fit into memory, and how `nginx -V` calls each. */
const TEMPORARY = [
  ["client_body_temp_path", "--http-client-body-temp-path"],
  ["fastcgi_temp_path", "--http-fastcgi-temp-path"],
] as const;

export interface TemporaryPath extends NamedPath {
  readonly directive: (typeof TEMPORARY)[number][0];
}

/** `built`: what `nginx -V` says. Relative paths count from where nginx was installed, and are left out. */
export function temporaryPaths(
  { nginx, bindings }: Host,
  built: readonly (readonly [option: string, value: string])[] | null,
): readonly TemporaryPath[] {
  if (nginx === null || !nginx.hasMain) return [];
  return TEMPORARY.flatMap(([directive, option]): readonly TemporaryPath[] => {
    if (directive === "fastcgi_temp_path" && bindings.length === 0) return [];
    const nodes = everywhere(nginx.root, directive);
    const written = nodes.flatMap((node) => {
      const path = argument(node, 0) ?? "";
      return path.startsWith("/") && !path.includes("$")
        ? [{ directive, path: normalizePath(path), place: argumentPlace(node, 0) }]
        : [];
    });
    if (nodes.length > 0) return uniqueBy(written, ({ path }) => path);
    const own = built?.find(([name]) => name === option)?.[1];
    return own?.startsWith("/") === true ? [{ directive, path: normalizePath(own), place: null }] : [];
  });
}

/** Certificates that servers name, without variables, each once. */
export const certificatePaths = perKey(({ nginx }: Host): readonly NamedPath[] =>
  nginx === null
    ? []
    : uniqueBy(
        everywhere(nginx.root, "ssl_certificate").flatMap((node) => {
          const path = argument(node, 0) ?? "";
          return path.startsWith("/") && !path.includes("$") ? [{ path, place: argumentPlace(node, 0) }] : [];
        }),
        ({ path }) => path,
      ),
);

/** What nginx reads of TLS when it starts or reloads, and at no other time. */
const TLS = [
  "ssl_certificate",
  "ssl_certificate_key",
  "ssl_client_certificate",
  "ssl_crl",
  "ssl_dhparam",
  "ssl_session_ticket_key",
  "ssl_trusted_certificate",
];

/** Certificates, keys and the like that nginx keeps in memory; with a variable it reads them anew. */
export const tlsFiles = perKey(({ nginx }: Host): readonly string[] =>
  nginx === null
    ? []
    : unique(
        TLS.flatMap((name) => everywhere(nginx.root, name)).flatMap((node) => {
          const path = argument(node, 0) ?? "";
          return path.startsWith("/") && !path.includes("$") ? [normalizePath(path)] : [];
        }),
      ),
);

/** A name that nginx has to look up, and where it is written. */
export const wantedNames = perKey(
  ({ bindings, otherPasses }: Host): readonly { readonly name: string; readonly place: Place }[] =>
    uniqueBy(
      [...bindings, ...otherPasses].flatMap(({ targets }) =>
        targets.flatMap(({ address, place, down }) =>
          address.kind === "tcp" && !down && isName(address.host) ? [{ name: address.host, place }] : [],
        ),
      ),
      ({ name }) => name,
    ),
);

function isName(host: string): boolean {
  return /^[a-z][a-z0-9_.-]*$/i.test(host) && host !== "localhost" && !host.includes(":");
}

/** The same of nginx; `null`: nothing is written, and where it was built for is unknown. */
export function nginxPidFile({ root }: NginxHost): string | null {
  const [node] = everywhere(root, "pid");
  const path = node === undefined ? "" : (argument(node, 0) ?? "");
  return path.startsWith("/") && !path.includes("$") ? normalizePath(path) : null;
}

/** The file in which a master writes its number; `null`: it writes none, or where is unknown. */
export function pidFileOf(master: FpmMaster): string | null {
  const path = known(globalSetting(master, "pid")) || null;
  if (path === null || path.startsWith("/")) return path === null ? null : normalizePath(path);
  return master.state === null ? null : normalizePath(`${master.state}/${path}`);
}

/** Files that a daemon reads when it starts, with the directories that wildcards look into. */
export interface ReadFiles {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

export const filesOfNginx = perKey(({ nginx }: Host): ReadFiles => {
  if (nginx === null) return { files: [], directories: [] };
  return {
    files: unique(nginx.texts.map(({ file }) => file.path)),
    // A relative one counts from the main file's directory.
    directories: unique(
      nginx.includes.flatMap(({ pattern }) =>
        directoryOfGlob(resolvePath(directoryOf(nginx.texts[0]?.file.path ?? "/"), pattern)),
      ),
    ),
  };
});

export const filesOfMaster = perKey(
  (master: FpmMaster): ReadFiles => ({
    files: unique([...master.files, ...master.ini.files].map(({ path }) => path)),
    directories: unique(master.includes.flatMap(({ pattern }) => directoryOfGlob(pattern))),
  }),
);

/** `/etc/nginx/sites-enabled` of `/etc/nginx/sites-enabled/*`; a relative pattern counts from elsewhere and is left out. */
function directoryOfGlob(pattern: string): readonly string[] {
  const first = pattern.search(/[*?[]/);
  const slash = pattern.lastIndexOf("/", first);
  const isLast = !pattern.includes("/", first);
  return pattern.startsWith("/") && first !== -1 && isLast ? [normalizePath(pattern.slice(0, slash))] : [];
}

/** Every address that a location passes PHP to, with the lines that name it. */
export const phpTargets = perKey((host: Host) =>
  uniqueBy(
    host.bindings.flatMap((binding) =>
      binding.serves === "php"
        ? binding.targets.filter(({ down }) => !down).map((target) => ({ ...target, binding }))
        : [],
    ),
    ({ address }) => addressKey(address),
  ),
);

/** An address with which a location passes to each pool; none of a pool to which no location passes. */
export const poolAddresses = perKey(
  (host: Host): ReadonlyMap<Pool, Address> =>
    new Map(phpTargets(host).flatMap(({ address, pools }) => pools.map((pool) => [pool, address] as const))),
);

/** One text for one address. */
export function addressKey(address: Address): string {
  return address.kind === "unix" ? address.path : `${address.host} ${address.port ?? ""}`;
}

const numbersOfPools = perKey((host: Host) => new Map(host.pools.map((pool, at) => [pool, at] as const)));

/** Which pool of the host it is, counted from 0; -1: none of them. */
export function poolNumber(host: Host, pool: Pool): number {
  return numbersOfPools(host).get(pool) ?? -1;
}
