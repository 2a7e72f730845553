import { showSize } from "../../src/capacity/size.js";
import { totalOf } from "../../src/capacity/sum.js";
import { type Draft, defineRule } from "../../src/engine/define.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { type MemoryLimit, memoryLimits } from "../../src/evidence/memory-limit.js";
import {
  boundsOf,
  certainAbove,
  isStock,
  memoryInWords,
  memoryParts,
  type PoolSum,
  partsOf,
  poolSum,
  roomOf,
  sumInWords,
} from "../../src/evidence/pool-memory.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { oomKills } from "../../src/model/machine/kills.js";
import type { HostMemory } from "../../src/model/machine/memory.js";
import { type Place, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

const symptom = { when: "saturation", status: 502, log: "exited on signal 9 (SIGKILL)" } as const;

type Case = "above" | "killed" | "no-limit" | "stock";

export const memoryLimitOvercommit = defineRule({
  id: "pool/memory-limit-overcommit",
  about: "host",
  together: true,
  reads: ["pool"],
  asksDisk: true,
  cases: {
    above: {
      severity: "info",
      symptom,
      summary: "if every worker used its memory_limit, they would need more memory than the host has",
    },
    killed: {
      severity: "warning",
      symptom,
      summary: "the same on a host whose kernel has already killed processes for want of memory",
    },
    "no-limit": { severity: "warning", symptom, summary: "memory_limit -1: one request may take all memory" },
    stock: {
      severity: "info",
      symptom,
      summary: "the same with the pm.max_children that the distribution ships",
    },
  },
  docs: {
    title: "the worst case needs more than the memory",
    fires: [
      markdown`
        the sum of \`pm.max_children\` times \`memory_limit\` over all pools of the host is above the
        memory of the host (\`--ram\`, \`memory\` in \`fpmlint.json\`, or the live host's)
      `,
      "a pool has `memory_limit` -1",
    ],
    silent: [
      "the memory is unknown, or a number of a pool is",
      "`pool/memory-oversubscribed` has already said that not even ordinary workers fit",
    ],
    what: markdown`
      The \`memory_limit\` of a pool is the highest of what nginx passes in \`PHP_VALUE\` and of the
      pool's own: from its file, from php.ini, or 128M without either. What a script sets with
      \`ini_set()\` is not seen. \`process.max\` bounds the workers of a master, and of several masters
      that listen on one address the largest counts. A single pool \`www\` with the count that Debian (5) or Red Hat (50) ships is
      the case \`stock\`. Workers rarely reach their limit all at the same time, so this is info. It is a
      warning where it has happened: \`oom_kill\` in \`memory.events\` of PHP-FPM's control group, or in
      \`/proc/vmstat\`, counts processes that the kernel killed.
    `,
    why: markdown`
      \`memory_limit\` is how much a single request may use before PHP ends it with an error of its own.
      As long as all workers fit at their limit, PHP cannot make the machine run out of memory. Otherwise
      a few large requests at the same moment, an import or a picture to be scaled, meet the kernel's OOM
      killer: \`exited on signal 9 (SIGKILL)\`, \`502 Bad Gateway\`.
    `,
    instead: markdown`
      Lower \`memory_limit\` to what pages need, and give the few scripts that need more a pool of their
      own with few workers.
    `,
    references: [
      "https://www.php.net/manual/en/ini.core.php#ini.memory-limit",
      "https://www.php.net/manual/en/install.fpm.configuration.php#pm.max-children",
    ],
    twins: { bad: "bad-above", ok: "ok-fits" },
  },
  proof: {
    kind: "daemons",
    observe: {
      above: "workers-above-memory",
      killed: "workers-above-memory",
      "no-limit": "workers-above-memory",
      stock: "workers-above-memory",
    },
  },
  *check(host) {
    for (const part of memoryParts(host)) yield* judge(part);
  },
});

type LimitOf = (pool: Pool) => MemoryLimit | null;

/** All pools of one machine. */
function* judge(host: Host): Generator<Draft<Case>> {
  const { memory } = host;
  if (memory === null) return;
  const limitOf = memoryLimits(host);
  const endless = host.pools.filter((pool) => limitOf(pool)?.bytes === Infinity);
  if (endless.length > 0) return yield* withoutLimit(endless, limitOf, memory);
  const sum = poolSum(host, (pool) => limitOf(pool)?.bytes ?? null);
  if (sum !== null && totalOf(sum.pools) > memory.bytes && !isReported(host, memory))
    yield* above(host, sum, limitOf, memory);
}

/** Whether not even workers of the measured size fit. */
function isReported(host: Host, memory: HostMemory): boolean {
  const sum = host.workerSize === null ? null : poolSum(host, () => host.workerSize);
  return sum !== null && totalOf(sum.pools) > roomOf(memory);
}

function* above(host: Host, sum: PoolSum, limitOf: LimitOf, memory: HostMemory): Generator<Draft<Case>> {
  const [at, ...related] = partsOf(sum);
  if (at === undefined) return;
  const total = showSize(totalOf(sum.pools));
  const { owner, size } = memoryInWords(memory);
  const kills = oomKills(host.fs, host.masters);
  const happened =
    kills === null
      ? ""
      : `; the kernel has killed ${kills.count} ${kills.count === 1 ? "process" : "processes"} for want of memory (${kills.source})`;
  yield {
    case: kills !== null ? "killed" : isStock(sum) ? "stock" : "above",
    ...certainAbove(host, sum, memory.bytes),
    message: `if every worker used its memory_limit, they would need ${total}, and ${owner} has ${size}: ${sumInWords(sum)}${happened}`,
    at: at.place,
    label: at.message,
    related: [...related, ...limits(sum, limitOf), ...boundsOf(sum, memory)],
    effect: "a few large requests at the same time may make the kernel kill workers: 502 Bad Gateway",
    help: helpOf(
      [],
      `let the sum of pm.max_children × memory_limit be at most ${showSize(memory.bytes)}: a lower memory_limit, or fewer workers`,
    ),
    names: ["memory_limit"],
  };
}

function limits({ pools }: PoolSum, limitOf: LimitOf): readonly RelatedReport[] {
  const places = new Map<string, RelatedReport>();
  for (const { pool, bytes } of pools) {
    const place = limitOf(pool)?.place ?? null;
    if (place === null) continue;
    const { file, start } = place.span;
    places.set(`${file.path}:${start}`, { place, message: `memory_limit ${showSize(bytes)}` });
  }
  return [...places.values()];
}

/** Another pool without a limit: by a line of its own, or by the one that is marked already. */
function alsoEndless(pool: Pool, at: Place, limitOf: LimitOf): RelatedReport {
  const message = `also pool [${pool.name}]`;
  const own = limitOf(pool)?.place ?? null;
  return own === null || samePlace(own, at)
    ? { place: pool.section, message }
    : { place: own, message, alike: true };
}

function* withoutLimit(
  endless: readonly Pool[],
  limitOf: LimitOf,
  memory: HostMemory,
): Generator<Draft<Case>> {
  const [first, ...rest] = endless;
  const at = first === undefined ? null : (limitOf(first)?.place ?? null);
  const { owner, size } = memoryInWords(memory);
  if (first === undefined || at === null) return;
  yield {
    case: "no-limit",
    message: `memory_limit is -1 in pool [${first.name}]: a single request may take all of ${owner}'s ${size}`,
    at,
    label: "no limit at all",
    related: rest.map((pool) => alsoEndless(pool, at, limitOf)),
    effect: "one script that goes wrong makes the kernel kill workers, and others with them",
    help: helpOf([], "write what the largest page needs, for example memory_limit = 256M"),
    names: [first.name, "memory_limit"],
  };
}
