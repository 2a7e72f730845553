import type { Pool } from "../../fpm/types.js";
import type { ReadHost } from "../../read-hosts.js";
import type { CapacityOptions } from "../../sizing/options.js";
import { numberFor, poolNames } from "../../sizing/pools.js";
import { nearest } from "../../source/spelling.js";
import { UsageError } from "../usage.js";

/** Throws UsageError for an option that names a pool that no host has: it is a mistake, not a number for nobody. */
export function checkNames(hosts: readonly ReadHost[], options: CapacityOptions): void {
  const pools = hosts.flatMap(({ host }): readonly NamedPool[] =>
    host.pools.length === 0
      ? [{ full: "default", pool: null }]
      : [...poolNames(host)].map(([pool, full]) => ({ full, pool })),
  );
  const known = [...new Set(pools.flatMap(namesOf))];
  const { workerSize, rate, mean, p95, weights } = options;
  const given = {
    "worker-size": workerSize.byPool,
    rate: rate.byPool,
    mean: mean.byPool,
    p95: p95.byPool,
    weight: weights,
  };
  for (const [option, names] of Object.entries(given))
    for (const name of names.keys()) if (!known.includes(name)) throw unknownPool(option, name, known);
  for (const [option, names] of [
    ["mean", mean.byPool],
    ["p95", p95.byPool],
  ] as const)
    for (const name of names.keys()) refuseIdle(option, name, pools, options);
}

interface NamedPool {
  readonly full: string;
  readonly pool: Pool | null;
}

function namesOf({ full, pool }: NamedPool): readonly string[] {
  return pool === null ? [full] : [pool.name, full];
}

function unknownPool(option: string, name: string, known: readonly string[]): UsageError {
  if (name.includes(",") && name.includes("="))
    return new UsageError(
      `--${option} ${name}=…: no pool of that name; give the option once for each pool, without commas`,
    );
  const meant = nearest(name, known);
  const more = known.length > MOST_NAMES ? " …" : "";
  const right =
    meant === null ? `pools are ${known.slice(0, MOST_NAMES).join(", ")}${more}` : `did you mean ${meant}?`;
  return new UsageError(`--${option} ${name}=…: no pool of that name; ${right}`);
}

const MOST_NAMES = 8;

/** How long requests take means nothing for a pool while nobody says how many come. */
function refuseIdle(
  option: "mean" | "p95",
  name: string,
  pools: readonly NamedPool[],
  { rate }: CapacityOptions,
): void {
  const meant = pools.filter((one) => namesOf(one).includes(name));
  if (meant.some(({ full, pool }) => numberFor(rate, full, pool) !== null)) return;
  throw new UsageError(
    `--${option} ${name}=… means nothing without --rate, the number of requests to that pool, as in --rate ${name}=40/s`,
  );
}
