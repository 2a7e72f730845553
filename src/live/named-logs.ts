/** The logs that the files of a host name. */
import { asLogFormat } from "../fpm/settings/access-tokens.js";
import { globalSetting, phpValue, setting } from "../fpm/settings/lookup.js";
import type { Pool } from "../fpm/types.js";
import { COMBINED } from "../logs/access.js";
import { allMasters, type Host, type NginxHost } from "../model/host.js";
import { PREFIXES } from "../nginx/facts/prefixes.js";
import { argument, descendants } from "../nginx/tree/nodes.js";
import { uniqueBy } from "../source/collect.js";
import type { Effective } from "../source/effective.js";
import { perKey } from "../source/memo.js";

/**
 * What a log holds: `lines` of nginx's error log, of PHP-FPM or of several mixed; `access`: requests as nginx counts
 * them; `fpm-access`: as PHP-FPM does; `slow`: PHP-FPM's slow log.
 */
export type LogKind = "lines" | "access" | "fpm-access" | "slow";

export interface NamedLog {
  /** As it is in the host. */
  readonly path: string;
  readonly kind: LogKind;
  /** Of an access log its format; `null`: another kind. */
  readonly format: string | null;
  /** Of PHP-FPM's access log the pool; `null`: another kind. */
  readonly pool: string | null;
}

/** Every log that the files name, each path once; what a variable makes a part of is left out. */
export const namedLogs = perKey((host: Host): readonly NamedLog[] => {
  const all = [...(host.nginx === null ? [] : ofNginx(host, host.nginx)), ...ofFpm(host)];
  return uniqueBy(
    all.filter(({ path }) => path.startsWith("/") && !path.startsWith("/dev/")),
    ({ path }) => path,
  );
});

/** The formats of access logs that the files have, by name: what goes to standard output may be in any of them. */
export const logFormats = perKey((host: Host): ReadonlyMap<string, string> => {
  const formats = new Map<string, string>([["combined", COMBINED]]);
  for (const { name, directive } of host.nginx === null ? [] : descendants(host.nginx.root)) {
    const [first, ...rest] = name === "log_format" ? directive.args.map(({ text }) => text) : [];
    if (first !== undefined) formats.set(first, rest.filter((text) => !text.startsWith("escape=")).join(""));
  }
  return formats;
});

function ofNginx(host: Host, { root, texts }: NginxHost): readonly NamedLog[] {
  const prefixes = prefixesOf(texts[0]?.file.path ?? "");
  const formats = logFormats(host);
  const logs: NamedLog[] = [];
  const nodes = [...descendants(root)].filter(({ name }) => /^(?:error_log|access_log)$/.test(name));
  for (const node of nodes) {
    const written = argument(node, 0) ?? "";
    const path = /^(?:syslog:|off$|stderr$|memory:|$)|\$/.test(written)
      ? null
      : located(host, prefixes, written);
    const format = formats.get(argument(node, 1) ?? "combined") ?? null;
    if (path === null) continue;
    if (node.name === "error_log") logs.push({ ...LINES, path });
    if (node.name === "access_log" && format !== null) logs.push({ ...LINES, path, kind: "access", format });
  }
  // Where nothing is written, nginx of every package writes here, and nginx from source below its prefix.
  if (!logs.some(({ kind }) => kind === "lines"))
    for (const path of defaults(host, prefixes, "error.log")) logs.push({ ...LINES, path });
  if (!nodes.some(({ name }) => name === "access_log"))
    for (const path of defaults(host, prefixes, "access.log"))
      logs.push({ ...LINES, path, kind: "access", format: COMBINED });
  return logs;
}

const LINES = { kind: "lines", format: null, pool: null } as const;

function defaults(host: Host, prefixes: readonly string[], name: string): readonly string[] {
  return [`/var/log/nginx/${name}`, located(host, prefixes, `logs/${name}`) ?? []].flat();
}

/** Where nginx looks for a log: what has no slash before it counts from the prefix, never from the file. */
function located({ fs }: Host, prefixes: readonly string[], path: string): string | null {
  if (path.startsWith("/")) return path;
  return (
    prefixes.map((prefix) => `${prefix}/${path}`).find((one) => fs.entry(one).kind !== "missing") ?? null
  );
}

/** nginx from source has `conf/nginx.conf` below its prefix. */
function prefixesOf(main: string): readonly string[] {
  const [, own] = /^(.+)\/conf\/[^/]+$/.exec(main) ?? [];
  return own === undefined ? PREFIXES : [own, ...PREFIXES];
}

function ofFpm(host: Host): readonly NamedLog[] {
  return allMasters(host).flatMap((master) => [
    ...logOf(counted(globalSetting(master, "error_log"), master.state), "lines"),
    ...master.pools.flatMap((pool) => [
      ...logOf(within(pool, setting(pool, "slowlog")), "slow"),
      ...accessOf(pool),
      ...logOf(phpValue(pool, "error_log"), "lines"),
    ]),
  ]);
}

function logOf(value: Effective<string | null>, kind: LogKind): readonly NamedLog[] {
  return value.kind === "set" && value.value !== null ? [{ ...LINES, path: value.value, kind }] : [];
}

function accessOf(pool: Pool): readonly NamedLog[] {
  const format = setting(pool, "access.format");
  const written = format.kind === "unknown" ? null : format.value;
  const text = written === null ? null : asLogFormat(written);
  if (text === null) return [];
  return logOf(within(pool, setting(pool, "access.log")), "fpm-access").map((log) => ({
    ...log,
    format: text,
    pool: pool.name,
  }));
}

/** What `error_log` of `[global]` may say in the place of a path. */
const SYSLOG = "syslog";

/** A path that counts from a directory where it is relative; unset where that directory is not known. */
function counted(value: Effective<string | null>, base: string | null): Effective<string | null> {
  if (value.kind !== "set" || value.value === null || value.value.startsWith("/")) return value;
  return { ...value, value: base === null || value.value === SYSLOG ? null : `${base}/${value.value}` };
}

/** A path of a pool: it counts from the pool's prefix. */
function within(pool: Pool, value: Effective<string | null>): Effective<string | null> {
  const own = setting(pool, "prefix");
  const prefix = own.kind === "set" && own.value !== null ? own.value : pool.master.prefix;
  return counted(value, prefix);
}

/**
 * The log that a rotation moved here: `error.log` of `error.log.1`, `error.log.2.gz`, `error.log-20261128`,
 * `error.log-20261128.gz`. `null`: no rotation makes such a name.
 */
export function beforeRotation(path: string): string | null {
  const at = path.search(/[.-]\d{1,14}(?:\.gz)?$/);
  return at === -1 ? null : path.slice(0, at);
}
