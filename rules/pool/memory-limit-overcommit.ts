import { showSize } from "../../src/capacity/size.js";
import { totalOf } from "../../src/capacity/sum.js";
import { helpText } from "../../src/engine/help.js";
import {
  isStock,
  memoryLimit,
  type SizedPool,
  sharesOf,
  sizedPools,
  sumInWords,
} from "../../src/engine/memory-sum.js";
import { noOptions, type Report, type Rule } from "../../src/engine/rule.js";
import { phpValue } from "../../src/fpm/pools.js";
import type { Host } from "../../src/model/host.js";
import type { HostMemory } from "../../src/model/memory.js";
import { placeOf } from "../../src/source/effective.js";

const symptom = { when: "saturation", status: 502, log: "exited on signal 9 (SIGKILL)" } as const;

export const memoryLimitOvercommit: Rule = {
  id: "pool/memory-limit-overcommit",
  cases: {
    above: {
      severity: "warning",
      symptom,
      summary: "if every worker used its memory_limit, they would need more memory than the host has",
    },
    "no-limit": { severity: "warning", symptom, summary: "memory_limit -1: one request may take all memory" },
    stock: {
      severity: "info",
      symptom,
      summary: "the same with the pm.max_children that the distribution ships",
    },
  },
  docs: {
    title: "the worst case is more than the memory",
    what: "Fires when the sum over all pools of the host of `pm.max_children` times `memory_limit` (of the pool, php.ini, 128M without either) is above the memory of the host (`--ram`, `memory` in `fpmlint.json`, or the live host's), and when a pool has `memory_limit` -1. Information only for one pool `www` with the count that Debian (5) or Red Hat (50) ships.\n\nSilent when the memory is not known, or a number of a pool; and when `pool/memory-oversubscribed` has already said that not even ordinary workers fit.",
    why: "`memory_limit` is what a single request may take before PHP ends it with an error of its own. As long as all workers at their limit fit, the machine cannot run out of memory because of PHP. Otherwise a few large requests at the same moment, an import or a picture to be scaled, meet the kernel's OOM killer: `exited on signal 9 (SIGKILL)`, `502 Bad Gateway`.",
    instead:
      "Lower `memory_limit` to what pages need, and give the few scripts that need more a pool of their own with few workers.",
    references: [
      "https://www.php.net/manual/en/ini.core.php#ini.memory-limit",
      "https://www.php.net/manual/en/install.fpm.configuration.php#pm.max-children",
    ],
    twins: { bad: "bad-above", ok: "ok-fits" },
  },
  options: noOptions,
  proof: {
    kind: "daemons",
    observe: {
      above: "workers-above-memory",
      "no-limit": "workers-above-memory",
      stock: "workers-above-memory",
    },
  },
  *check(host) {
    const { memory } = host;
    const pools = memory === null ? null : sizedPools(host, (pool) => memoryLimit(host, pool));
    if (memory === null || pools === null) return;
    const endless = pools.filter(({ bytes }) => bytes === Infinity);
    if (endless.length > 0) yield* withoutLimit(endless, memory);
    else if (totalOf(pools) > memory.bytes && !isReported(host, memory)) yield* above(pools, memory);
  },
};

function isReported(host: Host, memory: HostMemory): boolean {
  const pools = host.workerSize === null ? null : sizedPools(host, () => host.workerSize);
  return pools !== null && totalOf(pools) > memory.bytes;
}

function* above(pools: readonly SizedPool[], memory: HostMemory): Generator<Report> {
  const [at, ...related] = sharesOf(pools);
  if (at === undefined) return;
  yield {
    case: isStock(pools) ? "stock" : "above",
    certain: true,
    settle: null,
    message: `if every worker used its memory_limit, they would need ${showSize(totalOf(pools))}, and the host has ${showSize(memory.bytes)} (${memory.source}): ${sumInWords(pools)}`,
    at: at.place,
    label: at.message,
    link: [],
    related: [...related, ...limits(pools)],
    effect: "a few large requests at the same time may make the kernel kill workers: 502 Bad Gateway",
    help: helpText(
      [],
      `let the sum of pm.max_children × memory_limit be at most ${showSize(memory.bytes)}: a lower memory_limit, or fewer workers`,
    ),
    names: ["memory_limit"],
  };
}

function limits(pools: readonly SizedPool[]) {
  const places = new Map<string, Report["related"][number]>();
  for (const { pool, bytes } of pools) {
    const value = phpValue(pool, "memory_limit");
    const place = value.kind === "set" ? placeOf(value) : null;
    if (place !== null)
      places.set(`${place.span.file.path}:${place.span.start}`, {
        place,
        message: `memory_limit ${showSize(bytes)}`,
      });
  }
  return [...places.values()];
}

function* withoutLimit(endless: readonly SizedPool[], memory: HostMemory): Generator<Report> {
  const [first, ...rest] = endless;
  const at = first === undefined ? null : placeOf(phpValue(first.pool, "memory_limit"));
  if (first === undefined || at === null) return;
  yield {
    case: "no-limit",
    certain: true,
    settle: null,
    message: `memory_limit is -1 in pool [${first.pool.name}]: a single request may take all of the host's ${showSize(memory.bytes)} (${memory.source})`,
    at,
    label: "no limit at all",
    link: [],
    related: rest.map(({ pool }) => ({ place: pool.section, message: `pool [${pool.name}], too` })),
    effect: "one script that goes wrong makes the kernel kill workers, and others with them",
    help: helpText([], "write what the largest page needs, as in memory_limit = 256M"),
    names: [first.pool.name, "memory_limit"],
  };
}
