/** The logs that the files of a host name. */
import { globalSetting, phpValue, setting } from "../fpm/settings/lookup.js";
import { COMBINED } from "../logs/access.js";
import { allMasters, type Host } from "../model/host.js";
import { argument, descendants } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import type { Effective } from "../source/effective.js";
import { perKey } from "../source/memo.js";

/** What a log holds: `lines` of nginx's error log, of PHP-FPM or of several mixed; `slow`: PHP-FPM's slow log. */
export type LogKind = "lines" | "access" | "slow";

export interface NamedLog {
  /** As it is in the host. */
  readonly path: string;
  readonly kind: LogKind;
  /** Of an access log its format; `null`: another kind. */
  readonly format: string | null;
}

/** Every log that the files name, each path once; what a variable makes a part of is left out. */
export const namedLogs = perKey((host: Host): readonly NamedLog[] => {
  const all = [...(host.nginx === null ? [] : ofNginx(host.nginx.root)), ...ofFpm(host)];
  const seen = new Set<string>();
  return all.filter(
    ({ path }) => path.startsWith("/") && !path.startsWith("/dev/") && !seen.has(path) && seen.add(path),
  );
});

function ofNginx(root: Node): readonly NamedLog[] {
  const formats = new Map<string, string>([["combined", COMBINED]]);
  const logs: NamedLog[] = [];
  const nodes = [...descendants(root)].filter(({ name }) =>
    /^(?:log_format|error_log|access_log)$/.test(name),
  );
  for (const { name, directive } of nodes) {
    const [first, ...rest] = directive.args.map(({ text }) => text);
    if (name === "log_format" && first !== undefined)
      formats.set(first, rest.filter((text) => !text.startsWith("escape=")).join(""));
  }
  for (const node of nodes) {
    const path = argument(node, 0) ?? "";
    if (!path.startsWith("/") || path.includes("$")) continue;
    const format = formats.get(argument(node, 1) ?? "combined") ?? null;
    if (node.name === "error_log") logs.push({ path, kind: "lines", format: null });
    if (node.name === "access_log" && format !== null) logs.push({ path, kind: "access", format });
  }
  // Where nothing is written, nginx of every package writes here.
  if (!logs.some(({ kind }) => kind === "lines"))
    logs.push({ path: "/var/log/nginx/error.log", kind: "lines", format: null });
  if (!nodes.some(({ name }) => name === "access_log"))
    logs.push({ path: "/var/log/nginx/access.log", kind: "access", format: COMBINED });
  return logs;
}

function ofFpm(host: Host): readonly NamedLog[] {
  return allMasters(host).flatMap((master) => [
    ...logOf(globalSetting(master, "error_log"), "lines"),
    ...master.pools.flatMap((pool) => [
      ...logOf(setting(pool, "slowlog"), "slow"),
      ...logOf(phpValue(pool, "error_log"), "lines"),
    ]),
  ]);
}

function logOf(value: Effective<string | null>, kind: LogKind): readonly NamedLog[] {
  return value.kind === "set" && value.value !== null ? [{ path: value.value, kind, format: null }] : [];
}

/** What a rotated log is called: `error.log.1`, `error.log.2.gz`, `error.log-20261128`, `error.log-20261128.gz`. */
export const ROTATED = /^[.-]\d{1,14}(?:\.gz)?$/;
