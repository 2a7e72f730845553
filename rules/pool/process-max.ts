import { type Draft, defineRule } from "../../src/engine/define.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { seenByClientsOf } from "../../src/evidence/asked.js";
import { globalSetting, setting } from "../../src/fpm/pools.js";
import { readInteger } from "../../src/fpm/settings/values.js";
import type { FpmMaster, Pool } from "../../src/fpm/types.js";
import { helpOf, write } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { maxChildren, processManager, workersAtStart } from "../../src/model/pool-size.js";
import { placeOf, type SetValue } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

interface Sized {
  readonly pool: Pool;
  readonly start: number;
  readonly max: number;
  /** The workers that `process.max` still allows when it is this pool's turn, at most `start`. */
  readonly gets: number;
}

const symptom = (when: "always" | "saturation") =>
  ({
    when,
    status: 504,
    log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
  }) as const;

type Case = "no-worker" | "fewer-workers" | "below-sum";

export const processMax = defineRule({
  id: "pool/process-max",
  about: "master",
  mayApply: ({ masters }) => masters.some((master) => globalSetting(master, "process.max").kind === "set"),
  cases: {
    "no-worker": {
      severity: "warning",
      symptom: symptom("always"),
      summary: "the workers started first use up process.max, and a pool gets none",
    },
    "fewer-workers": {
      severity: "warning",
      symptom: symptom("saturation"),
      summary: "process.max below the number of workers that the pools start with: the last one gets fewer",
    },
    "below-sum": {
      severity: "info",
      symptom: symptom("saturation"),
      summary: "process.max below the sum of pm.max_children",
    },
  },
  docs: {
    title: "process.max leaves pools without workers",
    fires: [
      markdown`
        \`process.max\` in \`[global]\` is below the number of workers that the pools of this master start
        with (\`pm.max_children\` of static pools, \`pm.start_servers\` of dynamic ones, written or
        computed)
      `,
      "these workers use it up and there is also an ondemand pool",
      "only the sum of all `pm.max_children` is above it (info)",
    ],
    silent: ["`process.max` is 0 or not set, which means no limit", "a number of a pool is unknown"],
    what: "The workers of `pm.status_listen` are not counted.",
    why: markdown`
      The pools start their workers one after the other, and the last one gets what is left. An ondemand
      pool starts none, so it finds nothing left when its first request comes, wherever it is in the
      files; the other pools do not give back what they started with. A pool without a worker still has
      its socket: nginx connects, waits, and answers \`504 Gateway Time-out\` after
      \`fastcgi_read_timeout\`. PHP-FPM starts all the same and only says so in its log.
    `,
    instead: "Set `process.max` to the sum of all `pm.max_children`, or remove it and size the pools.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#process.max"],
  },
  proof: { kind: "daemons", requests: [{ path: "/slow.php?s=1", times: 12 }] },
  *check(master, host) {
    const limit = globalSetting(master, "process.max");
    const reading = limit.kind === "set" ? readInteger(limit.value ?? "") : null;
    if (limit.kind !== "set" || reading?.ok !== true || reading.value <= 0 || master.partial) return;
    const pools = sizes(master, reading.value);
    if (pools !== null) yield* report(host, { ...limit, value: reading.value }, pools);
  },
});

/** The pools in the order in which they start. */
function sizes({ pools }: FpmMaster, limit: number): readonly Sized[] | null {
  const found: Sized[] = [];
  let left = limit;
  for (const pool of pools) {
    const [start, max] = [workersAtStart(pool), maxChildren(pool)];
    if (start === null || max === null) return null;
    const gets = Math.min(start, left);
    left -= gets;
    found.push({ pool, start, max, gets });
  }
  return found;
}

function* report(host: Host, limit: SetValue<number>, pools: readonly Sized[]): Generator<Draft<Case>> {
  const [start, max] = [sum(pools.map((one) => one.start)), sum(pools.map((one) => one.max))];
  if (max <= limit.value) return;
  const none = start < limit.value ? [] : pools.filter(({ gets }) => gets === 0);
  const fewer = pools.find((one) => one.gets > 0 && one.gets < one.start);
  const short = none.length > 0 || fewer !== undefined;
  const lost =
    none.length > 0
      ? `none is left for ${none.map(nameOf).join(", ")}`
      : `${nameOf(fewer)} gets only ${fewer?.gets}`;
  const said = short
    ? `the pools start with ${start} workers: ${terms(pools, "start")}; ${lost}`
    : `the pools may have ${max} workers together: ${terms(pools, "max")}`;
  yield {
    case: none.length > 0 ? "no-worker" : short ? "fewer-workers" : "below-sum",
    message: `process.max is ${limit.value}, and ${said}`,
    at: limit.place,
    label: "all pools of this master together",
    related: pools.flatMap((one) => related(one, short)),
    ...(none.length > 0
      ? seenByClientsOf(
          host,
          none.map(({ pool }) => pool),
          effectOf(none, fewer),
        )
      : { effect: effectOf(none, fewer) }),
    help: helpOf([[write(host, limit, `process.max = ${max}`)]]),
    names: ["process.max"],
  };
}

function related({ pool, start, max, gets }: Sized, short: boolean): readonly RelatedReport[] {
  const manager = processManager(pool);
  const key =
    !short || manager === "static" ? "pm.max_children" : manager === "dynamic" ? "pm.start_servers" : "pm";
  const place = placeOf(setting(pool, key));
  const what = !short ? `${max} workers at most` : start === 0 ? "starts with none" : `starts with ${start}`;
  const got = short && gets < start ? `, gets ${gets === 0 ? "none" : gets}` : "";
  return place === null ? [] : [{ place, message: `pool [${pool.name}]: ${what}${got}` }];
}

function effectOf(none: readonly Sized[], fewer: Sized | undefined): string {
  if (none.length > 0)
    return `every request to ${none.map(nameOf).join(", ")} waits for a worker that never starts, until 504 Gateway Time-out`;
  if (fewer !== undefined)
    return `${nameOf(fewer)} never gets more workers, and under load its requests end as 504 Gateway Time-out`;
  return "when the other pools are busy, one may get no further worker, and its requests wait until 504 Gateway Time-out";
}

function nameOf(one: Sized | undefined): string {
  return `[${one?.pool.name ?? ""}]`;
}

function terms(pools: readonly Sized[], what: "start" | "max"): string {
  return pools.map((one) => `[${one.pool.name}] ${one[what]}`).join(" + ");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
