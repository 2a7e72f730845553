import { groupBy, unique } from "../../source/collect.js";
import type { FirstData, HostTopology, LimitSet, LocationData } from "../../topology/document.js";
import { limitOf, limitsOf } from "./chips.js";

/** A setting, and the word for it in a picture. */
export type Named = readonly [setting: string, word: string];

/** The limits on time, in the order in which they are met, with the words of the picture. */
export const TIMES = [
  ["client_header_timeout", "client header"],
  ["client_body_timeout", "client body"],
  ["fastcgi_connect_timeout", "connect"],
  ["fastcgi_send_timeout", "send"],
  ["max_execution_time", "computing"],
  ["request_terminate_timeout", "kill"],
  ["fastcgi_read_timeout", "read"],
  ["send_timeout", "client takes"],
] as const satisfies readonly Named[];

/** The limits on sizes, in the same order. */
export const SIZES = [
  ["large_client_header_buffers", "request header"],
  ["client_max_body_size", "body"],
  ["post_max_size", "form"],
  ["upload_max_filesize", "one file"],
  ["memory_limit", "script"],
  ["fastcgi_buffer_size", "answer header"],
  ["fastcgi_buffers", "answer in memory"],
  ["fastcgi_max_temp_file_size", "answer in a file"],
] as const satisfies readonly Named[];

/** A location for PHP and a pool, or several that have the same limits. */
export interface LimitRow {
  readonly set: LimitSet;
  /** Whose limits they are; each once. */
  readonly labels: readonly string[];
  readonly locations: readonly LocationData[];
}

/** One row for the ways with the same limits. */
export function limitRows(host: HostTopology, settings: readonly Named[]): readonly LimitRow[] {
  const servers = new Map(host.servers.map((one) => [one.id, one.label] as const));
  const pools = new Map(host.pools.map((one) => [one.id, one.name] as const));
  const sets = limitsOf(host);
  const ways = host.locations
    .filter(({ php }) => php)
    .flatMap((one) => {
      const own = one.ways.filter(({ down }) => !down);
      const alone = { pool: null, limits: one.limits };
      return (own.length === 0 ? [alone] : own).map(({ pool, limits: id }) => ({ one, pool, id: id ?? "" }));
    });
  const keyed = ways.map((way) => ({ ...way, key: keyOf(sets.get(way.id), settings) }));
  return groupBy(keyed, ({ key }) => key).flatMap((group) => {
    const set = sets.get(group[0].id);
    if (set === undefined) return [];
    const labels = group.map(({ one, pool }) => {
      const of = one.server === null ? "" : ` of ${servers.get(one.server) ?? ""}`;
      return `${one.text}${of}${pool === null ? "" : `, pool [${pools.get(pool) ?? ""}]`}`;
    });
    return [{ set, labels: unique(labels), locations: unique(group.map(({ one }) => one)) }];
  });
}

function keyOf(set: LimitSet | undefined, settings: readonly Named[]): string {
  if (set === undefined) return "";
  const values = settings
    .map(([setting]) => limitOf(set, setting))
    .map((one) => one && [one.shown, one.default]);
  return JSON.stringify([values, set.open]);
}

/** `a script that waits: PHP-FPM after 30s, the client gets 502; one that computes: PHP after 20s, 500`. */
export function firstWords({ waiting, computing, open }: LimitSet): string {
  const said = (one: FirstData | null): string =>
    one === null
      ? "nobody"
      : `${one.daemon} after ${one.after}s (${one.setting}), and the client gets ${one.beyond}`;
  const words =
    waiting?.setting === computing?.setting
      ? `first is ${said(waiting)}`
      : `while a script waits, first is ${said(waiting)}; while it computes, ${said(computing)}`;
  return open ? `${words}; what is unknown may be sooner` : words;
}
