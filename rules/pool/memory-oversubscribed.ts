import { showSize } from "../../src/capacity/size.js";
import { sharesOf, totalOf } from "../../src/capacity/sum.js";
import { type Draft, defineRule } from "../../src/engine/define.js";
import {
  boundsOf,
  certainAbove,
  memoryParts,
  partsOf,
  poolSum,
  roomInWords,
  roomOf,
  sumInWords,
  workerSize,
} from "../../src/evidence/pool-memory.js";
import { acceptedCounts } from "../../src/help/counts.js";
import { helpOf } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "assumed" | "measured";

export const memoryOversubscribed = defineRule({
  id: "pool/memory-oversubscribed",
  about: "host",
  mayApply: (host) => memoryParts(host).some(({ memory }) => memory !== null),
  together: true,
  asksDisk: true,
  cases: {
    measured: {
      severity: "warning",
      symptom: { when: "saturation", status: 502, log: "exited on signal 9 (SIGKILL)" },
      summary: "all workers together need more memory than the host has",
    },
    assumed: {
      severity: "info",
      symptom: { when: "saturation", status: 502, log: "exited on signal 9 (SIGKILL)" },
      summary: "all workers together need more memory than the host has, at the assumed size of a worker",
    },
  },
  docs: {
    title: "more workers than memory",
    fires: [
      markdown`
        the sum of \`pm.max_children\` times the size of a worker over all pools of the host is above the
        memory of the host
      `,
    ],
    silent: ["the memory is unknown, or the `pm.max_children` of a pool is"],
    what: markdown`
      The memory is what \`--ram\` or \`memory\` in \`fpmlint.json\` says, or that of the live host
      (\`fpmlint /etc\`): the smallest of its RAM, the limits of the control groups around the masters,
      and \`MemoryMax\` of their unit; of containers the limits that a compose file or a manifest sets, each
      for the pools that run there. \`reserve\` and \`headroom\` of \`fpmlint.json\` are subtracted
      where they are set.

      The size of a worker is \`workerSize\` in \`fpmlint.json\`. Without it 63 MiB are assumed, and the
      report is only info. \`process.max\` bounds the workers of a master, and of several masters that
      listen on one address the largest counts. A sum over masters that nginx does not use is a guess:
      they may not run at the same time. The caches that all workers of a master share are not counted
      separately.
    `,
    why: markdown`
      \`pm.max_children\` is a promise: when enough requests come, PHP-FPM starts that many workers. When
      they do not fit, the machine swaps, or the kernel kills the largest process: \`exited on signal 9
      (SIGKILL)\`, \`502 Bad Gateway\`, and often the database.
    `,
    instead: markdown`
      Lower \`pm.max_children\` until the sum fits, with room for nginx, the database and the page cache.
      Or measure what a worker really needs and write that into \`fpmlint.json\`.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#pm.max-children"],
    twins: { bad: "bad-measured", ok: "ok-fits" },
  },
  proof: {
    kind: "daemons",
    observe: { measured: "workers-above-memory", assumed: "workers-above-memory" },
  },
  *check(host) {
    for (const part of memoryParts(host)) yield* judge(part);
  },
});

/** All pools of one machine. */
function* judge(host: Host): Generator<Draft<Case>> {
  const { memory } = host;
  const bytes = workerSize(host);
  const sum = memory === null ? null : poolSum(host, () => bytes);
  if (memory === null || sum === null || totalOf(sum.pools) <= roomOf(memory)) return;
  const [at, ...related] = partsOf(sum);
  if (at === undefined) return;
  const assumed = host.workerSize === null;
  const weighed = sum.pools.map(({ pool, most }) => ({ pool, weight: most, bytes }));
  const fitting = sharesOf(roomOf(memory), weighed, false)?.pools ?? null;
  yield {
    case: assumed ? "assumed" : "measured",
    ...certainAbove(host, sum, roomOf(memory)),
    message: `all workers together need ${showSize(totalOf(sum.pools))}, and ${roomInWords(memory)}: ${sumInWords(sum)}${assumed ? ", at an assumed 63 MiB for each" : ""}`,
    at: at.place,
    label: at.message,
    related: [...related, ...boundsOf(sum, memory)],
    effect:
      "when all pools are busy at once the kernel kills workers, and their requests end as 502 Bad Gateway",
    help: helpOf(
      [
        fitting === null
          ? null
          : fitting.flatMap(({ pool: { pool }, count }) => acceptedCounts(host, pool, { children: count })),
      ],
      fitting === null
        ? `one worker for each pool already needs ${showSize(sum.pools.length * bytes)}: add memory, or have fewer pools`
        : null,
      assumed
        ? `"workerSize" in fpmlint.json would settle it: the RssAnon of busy workers in /proc/PID/status, or their RSS as ps prints it`
        : null,
    ),
    names: ["memory"],
  };
}
