import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { furtherLocations, poolKey, relatedValues, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, showMs, shown, showSeconds } from "../../src/evidence/pairs.js";
import {
  chosenExecutionTimes,
  type Limits,
  limitCertainty,
  limits,
  limitsWithoutMain,
  longestRead,
  ownPools,
  readLimit,
  suitsAll,
  TOLERATED,
  type WrittenTime,
} from "../../src/evidence/timeouts.js";
import { helpOf, write } from "../../src/help/edit.js";
import { writeExecutionTime } from "../../src/help/execution-time.js";
import { writeForLocations } from "../../src/help/locations.js";
import type { Host } from "../../src/model/host.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

type Group = readonly [Limits, ...Limits[]];

const symptom = {
  when: "slow-request",
  status: 504,
  log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
} as const;

type Case = "held-long" | "below-execution" | "no-limit";

export const readBelowTerminate = defineRule({
  id: "timeout/read-below-terminate",
  about: "host",
  alike: true,
  cases: {
    "held-long": {
      severity: "warning",
      symptom,
      summary: "nginx gives up long before PHP-FPM does, and the worker stays busy",
    },
    "below-execution": {
      severity: "warning",
      symptom,
      summary: "nginx gives up before a written max_execution_time, and the pool has no limit",
    },
    "no-limit": {
      severity: "info",
      symptom,
      summary: "nginx gives up, and the pool has no limit at all",
    },
  },
  docs: {
    title: "nginx gives up long before PHP does",
    fires: [
      markdown`
        a pool's \`request_terminate_timeout\` is more than 1.5 times the effective
        \`fastcgi_read_timeout\` of a location that uses it
      `,
      markdown`
        the pool has no limit, and a \`max_execution_time\` that somebody wrote is longer than the effective
        \`fastcgi_read_timeout\`, written or not: one of the two is not what was meant
      `,
      "the pool has no limit, which is the default (info, once for each pool)",
    ],
    silent: [
      "`fastcgi_read_timeout` ≤ `request_terminate_timeout` ≤ 1.5 × `fastcgi_read_timeout`",
      "PHP-FPM is the first to give up (see `timeout/terminate-below-read`)",
      markdown`
        \`max_execution_time\` is 0, or the 30 seconds that are PHP's default and in every php.ini
      `,
      "`fastcgi_read_timeout` is 0",
      "the location only serves the pool's status or ping page",
    ],
    why: markdown`
      After a \`504 Gateway Time-out\` the script keeps running: PHP only notices that nobody is listening
      when it writes. Its worker takes no other request until the script ends or
      \`request_terminate_timeout\` ends it. When a database hangs, each reload in a browser costs one
      more worker, until \`pm.max_children\` is reached and the whole pool hangs. Who writes
      \`max_execution_time = 600\` wants requests to take that long, and with \`fastcgi_read_timeout 180s\`
      none does.
    `,
    instead: markdown`
      Set \`request_terminate_timeout\` between \`fastcgi_read_timeout\` and 1.5 times that. Where a few
      locations need far more time than the others, give them a pool of their own. Keep
      \`max_execution_time\` at or below both.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_read_timeout",
      "https://www.php.net/manual/en/install.fpm.configuration.php#request-terminate-timeout",
      "https://www.php.net/manual/en/info.configuration.php#ini.max-execution-time",
    ],
    twins: { bad: "bad-held-long", ok: "ok-between" },
  },
  *check(host) {
    const all = [...limits(host)];
    const long = [...all, ...limitsWithoutMain(host)].filter(
      ({ read, terminate }) => terminate.value * 1000 > read.value * TOLERATED,
    );
    const key = (pair: Limits): string => `${poolKey(pair)} ${pair.target.assumed}`;
    for (const group of groupBy(long, (pair) => `${sourceOf(pair.read)} ${key(pair)}`))
      yield* heldLong(host, all, group);
    const endless = all.filter(({ terminate }) => terminate.value === 0);
    const chosen = chosenExecutionTimes(host);
    const cut = endless.flatMap((pair): Cut[] => {
      const execution = chosen(pair);
      return execution !== null && execution.value * 1000 > pair.read.value ? [{ ...pair, execution }] : [];
    });
    const sources = (pair: Cut): string => `${sourceOf(pair.read)} ${sourceOf(pair.execution)} ${key(pair)}`;
    for (const group of groupBy(cut, sources)) yield belowExecution(host, all, group);
    const told = new Set(cut.map(({ pool }) => pool));
    for (const group of groupBy(endless, key)) if (!told.has(group[0].pool)) yield* noLimit(host, all, group);
  },
});

function* heldLong(host: Host, all: readonly Limits[], group: Group): Generator<Draft<Case>> {
  const [first] = group;
  const { read, terminate } = first;
  const runs = `PHP-FPM lets the request run for ${showSeconds(terminate.value)}`;
  const gives = `nginx gives up after ${shown(read, showMs)}`;
  const nginxFirst = read.kind === "set";
  const at = placeOf(nginxFirst ? read : terminate);
  if (at === null) return;
  yield {
    ...common(first),
    case: "held-long",
    message: `${gives}, but ${runs}`,
    at,
    label: nginxFirst ? gives : runs,
    related: nginxFirst
      ? [
          ...relatedValues(
            [first],
            () => terminate,
            () => runs,
          ),
          ...furtherLocations(group),
        ]
      : relatedValues(
          group,
          (pair) => pair.read,
          () => gives,
        ),
    ...seenByClients(
      `a request that takes longer than ${showMs(read.value)} ends as 504 Gateway Time-out, and its worker stays busy for nobody until ${showSeconds(terminate.value)}`,
      group.map(({ binding }) => binding),
    ),
    help: helpLong(host, all, group),
  };
}

/** A written limit of PHP that nginx does not wait for. */
interface Cut extends Limits {
  readonly execution: WrittenTime;
}

function belowExecution(host: Host, all: readonly Limits[], group: readonly [Cut, ...Cut[]]): Draft<Case> {
  const [first] = group;
  const { read, execution, pool } = first;
  const gives = `nginx gives up after ${shown(read, showMs)}`;
  const allows = `max_execution_time is ${showSeconds(execution.value)}`;
  const nginxFirst = read.kind === "set";
  return {
    ...common(first),
    case: "below-execution",
    message: `${gives}, but ${allows} in pool [${pool.name}]`,
    at: nginxFirst ? read.place : execution.place,
    label: nginxFirst ? gives : allows,
    related: nginxFirst
      ? [{ place: execution.place, message: allows }, ...furtherLocations(group)]
      : relatedValues(
          group,
          (pair) => pair.read,
          () => gives,
        ),
    ...seenByClients(
      `a request that takes longer than ${showMs(read.value)} ends as 504 Gateway Time-out, and its worker stays busy for nobody until the script ends`,
      group.map(({ binding }) => binding),
    ),
    help: helpCut(host, all, group),
  };
}

/** Either time may be the one that was meant, and the pool gets a limit that suits it. */
function helpCut(host: Host, all: readonly Limits[], group: readonly [Cut, ...Cut[]]): HelpDraft {
  const [{ read, execution, terminate, pool }] = group;
  const real = Math.max(1, Math.floor(read.value / 1000));
  const alone = all.every((one) => one.pool !== pool || sourceOf(one.read) === sourceOf(read));
  const limit = (seconds: number): readonly (Edit | null)[] =>
    alone ? [write(host, terminate, `request_terminate_timeout = ${behind(seconds)}s`)] : [];
  const slow = `fastcgi_read_timeout ${execution.value}s; # if these requests are meant to be slow`;
  const quick = ` ; if ${showMs(read.value)} is the real limit`;
  return helpOf([
    [...writeForLocations(host, group, all, readLimit, slow), ...limit(execution.value)],
    [writeExecutionTime(host, pool, execution, real, quick), ...limit(real)],
  ]);
}

/** Late enough for PHP's own limit to come first, and soon enough after nginx has given up. */
function behind(seconds: number): number {
  const late = Math.ceil((seconds * 4) / 3);
  return late <= seconds * TOLERATED ? late : seconds;
}

function* noLimit(host: Host, all: readonly Limits[], group: Group): Generator<Draft<Case>> {
  const sorted = [...group].sort((a, b) => a.read.value - b.read.value);
  const shortest = sorted[0] ?? group[0];
  const { read, terminate, pool } = shortest;
  const at = placeOf(terminate);
  if (at === null) return;
  const gives = (pair: Limits): string => `nginx gives up after ${shown(pair.read, showMs)}`;
  yield {
    ...common(group[0]),
    case: "no-limit",
    message: `${gives(shortest)}, but pool [${pool.name}] lets a request run without limit: request_terminate_timeout is ${shown(terminate, String)}`,
    at,
    label: "PHP keeps working for nobody, and the worker stays busy",
    related: relatedValues(group, (pair) => pair.read, gives),
    ...seenByClients(
      `after a 504 Gateway Time-out at ${showMs(read.value)} the worker stays busy until the script ends by itself`,
      group.map(({ binding }) => binding),
    ),
    help: helpLimit(host, all, group[0]),
  };
}

function helpLong(host: Host, all: readonly Limits[], group: Group): HelpDraft {
  const [{ read, terminate, pool }] = group;
  const enough = suitsAll(all, pool);
  const quick = `request_terminate_timeout = ${enough}s ; if ${showMs(read.value)} is the real limit`;
  const slow = `fastcgi_read_timeout ${showSeconds(terminate.value)}; # if these requests are meant to be slow`;
  return helpOf(
    [
      enough === null ? null : [write(host, terminate, quick)],
      writeForLocations(host, group, all, readLimit, slow),
    ],
    enough === null ? ownPools(group[0]) : null,
  );
}

function helpLimit(host: Host, all: readonly Limits[], { terminate, pool, ...pair }: Limits): HelpDraft {
  const enough = suitsAll(all, pool);
  if (enough !== null) return helpOf([[write(host, terminate, `request_terminate_timeout = ${enough}s`)]]);
  // What suits all of them also takes one limit in nginx.
  const longest = longestRead(all, pool);
  const short = all.filter((one) => one.pool === pool && one.read.value * TOLERATED < longest * 1000);
  const longer = writeForLocations(
    host,
    short,
    all,
    readLimit,
    `fastcgi_read_timeout ${longest}s; # if these requests may take as long as the others`,
  );
  return helpOf(
    [[write(host, terminate, `request_terminate_timeout = ${longest}s`), ...longer]],
    ownPools({ pool, ...pair }),
  );
}

function common(first: Limits): Pick<Draft, "settle" | "link" | "names"> {
  return {
    ...limitCertainty(first),
    link: linkOf(first),
    names: namesOf(first.binding, first.pool),
  };
}
