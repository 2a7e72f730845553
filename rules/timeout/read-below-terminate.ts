import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import {
  certainty,
  furtherLocations,
  poolKey,
  relatedValues,
  sourceOf,
} from "../../src/evidence/grouping.js";
import { linkOf, namesOf, showMs, shown, showSeconds } from "../../src/evidence/pairs.js";
import {
  type Limits,
  limits,
  longestRead,
  ownPools,
  readLimit,
  suitsAll,
  TOLERATED,
} from "../../src/evidence/timeouts.js";
import { helpOf, write } from "../../src/help/edit.js";
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

type Case = "held-long" | "no-limit";

export const readBelowTerminate = defineRule({
  id: "timeout/read-below-terminate",
  about: "host",
  cases: {
    "held-long": {
      severity: "warning",
      symptom,
      summary: "nginx gives up long before PHP-FPM does, and the worker stays busy",
    },
    "no-limit": {
      severity: "info",
      symptom,
      summary: "nginx gives up, and the pool has no limit at all",
    },
  },
  docs: {
    title: "fastcgi_read_timeout far below request_terminate_timeout",
    fires: [
      markdown`
        a pool's \`request_terminate_timeout\` is more than 1.5 times the effective
        \`fastcgi_read_timeout\` of a location that uses it
      `,
      "the pool has no limit, which is the default (info, once for each pool)",
    ],
    silent: [
      "`fastcgi_read_timeout` ≤ `request_terminate_timeout` ≤ 1.5 × `fastcgi_read_timeout`",
      "PHP-FPM is the first to give up (see `timeout/terminate-below-read`)",
      "`fastcgi_read_timeout` is 0",
      "the location only serves the pool's status or ping page",
    ],
    why: markdown`
      After a \`504 Gateway Time-out\` the script keeps running: PHP only notices that nobody is listening
      when it writes. Its worker takes no other request until the script ends or
      \`request_terminate_timeout\` ends it. When a database hangs, each reload in a browser costs one
      more worker, until \`pm.max_children\` is reached and the whole pool hangs.
    `,
    instead: markdown`
      Set \`request_terminate_timeout\` between \`fastcgi_read_timeout\` and 1.5 times that. Where a few
      locations need far more time than the others, give them a pool of their own.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_read_timeout",
      "https://www.php.net/manual/en/install.fpm.configuration.php#request-terminate-timeout",
    ],
    twins: { bad: "bad-held-long", ok: "ok-between" },
  },
  *check(host) {
    const all = [...limits(host)];
    const long = all.filter(({ read, terminate }) => terminate.value * 1000 > read.value * TOLERATED);
    const key = (pair: Limits): string => `${poolKey(pair)} ${pair.target.assumed}`;
    for (const group of groupBy(long, (pair) => `${sourceOf(pair.read)} ${key(pair)}`))
      yield* heldLong(host, all, group);
    const endless = all.filter(({ terminate }) => terminate.value === 0);
    for (const group of groupBy(endless, key)) yield* noLimit(host, all, group);
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
    effect: `a request that takes longer than ${showMs(read.value)} ends as 504 Gateway Time-out, and its worker stays busy for nobody until ${showSeconds(terminate.value)}`,
    help: helpLong(host, all, group),
  };
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
    effect: `after a 504 Gateway Time-out at ${showMs(read.value)} the worker stays busy until the script ends by itself`,
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
    ...certainty(first),
    link: linkOf(first),
    names: namesOf(first.binding, first.pool),
  };
}
