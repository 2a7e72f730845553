import { helpText, write } from "../../src/engine/help.js";
import type { OptionsSchema, Report, Rule } from "../../src/engine/rule.js";
import { integer, setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import type { Host } from "../../src/model/host.js";
import { poolListens } from "../../src/model/pool-listens.js";
import { maxChildren, processManager, workersAtStart } from "../../src/model/pool-size.js";
import { known, placeOf } from "../../src/source/effective.js";

interface Options {
  readonly seconds: number;
}

const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    seconds: {
      type: "integer",
      minimum: 1,
      default: 10,
      description: "how long a dynamic pool may take to reach pm.max_children",
    },
  },
};

const symptom = {
  when: "saturation",
  status: 504,
  log: "seems busy (you may need to increase pm.start_servers, or pm.min/max_spare_servers)",
} as const;

export const slowRamp: Rule<Options> = {
  id: "pool/slow-ramp",
  cases: {
    dynamic: {
      severity: "info",
      symptom,
      summary: "a dynamic pool that needs many seconds to reach pm.max_children",
    },
    ondemand: {
      severity: "info",
      symptom: { when: "saturation", status: 504, log: null },
      summary: "a site on an ondemand pool, which begins every burst without workers",
    },
  },
  docs: {
    title: "a pool that grows slowly",
    what: "Fires when a `dynamic` pool takes more seconds than the option `seconds` to grow from `pm.start_servers` to `pm.max_children`, which is (max − start) / `pm.min_spare_servers`, and when a pool with `pm = ondemand` and room for more than one worker takes the requests of a location of nginx.\n\nSilent about static pools, about pools that no location uses, and where a number is not known.",
    why: "PHP-FPM looks once a second whether fewer than `pm.min_spare_servers` workers are idle, and starts at most that many; `pm.max_spawn_rate` is only an upper bound. With the sample's `pm.min_spare_servers = 1` a pool grows by one worker a second: a burst meets the few workers of the start, and the rest waits in the backlog, until `504 Gateway Time-out` when it waits longer than `fastcgi_read_timeout`. An ondemand pool forks a worker for each new connection only when it gets round to it, and starts from none.",
    instead:
      "Raise `pm.min_spare_servers` and `pm.start_servers` (an eighth and a quarter of `pm.max_children` are a beginning), or use `pm = static` for a busy pool.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#pm.min-spare-servers"],
  },
  options,
  proof: { kind: "daemons", observe: { dynamic: "pool-not-full", ondemand: "pool-begins-empty" } },
  *check(host, { seconds }) {
    const { used } = poolListens(host);
    for (const pool of host.pools) {
      if (!used.has(pool)) continue;
      const manager = processManager(pool);
      if (manager === "dynamic") yield* dynamic(host, pool, seconds);
      else if (manager === "ondemand" && (maxChildren(pool) ?? 0) > 1) yield* ondemand(host, pool);
    }
  },
};

function* dynamic(host: Host, pool: Pool, limit: number): Generator<Report> {
  const [max, start] = [maxChildren(pool), workersAtStart(pool)];
  const spare = integer(pool, "pm.min_spare_servers");
  const step = known(spare);
  if (max === null || start === null || step === undefined || step === null || step < 1) return;
  const takes = Math.ceil((max - start) / step);
  const at = placeOf(spare);
  if (takes <= limit || at === null) return;
  const place = placeOf(setting(pool, "pm.max_children"));
  const [eighth, quarter] = [Math.ceil(max / 8), Math.ceil(max / 4)];
  yield {
    ...shared(pool),
    case: "dynamic",
    message: `pool [${pool.name}] needs about ${takes}s to grow from ${start} to ${max} workers: pm.min_spare_servers is ${step}, so it starts at most ${step} a second`,
    at,
    label: `at most ${step} a second`,
    related: place === null ? [] : [{ place, message: `${max} workers at most` }],
    effect: `a burst of requests meets ${start} workers; the others wait for up to ${takes}s, or for 504 Gateway Time-out`,
    help: helpText([
      [
        write(host, spare, `pm.min_spare_servers = ${eighth}`),
        write(host, setting(pool, "pm.start_servers"), `pm.start_servers = ${quarter}`),
        write(host, setting(pool, "pm.max_spare_servers"), `pm.max_spare_servers = ${Math.ceil(max / 2)}`),
      ],
    ]),
  };
}

function* ondemand(host: Host, pool: Pool): Generator<Report> {
  const manager = setting(pool, "pm");
  const at = placeOf(manager);
  const max = maxChildren(pool) ?? 1;
  if (at === null) return;
  yield {
    ...shared(pool),
    case: "ondemand",
    message: `pool [${pool.name}] serves a site and is ondemand: after a pause it has no workers at all`,
    at,
    label: "begins with none",
    related: [],
    effect: "the first requests after a pause wait for their workers to be forked",
    help: helpText([
      [
        write(host, manager, "pm = dynamic"),
        write(host, setting(pool, "pm.start_servers"), `pm.start_servers = ${Math.ceil(max / 4)}`),
        write(host, setting(pool, "pm.min_spare_servers"), `pm.min_spare_servers = ${Math.ceil(max / 8)}`),
        write(host, setting(pool, "pm.max_spare_servers"), `pm.max_spare_servers = ${Math.ceil(max / 2)}`),
      ],
    ]),
  };
}

function shared(pool: Pool): Pick<Report, "certain" | "settle" | "link" | "names"> {
  return { certain: true, settle: null, link: [], names: [pool.name] };
}
