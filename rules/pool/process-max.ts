import { helpText, write } from "../../src/engine/help.js";
import { noOptions, type Report, type Rule } from "../../src/engine/rule.js";
import { globalSetting, setting } from "../../src/fpm/pools.js";
import type { FpmMaster, Pool } from "../../src/fpm/types.js";
import { readInteger } from "../../src/fpm/values.js";
import type { Host } from "../../src/model/host.js";
import { maxChildren, processManager, workersAtStart } from "../../src/model/pool-size.js";
import { placeOf, type SetValue } from "../../src/source/effective.js";

interface Sized {
  readonly pool: Pool;
  readonly start: number;
  readonly max: number;
}

const symptom = (when: "always" | "saturation") =>
  ({
    when,
    status: 504,
    log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
  }) as const;

export const processMax: Rule = {
  id: "pool/process-max",
  cases: {
    "no-worker": {
      severity: "warning",
      symptom: symptom("always"),
      summary: "process.max below the workers that the pools start with: the last pools get none",
    },
    "below-sum": {
      severity: "info",
      symptom: symptom("saturation"),
      summary: "process.max below the sum of pm.max_children",
    },
  },
  docs: {
    title: "process.max leaves pools without workers",
    what: "Fires when `process.max` in `[global]` is below the workers that the pools of this master start with (`pm.max_children` of static pools, `pm.start_servers` of dynamic ones, written or computed), and as info when only the sum of all `pm.max_children` is above it.\n\nSilent when `process.max` is 0 or not set, which is without limit, and when a pool's numbers are not known.",
    why: "The pools start their workers one after the other, and who comes last gets what is left. A pool without a worker still has its socket: nginx connects, waits, and answers `504 Gateway Time-out` after `fastcgi_read_timeout`. PHP-FPM starts and says so only in its log.",
    instead: "Set `process.max` to the sum of all `pm.max_children`, or remove it and size the pools.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#process.max"],
  },
  options: noOptions,
  proof: { kind: "daemons", requests: [{ path: "/slow.php?s=1", times: 12 }] },
  *check(host) {
    for (const master of host.masters) {
      const limit = globalSetting(master, "process.max");
      const reading = limit.kind === "set" ? readInteger(limit.value ?? "") : null;
      const pools = master.partial ? null : sizes(master);
      if (limit.kind !== "set" || reading?.ok !== true || reading.value <= 0 || pools === null) continue;
      yield* report(host, { ...limit, value: reading.value }, pools);
    }
  },
};

function sizes(master: FpmMaster): readonly Sized[] | null {
  const found = master.pools.map((pool) => ({ pool, start: workersAtStart(pool), max: maxChildren(pool) }));
  const known = found.flatMap(({ pool, start, max }) =>
    start === null || max === null ? [] : [{ pool, start, max }],
  );
  return known.length === found.length && known.length > 0 ? known : null;
}

function* report(host: Host, limit: SetValue<number>, pools: readonly Sized[]): Generator<Report> {
  const [start, max] = [sum(pools.map((one) => one.start)), sum(pools.map((one) => one.max))];
  if (max <= limit.value) return;
  const starved = start > limit.value;
  const names = pools.map(({ pool }) => `[${pool.name}]`).join(", ");
  yield {
    case: starved ? "no-worker" : "below-sum",
    certain: true,
    settle: null,
    message: starved
      ? `process.max is ${limit.value}, but the pools start with ${start} workers: ${terms(pools, "start")}`
      : `process.max is ${limit.value}, but the pools may have ${max} workers together: ${terms(pools, "max")}`,
    at: limit.place,
    label: `all pools of this master together: ${names}`,
    link: [],
    related: pools.flatMap(({ pool, ...one }) => {
      const key = starved && processManager(pool) === "dynamic" ? "pm.start_servers" : "pm.max_children";
      const place = placeOf(setting(pool, key));
      const count = starved ? one.start : one.max;
      return place === null || count === 0 ? [] : [{ place, message: `pool [${pool.name}]: ${count}` }];
    }),
    effect: starved
      ? "the pools that come last get no worker, and every request to them ends as 504 Gateway Time-out"
      : "when the other pools are busy, one may get no further worker, and its requests wait until 504 Gateway Time-out",
    help: helpText([[write(host, limit, `process.max = ${max}`)]]),
    names: ["process.max"],
  };
}

function terms(pools: readonly Sized[], what: "start" | "max"): string {
  return pools.map((one) => `[${one.pool.name}] ${one[what]}`).join(" + ");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
