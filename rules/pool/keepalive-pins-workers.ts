import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit } from "../../src/engine/help.js";
import { certainty } from "../../src/evidence/grouping.js";
import { type Kept, type KeptGroup, keptByPool } from "../../src/evidence/kept-connections.js";
import { namesOf, pairs } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { addInto, editKey, helpOf, replace } from "../../src/help/edit.js";
import { inEachPlace } from "../../src/help/locations.js";
import type { Host } from "../../src/model/host.js";
import { maxChildren, nginxWorkers } from "../../src/model/pool-size.js";
import { KEEPALIVE_BY_DEFAULT } from "../../src/model/request/upstreams.js";
import { effectiveFlag } from "../../src/nginx/tree/effective.js";
import { headPlace } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

/** A pool whose workers may all be held by idle connections. */
interface Pinned {
  readonly pool: Pool;
  readonly kept: KeptGroup;
  readonly max: number;
  readonly sum: number;
}

const OFF = "fastcgi_keep_conn off;";

type Case = "pinned" | "by-default";

export const keepalivePinsWorkers = defineRule({
  id: "pool/keepalive-pins-workers",
  about: "host",
  mayApply: (host) =>
    [host.nginx?.version ?? null, KEEPALIVE_BY_DEFAULT.since].some(
      (version) => host.nginx !== null && keptByPool(host, host.nginx, version).size > 0,
    ),
  cases: {
    pinned: {
      severity: "warning",
      symptom: {
        when: "saturation",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
      },
      summary: "idle connections of nginx may hold every worker of a pool",
    },
    "by-default": {
      severity: "info",
      symptom: {
        when: "saturation",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
      },
      summary: "the same from nginx 1.29.7 on, where the version is unknown",
    },
  },
  docs: {
    title: "idle connections of nginx hold every worker",
    fires: [
      markdown`
        locations with \`fastcgi_keep_conn on\` reach a pool through upstreams with \`keepalive\`, and
        nginx keeps at least as many connections as the pool's \`pm.max_children\`
      `,
      markdown`
        the version of nginx is unknown, an upstream has no \`keepalive\`, and nginx 1.29.7 or later would
        keep that many
      `,
    ],
    silent: [
      "`fastcgi_keep_conn` is not on",
      "there is no upstream",
      "`keepalive` is 0",
      "a number is unknown",
    ],
    what: markdown`
      The connections that nginx keeps are the sum over these upstreams, times \`worker_processes\`.
      \`worker_processes auto\` counts as 1, and so does an unknown number. The \`keepalive\` of an
      upstream with several servers is divided among them; \`backup\` servers do not count. From nginx
      1.29.7 on an upstream without \`keepalive\` keeps 32: a warning if \`--nginx-version\` says so, an
      info if the version is unknown.
    `,
    why: markdown`
      A worker of PHP-FPM belongs to its connection until that is closed: while nginx keeps it idle, it
      serves nobody else. When all workers are held like this, a request from another worker of nginx, or
      one more at the same time, waits although PHP has nothing to do, until \`504 Gateway Time-out\`.
      After that, an upstream of several servers may answer \`502 Bad Gateway\` with \`no live
      upstreams\`, because nginx treats the servers that timed out as failed.
    `,
    instead: markdown`
      Keep \`keepalive\` × \`worker_processes\` well below \`pm.max_children\`, or do without it: on one
      machine a new connection costs next to nothing.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_keep_conn",
    ],
  },
  *check(host) {
    const { nginx } = host;
    if (nginx === null) return;
    // An unknown number counts as 1: there is at least one.
    const workers = nginxWorkers(nginx) ?? 1;
    const now = pinnedBy(keptByPool(host, nginx), workers);
    const told = new Set(now.map(({ pool }) => pool));
    const later =
      nginx.version === null
        ? pinnedBy(keptByPool(host, nginx, KEEPALIVE_BY_DEFAULT.since), workers).filter(
            ({ pool }) => !told.has(pool),
          )
        : [];
    if (now.length + later.length === 0) return;
    const off = switches(host);
    // The servers of one upstream share its keepalive, which is one line to change.
    for (const [name, pinned] of [
      ["pinned", now],
      ["by-default", later],
    ] as const)
      for (const group of groupBy(pinned, ({ kept }) => kept.map(({ name: upstream }) => upstream).join(" ")))
        yield report(host, name, group, workers, [
          ...new Map(group.flatMap(({ pool }) => [...(off.get(pool) ?? [])])).values(),
        ]);
  },
});

/** The pools of which idle connections may hold every worker. */
function pinnedBy(keptBy: ReadonlyMap<Pool, KeptGroup>, workers: number): readonly Pinned[] {
  return [...keptBy].flatMap(([pool, kept]) => {
    const max = maxChildren(pool);
    const sum = kept.reduce((total, { count }) => total + count, 0);
    return max !== null && sum > 0 && sum * workers >= max ? [{ pool, kept, max, sum }] : [];
  });
}

function report(
  host: Host,
  name: Case,
  [one, ...others]: readonly [Pinned, ...Pinned[]],
  workers: number,
  switchedOff: readonly Edit[],
): Draft<Case> {
  const { pool, kept, max, sum } = one;
  const [first, ...rest] = kept;
  const times = workers === 1 ? "in each worker process of nginx" : `times ${workers} worker_processes`;
  const least = Math.min(max, ...others.map((other) => other.max));
  return {
    case: name,
    ...certainty(first.pair),
    message: `nginx ${name === "pinned" ? "" : `from ${KEEPALIVE_BY_DEFAULT.since} on `}keeps up to ${sum * workers} idle connections to pool [${pool.name}], which has ${max} ${max === 1 ? "worker" : "workers"}: keepalive ${kept.map(term).join(" and ")}, ${times}`,
    at: first.place,
    label: "each idle connection holds a worker of PHP-FPM",
    related: [
      ...[one, ...others].flatMap((each) => {
        const place = placeOf(setting(each.pool, "pm.max_children"));
        return place === null
          ? []
          : [
              {
                place,
                message: `pool [${each.pool.name}] has at most ${each.max} ${each.max === 1 ? "worker" : "workers"}`,
              },
            ];
      }),
      ...rest.map((each) => ({ place: each.place, message: `upstream ${each.name} also leads there` })),
      {
        place: headPlace(first.pair.binding.pass),
        message: `${first.pair.binding.label} keeps connections to it`,
      },
    ],
    effect: "requests wait for workers that do nothing, and end as 504 Gateway Time-out",
    help: helpOf([fewer(host, kept, workers, least), inEachPlace(switchedOff, OFF)]),
    names: namesOf(first.pair.binding, pool),
  };
}

function term({ count, name, isDefault, members }: Kept): string {
  const shared = members === 1 ? "" : `, its part among ${members} servers`;
  return `${count}${isDefault ? " (the default)" : ""} of upstream ${name}${shared}`;
}

/** At most half of the workers, over all upstreams. `null`: there is not even one connection for each. */
function fewer(host: Host, kept: KeptGroup, workers: number, max: number): readonly Edit[] | null {
  const each = Math.floor((max - 1) / 2 / workers / kept.length);
  if (each < 1) return null;
  return kept.map((one) =>
    one.isDefault
      ? addInto(host, one.place, `keepalive ${each};`)
      : replace(host, one.place, `keepalive ${each};`),
  );
}

/** For each pool the edits that switch keeping off in its locations, by where they go. */
function switches(host: Host): ReadonlyMap<Pool, ReadonlyMap<string, Edit>> {
  const found = new Map<Pool, Map<string, Edit>>();
  for (const { binding, pool } of pairs(host)) {
    const keeps = effectiveFlag(binding.block, "fastcgi_keep_conn");
    if (keeps.kind !== "set" || !keeps.value) continue;
    const edit = replace(host, keeps.place, OFF);
    found.set(pool, (found.get(pool) ?? new Map<string, Edit>()).set(editKey(edit), edit));
  }
  return found;
}
