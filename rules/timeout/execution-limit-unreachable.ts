import { defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import { seenByClientsOf } from "../../src/evidence/asked.js";
import { certainty, type Known, sourceOf } from "../../src/evidence/grouping.js";
import { namesOf, type Pair, pairs, showSeconds } from "../../src/evidence/pairs.js";
import { readLimit, limits as timeouts } from "../../src/evidence/timeouts.js";
import { phpValue, seconds } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, inWords, write } from "../../src/help/edit.js";
import { writeExecutionTime } from "../../src/help/execution-time.js";
import { writeForLocations } from "../../src/help/locations.js";
import type { Host } from "../../src/model/host.js";
import { requestValues } from "../../src/model/request/php-settings.js";
import { phpDefault } from "../../src/php/facts.js";
import { groupBy } from "../../src/source/collect.js";
import { type Effective, placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

/** Both limits in seconds, above 0. */
interface Limits {
  readonly pool: Pool;
  /** `null`: no location of the host leads to the pool. */
  readonly pair: Pair | null;
  readonly terminate: Known<number>;
  readonly execution: Known<number>;
}

export const executionLimitUnreachable = defineRule({
  id: "timeout/execution-limit-unreachable",
  about: "host",
  alike: true,
  cases: {
    unreachable: {
      severity: "info",
      symptom: { when: "slow-request", status: 502, log: "execution timed out (" },
      summary: "max_execution_time at or above request_terminate_timeout",
    },
    contradictory: {
      severity: "warning",
      symptom: { when: "slow-request", status: 502, log: "execution timed out (" },
      summary: "a written max_execution_time above request_terminate_timeout",
    },
  },
  docs: {
    title: "PHP-FPM kills a script before PHP's own limit ends it",
    fires: [
      markdown`
        the \`max_execution_time\` that applies in a pool (from \`PHP_VALUE\`, the pool or php.ini, else
        30) is at or above the pool's \`request_terminate_timeout\`
      `,
      markdown`
        somebody wrote a \`max_execution_time\` above it, which is a warning: one of the two limits is not what
        was meant
      `,
    ],
    silent: ["either is 0, which means no limit", "no php.ini is known"],
    what: "What a script sets with `set_time_limit()` is not seen.",
    why: markdown`
      PHP's own limit ends a script with an error that names file and line, runs its shutdown functions
      and answers 500. When PHP-FPM kills the worker first, none of that happens: the client gets \`502
      Bad Gateway\`, and only PHP-FPM's log says \`execution timed out\`. \`max_execution_time\` counts
      the CPU time of the script, not the time it waits for a database, so a script that waits reaches it
      even later. PHP-FPM checks its workers three times in each \`request_terminate_timeout\`. So when
      \`max_execution_time\` is less than a third above it, a script that does nothing but compute may
      still end by PHP's limit. From there on none does.
    `,
    instead: markdown`
      Keep \`max_execution_time\` below \`request_terminate_timeout\`: 30 and \`request_terminate_timeout
      = 60s\`, for instance.
    `,
    references: [
      "https://www.php.net/manual/en/info.configuration.php#ini.max-execution-time",
      "https://www.php.net/manual/en/install.fpm.configuration.php#request-terminate-timeout",
    ],
  },
  *check(host) {
    const found = [...limits(host)].filter(({ terminate, execution }) => execution.value >= terminate.value);
    const key = ({ pool, pair, execution }: Limits): string =>
      `${host.pools.indexOf(pool)} ${sourceOf(execution)} ${pair?.target.assumed}`;
    for (const [first] of groupBy(found, key)) {
      const { terminate, execution, pool, pair } = first;
      const [at, other] = [placeOf(terminate), placeOf(execution)];
      if (at === null) continue;
      const own = `${execution.value}s${execution.kind === "default" ? " (the default)" : ""}`;
      yield {
        case: contradicts(first) ? "contradictory" : "unreachable",
        ...(pair === null ? { certain: true, settle: null } : certainty(pair)),
        message: `PHP-FPM kills a request of pool [${pool.name}] after ${showSeconds(terminate.value)}, and max_execution_time is ${own}, so PHP's own limit ${late(first)}`,
        at,
        label: "the worker is killed first",
        related: other === null ? [] : [{ place: other, message: `max_execution_time is ${own}` }],
        ...seenByClientsOf(
          host,
          [pool],
          `a script that runs longer than ${showSeconds(terminate.value)} ends as 502 Bad Gateway, without PHP's error and without its shutdown functions`,
        ),
        help: help(host, first),
        names: pair === null ? [pool.name] : namesOf(pair.binding, pool),
      };
    }
  },
});

/** PHP-FPM kills between the limit and 4/3 of it, at its next check of the workers. */
function late({ terminate, execution }: Limits): string {
  return execution.value * 3 >= terminate.value * 4
    ? "is never reached"
    : "is reached only by a script that never waits, if at all";
}

/** Whether the limit of PHP was written to be longer, and is not the one that every php.ini comes with. */
function contradicts({ terminate, execution }: Limits): boolean {
  return execution.kind === "set" && execution.value > terminate.value && execution.value !== STOCK;
}

const STOCK = Number(phpDefault("max_execution_time"));

function help(host: Host, found: Limits): HelpDraft {
  const { pool, terminate, execution } = found;
  const less = Math.floor(terminate.value / 2);
  const lower = less < 1 ? null : [writeExecutionTime(host, pool, execution, less)];
  if (contradicts(found)) return helpOf([longer(host, found), lower]);
  const note = "raise request_terminate_timeout, and nginx's fastcgi_read_timeout with it";
  const { ways } = helpOf([lower]);
  return ways.length === 0 ? inWords(note) : { ways, notes: [`or ${note}`] };
}

/** A request_terminate_timeout with which PHP's limit comes first, and nginx waiting for as long. */
function longer(host: Host, { pool, terminate, execution }: Limits): readonly (Edit | null)[] {
  const enough = Math.ceil((execution.value * 4) / 3) + 1;
  const all = [...timeouts(host)];
  const short = all.filter((one) => one.pool === pool && one.read.value < enough * 1000);
  return [
    write(host, terminate, `request_terminate_timeout = ${enough}s`),
    ...(short.length === 0
      ? []
      : writeForLocations(host, short, all, readLimit, `fastcgi_read_timeout ${enough}s;`)),
  ];
}

function* limits(host: Host): Generator<Limits> {
  const executionTime = requestValues(host, "max_execution_time");
  const used = new Set<Pool>();
  for (const pair of pairs(host)) {
    used.add(pair.pool);
    yield* both(host, pair.pool, pair, executionTime(pair.binding, pair.pool));
  }
  for (const pool of host.pools)
    if (!used.has(pool)) yield* both(host, pool, null, phpValue(pool, "max_execution_time"));
}

function* both(
  host: Host,
  pool: Pool,
  pair: Pair | null,
  execution: Effective<string | null>,
): Generator<Limits> {
  const terminate = seconds(pool, "request_terminate_timeout");
  if (terminate.kind !== "set" || terminate.value === null || terminate.value <= 0) return;
  if (execution.kind === "unknown" || !/^\s*\d+\s*$/.test(execution.value ?? "")) return;
  // Without any php.ini in the tree the default is only certain where one could not be missing.
  if (execution.kind === "default" && pool.master.ini.files.length === 0 && !host.whole) return;
  const limit = Number(execution.value);
  if (limit <= 0) return;
  yield {
    pool,
    pair,
    terminate: { ...terminate, value: terminate.value },
    execution: { ...execution, value: limit },
  };
}
