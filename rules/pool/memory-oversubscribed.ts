import { showSize } from "../../src/capacity/size.js";
import { shareOut, totalOf } from "../../src/capacity/sum.js";
import { helpText, write } from "../../src/engine/help.js";
import { sharesOf, sizedPools, sumInWords, workerSize } from "../../src/engine/memory-sum.js";
import { noOptions, type Rule } from "../../src/engine/rule.js";
import { setting } from "../../src/fpm/pools.js";

export const memoryOversubscribed: Rule = {
  id: "pool/memory-oversubscribed",
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
    what: "Fires when the sum over all pools of the host of `pm.max_children` times the size of a worker is above the memory of the host. The memory is what `--ram` or `memory` in `fpmlint.json` says, or that of the live host (`fpmlint /etc`): the smallest of its RAM and the limits of its control groups. The size of a worker is `workerSize` in `fpmlint.json`; without it 63 MiB are assumed, which makes it information only.\n\nSilent when the memory is not known, or `pm.max_children` of a pool.",
    why: "`pm.max_children` is a promise: when enough requests come, PHP-FPM starts that many. When they do not fit, the machine swaps, or the kernel kills the largest process: `exited on signal 9 (SIGKILL)`, `502 Bad Gateway`, and often the database.",
    instead:
      "Lower `pm.max_children` until the sum fits, with room for nginx, the database and the page cache; or measure what a worker really needs and say so in `fpmlint.json`.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#pm.max-children"],
    twins: { bad: "bad-measured", ok: "ok-fits" },
  },
  options: noOptions,
  proof: {
    kind: "daemons",
    observe: { measured: "workers-above-memory", assumed: "workers-above-memory" },
  },
  *check(host) {
    const { memory } = host;
    const bytes = workerSize(host);
    const pools = memory === null ? null : sizedPools(host, () => bytes);
    if (memory === null || pools === null || totalOf(pools) <= memory.bytes) return;
    const [at, ...related] = sharesOf(pools);
    if (at === undefined) return;
    const assumed = host.workerSize === null;
    const fits = shareOut(
      memory.bytes,
      pools.map(({ count }) => ({ weight: count, bytes })),
    );
    yield {
      case: assumed ? "assumed" : "measured",
      certain: true,
      settle: null,
      message: `all workers together need ${showSize(totalOf(pools))}, and the host has ${showSize(memory.bytes)} (${memory.source}): ${sumInWords(pools)}${assumed ? ", at an assumed 63 MiB for each" : ""}`,
      at: at.place,
      label: at.message,
      link: [],
      related,
      effect:
        "when all pools are busy at once the kernel kills workers, and their requests end as 502 Bad Gateway",
      help: helpText(
        [
          fits === null
            ? null
            : pools.map(({ pool }, index) =>
                write(host, setting(pool, "pm.max_children"), `pm.max_children = ${fits[index] ?? 1}`),
              ),
        ],
        assumed
          ? `"workerSize" in fpmlint.json with what a worker was measured to need would settle it`
          : null,
      ),
      names: ["memory"],
    };
  },
};
