import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { furtherLocations, poolKey, relatedValues, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, showMs, shown, showSeconds } from "../../src/evidence/pairs.js";
import {
  type Limits,
  limitCertainty,
  limits,
  limitsWithoutMain,
  ownPools,
  readLimit,
  suitsAll,
} from "../../src/evidence/timeouts.js";
import { helpOf, write } from "../../src/help/edit.js";
import { writeForLocations } from "../../src/help/locations.js";
import type { Host } from "../../src/model/host.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

/** PHP-FPM checks its workers every third of the limit, so a request may run that much longer. */
const LATEST = 4 / 3;

type Case = "killed";

export const terminateBelowRead = defineRule({
  id: "timeout/terminate-below-read",
  about: "host",
  alike: true,
  cases: {
    killed: {
      severity: "warning",
      symptom: {
        when: "slow-request",
        status: 502,
        log: "recv() failed (104: Connection reset by peer) while reading response header from upstream",
      },
      summary: "PHP-FPM kills a slow request while nginx still waits for it",
    },
  },
  docs: {
    title: "request_terminate_timeout below fastcgi_read_timeout",
    fires: [
      markdown`
        a pool has a \`request_terminate_timeout\` and a location that uses the pool has a longer
        effective \`fastcgi_read_timeout\` (60s when nothing sets it)
      `,
    ],
    silent: [
      "the pool has no limit (0, negative or not set)",
      "both limits are equal",
      "nginx's limit is the shorter one (see `timeout/read-below-terminate`)",
      "the location only serves the pool's status or ping page",
    ],
    why: markdown`
      PHP-FPM ends the worker with SIGTERM, at some moment between the limit and 4/3 of it, because it
      checks its workers every third of the limit. nginx sees the connection break: \`502 Bad Gateway\`,
      or a response cut in the middle if it had begun. The script's shutdown functions and destructors do
      not run. The two clocks also differ: PHP-FPM counts from the start of the request, nginx from the
      last piece of the response, so a long download is killed although nginx gets its data all the time.
    `,
    instead: markdown`
      Let nginx give up first: \`fastcgi_read_timeout\` ≤ \`request_terminate_timeout\` ≤ 1.5 ×
      \`fastcgi_read_timeout\`. Then a slow request is a clean \`504 Gateway Time-out\`, and its worker is
      free soon after.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#request-terminate-timeout",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_read_timeout",
    ],
    twins: { bad: "bad-location", ok: "ok-equal" },
  },
  *check(host) {
    const all = [...limits(host)];
    const found = [...all, ...limitsWithoutMain(host)].filter(
      ({ read, terminate }) => terminate.value > 0 && terminate.value * 1000 < read.value,
    );
    const key = (pair: Limits): string => `${sourceOf(pair.read)} ${poolKey(pair)} ${pair.target.assumed}`;
    for (const group of groupBy(found, key)) yield* report(host, all, group);
  },
});

type Group = readonly [Limits, ...Limits[]];

function* report(host: Host, all: readonly Limits[], group: Group): Generator<Draft<Case>> {
  const [first] = group;
  const { read, terminate } = first;
  const killed = showSeconds(terminate.value);
  const waits = shown(read, showMs);
  const nginxFirst = read.kind === "set";
  const at = placeOf(nginxFirst ? read : terminate);
  if (at === null) return;
  const killer = `PHP-FPM kills the request after ${killed}`;
  yield {
    case: "killed",
    ...limitCertainty(first),
    message: `${killer}, but nginx would wait ${waits}`,
    at,
    label: nginxFirst ? `nginx is ready to wait ${waits}` : killer,
    link: linkOf(first),
    related: nginxFirst
      ? [
          ...relatedValues(
            [first],
            () => terminate,
            () => killer,
          ),
          ...furtherLocations(group),
        ]
      : relatedValues(
          group,
          (pair) => pair.read,
          () => `nginx would wait ${waits}`,
        ),
    ...seenByClients(
      effect(first),
      group.map(({ binding }) => binding),
    ),
    help: help(host, all, group),
    names: namesOf(first.binding, first.pool),
  };
}

function effect({ read, terminate }: Limits): string {
  const latest = terminate.value * LATEST;
  const slow = `a request that takes longer than ${showSeconds(terminate.value)} is killed by ${showSeconds(latest)} at the latest`;
  return latest * 1000 <= read.value
    ? `${slow} and ends as 502 Bad Gateway, never as 504`
    : `${slow} and ends as 502 Bad Gateway, unless nginx gives up before that`;
}

function help(host: Host, all: readonly Limits[], group: Group): HelpDraft {
  const [{ terminate, pool }] = group;
  const limit = showSeconds(terminate.value);
  const enough = suitsAll(all, pool);
  const slow = `request_terminate_timeout = ${enough}s ; if these requests are meant to be slow`;
  const quick = `fastcgi_read_timeout ${limit}; # if ${limit} is the real limit`;
  return helpOf(
    [
      enough === null ? null : [write(host, terminate, slow)],
      writeForLocations(host, group, all, readLimit, quick),
    ],
    enough === null ? ownPools(group[0]) : null,
  );
}
