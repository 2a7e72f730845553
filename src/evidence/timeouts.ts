import type { Draft } from "../engine/define.js";
import { seconds, setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import type { Binding, Host } from "../model/host.js";
import { requestValues } from "../model/request/php-settings.js";
import { patternOf } from "../nginx/location/extensions.js";
import { matches } from "../nginx/location/pattern.js";
import { effectiveTime, effectiveTimeWithoutMain } from "../nginx/tree/effective.js";
import { argument } from "../nginx/tree/nodes.js";
import { phpDefault } from "../php/facts.js";
import { type Effective, known } from "../source/effective.js";
import { perKey } from "../source/memo.js";
import { certainty, type Known } from "./grouping.js";
import { type Pair, pairs } from "./pairs.js";

/** Both limits on the duration of a request, for one way from a location to a pool. */
export interface Limits extends Pair {
  /** nginx's `fastcgi_read_timeout` in milliseconds, above 0. */
  readonly read: Known<number>;
  /** The pool's `request_terminate_timeout` in seconds; 0: no limit. */
  readonly terminate: Known<number>;
  /** nginx's main file is not in the tree, and is taken to set no time. Absent: it is not. */
  readonly withoutMain?: true;
}

/** nginx's limit for one way. */
export const readLimit = ({ read }: Limits): Known<number> => read;

/** Every way for which both limits are known. A read timeout of 0 is a fault with its own rule. */
export const limits = perKey((host: Host): readonly Limits[] => [
  ...limitsBy(host, ({ binding }) => effectiveTime(binding.block, "fastcgi_read_timeout")),
]);

/** Those for which only the main file of nginx, which is not in the tree, could say otherwise. */
export function* limitsWithoutMain(host: Host): Generator<Limits> {
  if (host.nginx === null || host.nginx.hasMain) return;
  const found = limitsBy(host, ({ binding: { block } }) => {
    const known = effectiveTime(block, "fastcgi_read_timeout");
    return known.kind === "unknown" ? effectiveTimeWithoutMain(block, "fastcgi_read_timeout") : WRITTEN;
  });
  for (const one of found) if (one.terminate.kind === "set") yield { ...one, withoutMain: true };
}

const WRITTEN: Effective<number> = { kind: "unknown", reason: "it is known without that", place: null };

/** How sure it is what both limits are, and that they meet. */
export function limitCertainty(limit: Limits): Pick<Draft, "settle"> {
  const found = certainty(limit);
  return limit.withoutMain !== true || found.settle != null
    ? found
    : { settle: "The main file of nginx would settle it, but it is not in the tree." };
}

function* limitsBy(host: Host, readOf: (pair: Pair) => Effective<number>): Generator<Limits> {
  for (const pair of pairs(host)) {
    const read = readOf(pair);
    const terminate = seconds(pair.pool, "request_terminate_timeout");
    if (read.kind === "unknown" || terminate.kind === "unknown") continue;
    if (read.value <= 0 || runsNoScripts(pair)) continue;
    // PHP-FPM starts no timer for a negative time.
    yield { ...pair, read, terminate: { ...terminate, value: Math.max(0, terminate.value ?? 0) } };
  }
}

/** A `max_execution_time`, in seconds, that somebody wrote. */
export type WrittenTime = Extract<Known<number>, { readonly kind: "set" }>;

/**
 * The `max_execution_time` of each way that somebody chose: written, not 0, and not the 30 that every php.ini
 * comes with. `null`: there is none, or it is unknown.
 */
export function chosenExecutionTimes(host: Host): (pair: Pair) => WrittenTime | null {
  const values = requestValues(host, "max_execution_time");
  return ({ binding, pool }) => chosenTime(values(binding, pool));
}

/** The same of one value. */
export function chosenTime(value: Effective<string | null>): WrittenTime | null {
  if (value.kind !== "set" || value.value === null || !/^\s*\d+\s*$/.test(value.value)) return null;
  const time = Number(value.value);
  return time === 0 || time === Number(phpDefault("max_execution_time")) ? null : { ...value, value: time };
}

/** Up to this multiple of nginx's limit, a worker that nginx gave up on is free soon enough. */
export const TOLERATED = 1.5;

/**
 * The shortest `request_terminate_timeout`, in seconds, with which PHP-FPM kills no request of a
 * location that uses the pool, and none holds a worker for long. `null`: the locations differ too much.
 */
export function suitsAll(all: readonly Limits[], pool: Pool): number | null {
  const seconds = longestRead(all, pool);
  return seconds * 1000 <= readsOf(all, pool).shortest * TOLERATED ? seconds : null;
}

/** The longest time that nginx waits for the pool, in whole seconds, as PHP-FPM needs them. */
export function longestRead(all: readonly Limits[], pool: Pool): number {
  return Math.ceil(readsOf(all, pool).longest / 1000);
}

/** The shortest and longest of nginx's limits for one pool, in milliseconds. */
interface Reads {
  readonly shortest: number;
  readonly longest: number;
}

/** Rules ask for this for thousands of locations, and the answer is the same for all ways to a pool. */
const readsByPool = perKey(gathered);

function readsOf(all: readonly Limits[], pool: Pool): Reads {
  return readsByPool(all).get(pool) ?? { shortest: Infinity, longest: -Infinity };
}

function gathered(all: readonly Limits[]): ReadonlyMap<Pool, Reads> {
  const reads = new Map<Pool, Reads>();
  for (const { pool, read } of all) {
    const { shortest, longest } = reads.get(pool) ?? { shortest: Infinity, longest: -Infinity };
    reads.set(pool, { shortest: Math.min(shortest, read.value), longest: Math.max(longest, read.value) });
  }
  return reads;
}

/** A note for the case that no limit suits all locations of a pool. */
export function ownPools({ pool }: Pair): string {
  return `as it is, no request_terminate_timeout suits all locations of pool [${pool.name}], because their fastcgi_read_timeout differs too much; you can also give the slow ones a pool of their own`;
}

/** Whether a template makes one exact path the status or ping page of the pool, or may do so. */
function mayBePage({ location: { directive } }: Binding, pool: Pool): boolean {
  const [modifier, path] = directive.args;
  if (modifier?.text !== "=" || path === undefined || /\.php$/.test(path.text)) return false;
  const pages = pool.settings.filter(({ key }) => key === "pm.status_path" || key === "ping.path");
  return pages.some(({ value }) => value === null || path.placeholder);
}

/** Whether the location only serves the status or ping page, which answer at once, whatever the limits are. */
export function runsNoScripts({ binding, pool }: Pair): boolean {
  const pages = pagesOf(pool);
  const first = argument(binding.location, 0) ?? "";
  const written = argument(binding.location, 1) ?? first;
  if (!first.startsWith("~")) return pages.includes(written) || mayBePage(binding, pool);
  const pattern = patternOf(binding.location);
  if (pattern === null) return false;
  return (
    pages.some((page) => page !== "" && matches(pattern, page)) && matches(pattern, "/index.php") === false
  );
}

/** The URIs of its status and of its ping page; empty for a page that it has not. */
const pagesOf = perKey((pool: Pool): readonly string[] =>
  ["pm.status_path", "ping.path"].map((key) => known(setting(pool, key)) ?? ""),
);
