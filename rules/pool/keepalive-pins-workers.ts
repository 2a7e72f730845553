import { namesOf, type Pair, pairs } from "../../src/engine/evidence.js";
import { type Edit, helpText, replace } from "../../src/engine/help.js";
import { noOptions, type Report, type Rule } from "../../src/engine/rule.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import type { Host, NginxHost } from "../../src/model/host.js";
import { maxChildren, nginxWorkers } from "../../src/model/pool-size.js";
import { readUpstreams } from "../../src/model/upstreams.js";
import { effectiveFlag } from "../../src/nginx/effective.js";
import { argument, argumentPlace, childrenNamed, headPlace } from "../../src/nginx/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { isSince } from "../../src/nginx/version.js";
import { placeOf } from "../../src/source/effective.js";
import type { Place } from "../../src/source/file.js";

/** An upstream whose idle connections to a pool are kept. */
interface Kept {
  readonly name: string;
  /** Idle connections that each worker of nginx keeps to this pool at most. */
  readonly count: number;
  /** The number in `keepalive`, or the upstream where it would go. */
  readonly place: Place;
  readonly isDefault: boolean;
  readonly pair: Pair;
}

type Group = readonly [Kept, ...Kept[]];

/** What nginx keeps since 1.29.7 where no `keepalive` is written; seen in 1.31.4. */
const DEFAULT = { since: "1.29.7", count: 32 };

export const keepalivePinsWorkers: Rule = {
  id: "pool/keepalive-pins-workers",
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
  },
  docs: {
    title: "connections that nginx keeps hold every worker",
    what: "Fires when locations with `fastcgi_keep_conn on` reach a pool through upstreams with `keepalive`, and the connections that nginx keeps, the sum over these upstreams times `worker_processes`, are not below the pool's `pm.max_children`. `worker_processes auto` counts as 1. The `keepalive` of an upstream with several servers is divided among them. From nginx 1.29.7 on (`--nginx-version`) an upstream without `keepalive` keeps 32.\n\nSilent without `fastcgi_keep_conn on`, without an upstream, for `keepalive 0`, and where a number is not known.",
    why: "A worker of PHP-FPM belongs to its connection until that is closed: while nginx keeps it idle, it serves nobody else. When all workers are held so, a request of another worker of nginx, or one more at the same time, waits although PHP has nothing to do, until `504 Gateway Time-out`.",
    instead:
      "Keep `keepalive` × `worker_processes` well below `pm.max_children`, or do without: on one machine a new connection costs next to nothing.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_keep_conn",
    ],
  },
  options: noOptions,
  proof: { kind: "daemons" },
  *check(host) {
    const { nginx } = host;
    const workers = nginx === null ? null : nginxWorkers(nginx);
    if (nginx === null || workers === null) return;
    for (const [pool, kept] of keptByPool(host, nginx)) {
      const max = maxChildren(pool);
      const sum = kept.reduce((total, { count }) => total + count, 0);
      if (max !== null && sum > 0 && sum * workers >= max) yield report(host, pool, kept, workers, max);
    }
  },
};

function keptByPool(host: Host, nginx: NginxHost): ReadonlyMap<Pool, Group> {
  const groups = readUpstreams(childrenNamed(nginx.root, "http"));
  const found = new Map<Pool, Group>();
  for (const pair of pairs(host)) {
    const { binding, target, pool } = pair;
    const keeps = effectiveFlag(binding.block, "fastcgi_keep_conn");
    const group = target.upstream === null ? undefined : groups.get(target.upstream.toLowerCase());
    if (keeps.kind !== "set" || !keeps.value || group === undefined || target.assumed) continue;
    const kept = keptBy(group, nginx);
    const known = found.get(pool);
    if (kept === null || known?.some(({ name }) => name === target.upstream) === true) continue;
    const members = binding.targets.filter((one) => one.upstream === target.upstream && !one.down).length;
    const count = Math.floor(kept.count / members);
    const one = { ...kept, name: target.upstream ?? "", count, pair };
    found.set(pool, known === undefined ? [one] : [...known, one]);
  }
  return found;
}

function keptBy(group: Node, { version }: NginxHost): Pick<Kept, "count" | "place" | "isDefault"> | null {
  const written = childrenNamed(group, "keepalive").at(-1);
  if (written === undefined) {
    const keeps = !group.partial && version !== null && isSince(version, DEFAULT.since);
    return keeps ? { count: DEFAULT.count, place: headPlace(group), isDefault: true } : null;
  }
  const text = argument(written, 0) ?? "";
  return /^\d+$/.test(text) && Number(text) > 0
    ? { count: Number(text), place: argumentPlace(written, 0), isDefault: false }
    : null;
}

function report(host: Host, pool: Pool, kept: Group, workers: number, max: number): Report {
  const [first, ...rest] = kept;
  const sum = kept.reduce((total, { count }) => total + count, 0);
  const terms = kept.map(
    ({ count, name, isDefault }) => `${count}${isDefault ? " (the default)" : ""} of upstream ${name}`,
  );
  const place = placeOf(setting(pool, "pm.max_children"));
  const fewer = Math.floor((max - 1) / 2 / workers / kept.length);
  const edits = kept.map((one) => (one.isDefault ? null : replace(host, one.place, `keepalive ${fewer};`)));
  return {
    case: "pinned",
    certain: true,
    settle: null,
    message: `nginx keeps up to ${sum * workers} idle connections to pool [${pool.name}], which has ${max} workers: keepalive ${terms.join(" and ")}, times ${workers} worker_processes`,
    at: first.place,
    label: "each idle connection holds a worker of PHP-FPM",
    link: [],
    related: [
      ...(place === null ? [] : [{ place, message: `pool [${pool.name}] has ${max} workers` }]),
      ...rest.map((one) => ({ place: one.place, message: `upstream ${one.name} leads there, too` })),
      {
        place: headPlace(first.pair.binding.pass),
        message: `${first.pair.binding.label} keeps connections to it`,
      },
    ],
    effect: "requests wait for workers that do nothing, and end as 504 Gateway Time-out",
    help: helpText([fewer < 1 ? null : edits, switchedOff(host, pool)]),
    names: namesOf(first.pair.binding, pool),
  };
}

/** Each line that keeps the connections of a location of this pool. */
function switchedOff(host: Host, pool: Pool): readonly Edit[] {
  const edits = new Map<string, Edit>();
  for (const pair of pairs(host)) {
    const keeps = effectiveFlag(pair.binding.block, "fastcgi_keep_conn");
    if (pair.pool !== pool || keeps.kind !== "set" || !keeps.value) continue;
    const edit = replace(host, keeps.place, "fastcgi_keep_conn off;");
    edits.set(edit.target, edit);
  }
  return [...edits.values()];
}
