import { showSize } from "../../src/capacity/size.js";
import { shareOut, totalOf } from "../../src/capacity/sum.js";
import { defineRule } from "../../src/engine/define.js";
import {
  boundsOf,
  certainAbove,
  poolSum,
  roomInWords,
  roomOf,
  sharesOf,
  sumInWords,
  workerSize,
} from "../../src/evidence/pool-memory.js";
import { acceptedCounts } from "../../src/help/counts.js";
import { helpOf } from "../../src/help/edit.js";

export const memoryOversubscribed = defineRule({
  id: "pool/memory-oversubscribed",
  about: "host",
  cases: {
    measured: {
      severity: "warning",
      symptom: { when: "saturation", status: 502, log: "exited on signal 9 (SIGKILL)" },
      summary: "all workers together need more memory than the host has",
    },
    assumed: {
      severity: "info",
      symptom: { when: "saturation", status: 502, log: "exited on signal 9 (SIGKILL)" },
      summary:
        "all workers together need more memory than the host has, at the size that a worker is taken to have",
    },
  },
  docs: {
    title: "more workers than memory",
    what: "Fires when the sum over all pools of the host of `pm.max_children` times the size of a worker is above the memory of the host. The memory is what `--ram` or `memory` in `fpmlint.json` says, or that of the live host (`fpmlint /etc`): the smallest of its RAM, the limits of the control groups around the masters, and `MemoryMax` of their unit; less `reserve` and `headroom` of `fpmlint.json` where they are set. The size of a worker is `workerSize` in `fpmlint.json`; without it 63 MiB are assumed, which makes it information only. `process.max` bounds the workers of a master, and of several masters that listen on one address the largest counts. A sum over masters that nginx does not use is a guess: they may not run at the same time.\n\nSilent when the memory is not known, or `pm.max_children` of a pool. The caches that all workers of a master share are not counted besides.",
    why: "`pm.max_children` is a promise: when enough requests come, PHP-FPM starts that many. When they do not fit, the machine swaps, or the kernel kills the largest process: `exited on signal 9 (SIGKILL)`, `502 Bad Gateway`, and often the database.",
    instead:
      "Lower `pm.max_children` until the sum fits, with room for nginx, the database and the page cache; or measure what a worker really needs and say so in `fpmlint.json`.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#pm.max-children"],
    twins: { bad: "bad-measured", ok: "ok-fits" },
  },
  proof: {
    kind: "daemons",
    observe: { measured: "workers-above-memory", assumed: "workers-above-memory" },
  },
  *check(host) {
    const { memory } = host;
    const bytes = workerSize(host);
    const sum = memory === null ? null : poolSum(host, () => bytes);
    if (memory === null || sum === null || totalOf(sum.pools) <= roomOf(memory)) return;
    const [at, ...related] = sharesOf(sum);
    if (at === undefined) return;
    const assumed = host.workerSize === null;
    const fits = shareOut(
      roomOf(memory),
      sum.pools.map(({ most }) => ({ weight: most, bytes })),
    );
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
          fits === null
            ? null
            : sum.pools.flatMap(({ pool }, index) =>
                acceptedCounts(host, pool, { children: fits[index] ?? 1 }),
              ),
        ],
        fits === null
          ? `one worker for each pool already needs ${showSize(sum.pools.length * bytes)}: more memory, or fewer pools`
          : null,
        assumed
          ? `"workerSize" in fpmlint.json would settle it: the RssAnon of busy workers in /proc/PID/status, or their RSS as ps prints it`
          : null,
      ),
      names: ["memory"],
    };
  },
});
