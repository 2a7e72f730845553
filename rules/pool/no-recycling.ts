import { defineRule } from "../../src/engine/define.js";
import { alsoPools, andMore } from "../../src/evidence/alike.js";
import { shown } from "../../src/evidence/pairs.js";
import { integer } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, write } from "../../src/help/edit.js";
import { inEachPlace } from "../../src/help/locations.js";
import { processManager } from "../../src/model/pool-size.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

const LINE = "pm.max_requests = 1000";

export const noRecycling = defineRule({
  id: "pool/no-recycling",
  about: "master",
  alike: true,
  cases: {
    endless: {
      severity: "info",
      symptom: null,
      summary: "pm.max_requests 0, the default: workers live forever",
    },
  },
  docs: {
    title: "workers that are never replaced",
    fires: ["`pm.max_requests` of a pool is 0, which is the default"],
    silent: ["the pool is ondemand: its idle workers end anyway", "a part of the pool was not read"],
    what: "All pools of a master are one report.",
    why: markdown`
      What a script or an extension leaks stays in its worker, and a worker that has grown does not
      shrink. Without \`pm.max_requests\` a pool needs the memory of its worst request ever, times its
      workers.
    `,
    instead: "Set `pm.max_requests = 1000`, or any number that makes a worker live for a few hours.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#pm.max-requests"],
    twins: { bad: "bad-default", ok: "ok-some" },
  },
  proof: { kind: "daemons", observe: { endless: "workers-live-on" } },
  *check({ pools }, host) {
    const endless = pools.flatMap((pool) => endlessPool(pool) ?? []);
    const [first, ...others] = endless;
    const at = first === undefined ? null : placeOf(first.value);
    if (first === undefined || at === null) return;
    const { pool, value } = first;
    yield {
      case: "endless",
      message: `pm.max_requests is ${shown(value, () => "0")} in pool [${pool.name}]${andMore(others)}: workers are never replaced`,
      at,
      label: "workers live as long as the master",
      related: alsoPools(others),
      effect: "what scripts and extensions leak adds up until the next reload",
      help: helpOf([
        inEachPlace(
          endless.map((one) => write(host, one.value, LINE)),
          LINE,
        ),
      ]),
      names: [pool.name],
    };
  },
});

/** The pool with its `pm.max_requests` when that is 0; `null`: its workers end at some time, or that is unknown. */
function endlessPool(pool: Pool) {
  const value = integer(pool, "pm.max_requests");
  if (value.kind === "unknown" || (value.value ?? 0) !== 0) return null;
  return processManager(pool) === "ondemand" ? null : { pool, value };
}
