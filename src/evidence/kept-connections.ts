import type { Pool } from "../fpm/types.js";
import type { Host, NginxHost } from "../model/host.js";
import { KEEPALIVE_BY_DEFAULT, readUpstreams } from "../model/request/upstreams.js";
import { isSince, type NginxVersion } from "../nginx/facts/version.js";
import { oneOfBranches } from "../nginx/tree/branches.js";
import { effectiveFlag } from "../nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed, headPlace } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import type { Place } from "../source/file.js";
import { type Pair, pairs } from "./pairs.js";

/** Idle connections to PHP-FPM that nginx keeps; each of them holds a worker. */

/** An upstream for which nginx keeps idle connections to a pool. */
export interface Kept {
  readonly name: string;
  readonly group: Node;
  /** The number of its servers, which share the connections that are kept. */
  readonly members: number;
  /** The most idle connections that each worker of nginx keeps to this pool. */
  readonly count: number;
  /** The number in `keepalive`, or the upstream where it would go. */
  readonly place: Place;
  readonly isDefault: boolean;
  readonly pair: Pair;
}

/** The upstreams that lead to one pool. */
export type KeptGroup = readonly [Kept, ...Kept[]];

/**
 * The idle connections that nginx keeps to each pool, by upstream. `version`: another nginx than the one that reads
 * the files, to say what it would keep; `null`: unknown.
 */
export function keptByPool(
  host: Host,
  nginx: NginxHost,
  version: NginxVersion = nginx.version,
): ReadonlyMap<Pool, KeptGroup> {
  const groups = readUpstreams(childrenNamed(nginx.root, "http"));
  const found = new Map<Pool, KeptGroup>();
  for (const pair of pairs(host)) {
    const { binding, target, pool } = pair;
    const keeps = effectiveFlag(binding.block, "fastcgi_keep_conn");
    const name = target.upstream?.toLowerCase();
    const group = name === undefined ? undefined : groups.get(name);
    // A backup server normally gets no requests, and so no connections that could be kept.
    if (keeps.kind !== "set" || !keeps.value || group === undefined || target.backup) continue;
    const kept = keptBy(group, version);
    const known = found.get(pool);
    if (kept === null || known?.some((one) => one.group === group) === true) continue;
    const members = binding.targets.filter(
      (one) => one.upstream === target.upstream && !one.down && !one.backup,
    );
    const mine = members.filter(({ pools }) => pools.includes(pool)).length;
    const one = {
      ...kept,
      name: target.upstream ?? "",
      group,
      members: members.length,
      count: Math.floor((kept.count * mine) / members.length),
      pair,
    };
    found.set(pool, known === undefined ? [one] : [...known, one]);
  }
  return found;
}

/** What an upstream keeps by itself, whoever asks; `null`: nothing. `version`: `null` where what is written counts alone. */
export function keptBy(
  group: Node,
  version: NginxVersion,
): Pick<Kept, "count" | "place" | "isDefault"> | null {
  const all = childrenNamed(group, "keepalive");
  const written = all.at(-1);
  if (all.length > 0 && !oneOfBranches(all)) return null;
  if (written === undefined) {
    const keeps = !group.partial && version !== null && isSince(version, KEEPALIVE_BY_DEFAULT.since);
    return keeps ? { count: KEEPALIVE_BY_DEFAULT.count, place: headPlace(group), isDefault: true } : null;
  }
  const text = argument(written, 0) ?? "";
  return /^\d+$/.test(text) && Number(text) > 0
    ? { count: Number(text), place: argumentPlace(written, 0), isDefault: false }
    : null;
}
