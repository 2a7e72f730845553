import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { OptionsSchema } from "../../src/engine/rule.js";
import { alsoPools, andMore } from "../../src/evidence/alike.js";
import { seenByClientsOf } from "../../src/evidence/asked.js";
import { shown } from "../../src/evidence/pairs.js";
import { integer, setting } from "../../src/fpm/pools.js";
import { takesKey } from "../../src/fpm/settings/facts.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, inPlace, write } from "../../src/help/edit.js";
import { MOST } from "../../src/help/locations.js";
import type { Host } from "../../src/model/host.js";
import {
  type Growth,
  growthOf,
  maxChildren,
  processManager,
  secondsToGrow,
  workersPerSecond,
} from "../../src/model/pool-size.js";
import { known, placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

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
      default: 12,
      description: "how long a dynamic pool may take to reach pm.max_children",
    },
  },
};

const symptom = {
  when: "saturation",
  status: 504,
  log: "seems busy (you may need to increase pm.start_servers, or pm.min/max_spare_servers)",
} as const;

type Case = "dynamic" | "ondemand";

export const slowRamp = defineRule({
  id: "pool/slow-ramp",
  about: "host",
  alike: true,
  asksDisk: true,
  cases: {
    dynamic: {
      severity: "info",
      symptom,
      summary: "a dynamic pool that needs many seconds to reach pm.max_children",
    },
    ondemand: {
      severity: "info",
      symptom: { when: "saturation", status: 504, log: null },
      summary: "a site on an ondemand pool, which starts every burst without workers",
    },
  },
  docs: {
    title: "a pool that grows slowly",
    fires: [
      markdown`
        a \`dynamic\` pool needs more seconds than the option \`seconds\` to grow from
        \`pm.start_servers\` to \`pm.max_children\` while all its workers are busy
      `,
      markdown`
        pools with \`pm = ondemand\` and room for more than one worker take the requests of nginx's
        locations; one report for each master
      `,
    ],
    silent: ["the pool is static", "nothing in the tree's nginx uses the pool", "a number is unknown"],
    why: markdown`
      Once a second, PHP-FPM checks whether fewer than \`pm.min_spare_servers\` workers are idle. If so,
      it starts 1 worker, 2 a second later, 4 and so on, but never more at once than are missing to
      \`pm.min_spare_servers\`, nor does it double beyond \`pm.max_spawn_rate\`. With the sample's
      \`pm.min_spare_servers = 1\` a pool grows by one worker a second: a burst meets the few workers of
      the start, and the rest waits in the backlog, until \`504 Gateway Time-out\` when it waits longer
      than \`fastcgi_read_timeout\`.

      An ondemand pool starts with none and forks a worker when a connection comes in, but not while one
      that it has just forked has nothing to do yet. In tests, twelve requests at once got between five
      and nine workers out of twelve, and no more later, while the rest waited.
    `,
    instead: markdown`
      Raise \`pm.min_spare_servers\` and \`pm.start_servers\` (try an eighth and a quarter of
      \`pm.max_children\`), or use \`pm = static\` for a busy pool.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#pm.min-spare-servers",
      "https://www.php.net/manual/en/install.fpm.configuration.php#pm.max-spawn-rate",
    ],
  },
  options,
  proof: { kind: "daemons", observe: { dynamic: "pool-not-full", ondemand: "pool-begins-empty" } },
  *check(host, { seconds }: Options) {
    const { used } = host;
    // Whether there is an nginx is asked last, for that needs all of its files.
    const busy = host.pools.filter((pool) => used.has(pool) || (used.size === 0 && host.nginx === null));
    for (const pool of busy) if (processManager(pool) === "dynamic") yield* dynamic(host, pool, seconds);
    for (const { pools } of host.masters) {
      const sites = pools.filter((pool) => used.has(pool) && (maxChildren(pool) ?? 0) > 1);
      yield* ondemand(
        host,
        sites.filter((pool) => processManager(pool) === "ondemand"),
        seconds,
      );
    }
  },
});

function* dynamic(host: Host, pool: Pool, limit: number): Generator<Draft<Case>> {
  const growth = growthOf(pool);
  const takes = growth === null ? 0 : secondsToGrow(growth);
  if (growth === null || takes <= limit) return;
  const { start, max, spare, rate } = growth;
  const most = workersPerSecond(growth);
  const key = most < spare ? "pm.max_spawn_rate" : "pm.min_spare_servers";
  const value = integer(pool, key);
  const at = placeOf(value);
  const place = placeOf(setting(pool, "pm.max_children"));
  if (at === null || value.kind === "unknown") return;
  const told = shown(value, () => String(most < spare ? rate : spare));
  yield {
    ...shared(pool),
    case: "dynamic",
    message: `pool [${pool.name}] needs about ${takes}s to grow from ${start} to ${max} workers: ${key} is ${told}, so it starts at most ${most} a second`,
    at,
    label: `at most ${most} a second`,
    related: place === null ? [] : [{ place, message: `${max} workers at most` }],
    ...seenByClientsOf(
      host,
      [pool],
      `a burst of requests meets ${start} ${start === 1 ? "worker" : "workers"}; the others wait for up to ${takes}s, or for 504 Gateway Time-out`,
    ),
    help: helpOf([faster(host, pool, growth, limit), [write(host, setting(pool, "pm"), "pm = static")]]),
  };
}

/** Parts of `pm.max_children`: to start with, to keep idle at least, and at most. The smallest first. */
const PARTS = [
  [1 / 4, 1 / 8, 1 / 2],
  [1 / 2, 1 / 4, 3 / 4],
  [3 / 4, 1 / 2, 7 / 8],
] as const;

/** The counts with which the pool is full in time, never fewer than it has. `null`: there are none. */
function faster(host: Host, pool: Pool, growth: Growth, limit: number): Parameters<typeof helpOf>[0][0] {
  const part = (of: number): number => Math.ceil(growth.max * of);
  for (const [begin, least, most] of PARTS) {
    const start = Math.max(growth.start, part(begin));
    const spare = Math.max(growth.spare, part(least));
    const rate = mayRaise(pool) ? Math.max(growth.rate, spare) : growth.rate;
    if (secondsToGrow({ ...growth, start, spare, rate }) > limit) continue;
    const idle = Math.max(known(integer(pool, "pm.max_spare_servers")) ?? 0, part(most), start, spare);
    const line = (key: string, value: number) =>
      known(integer(pool, key)) === value ? [] : [write(host, integer(pool, key), `${key} = ${value}`)];
    return [
      ...line("pm.min_spare_servers", spare),
      ...line("pm.start_servers", start),
      ...line("pm.max_spare_servers", Math.min(idle, growth.max)),
      ...(rate > growth.rate && growth.rate < spare ? line("pm.max_spawn_rate", rate) : []),
    ];
  }
  return null;
}

/** A setting that this PHP-FPM does not know would keep it from starting. */
function mayRaise({ master, settings }: Pool): boolean {
  const key = "pm.max_spawn_rate";
  if (settings.some((one) => one.key === key)) return true;
  return master.phpVersion !== null && takesKey(key, "pool", master.phpVersion);
}

function* ondemand(host: Host, [first, ...others]: readonly Pool[], limit: number): Generator<Draft<Case>> {
  if (first === undefined) return;
  const at = placeOf(setting(first, "pm"));
  if (at === null) return;
  yield {
    ...shared(first),
    case: "ondemand",
    message:
      others.length === 0
        ? `pool [${first.name}] is ondemand and serves a site: after a pause it has no workers at all`
        : `pool [${first.name}]${andMore(others)} are ondemand and serve sites: after a pause they have no workers at all`,
    at,
    label: "starts with no workers",
    related: alsoPools(others.map((pool) => ({ pool, value: setting(pool, "pm") }))),
    effect:
      "a burst after a pause gets fewer workers than the pool allows, and the other requests wait for them",
    help: instead(host, [first, ...others], limit),
  };
}

function instead(host: Host, pools: readonly Pool[], limit: number): HelpDraft {
  if (pools.length <= MOST) return helpOf([pools.flatMap((pool) => dynamicInstead(host, pool, limit))]);
  return helpOf(
    [[inPlace(`each busy pool among these ${pools.length}`, "pm = dynamic")]],
    "Also set pm.start_servers, pm.min_spare_servers and pm.max_spare_servers: a quarter, an eighth and a half of pm.max_children.",
  );
}

/** Static where a dynamic pool of that size would not be full in time either. */
function dynamicInstead(host: Host, pool: Pool, limit: number): readonly ReturnType<typeof write>[] {
  const max = maxChildren(pool) ?? 1;
  const [begin, least, most] = PARTS[0].map((part) => Math.ceil(max * part)) as [number, number, number];
  const rate = known(integer(pool, "pm.max_spawn_rate")) ?? 1;
  const manager = setting(pool, "pm");
  if (secondsToGrow({ start: begin, max, spare: least, rate }) > limit)
    return [write(host, manager, "pm = static")];
  const counts = { start_servers: begin, min_spare_servers: least, max_spare_servers: most };
  return [
    write(host, manager, "pm = dynamic"),
    ...Object.entries(counts).map(([key, count]) =>
      write(host, setting(pool, `pm.${key}`), `pm.${key} = ${count}`),
    ),
  ];
}

function shared(pool: Pool): Pick<Draft, "settle" | "link" | "names"> {
  return { names: [pool.name] };
}
