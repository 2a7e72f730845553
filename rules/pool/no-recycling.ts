import { defineRule } from "../../src/engine/define.js";
import { integer } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, write } from "../../src/help/edit.js";
import { inEachPlace } from "../../src/help/locations.js";
import { processManager } from "../../src/model/pool-size.js";
import { placeOf } from "../../src/source/effective.js";

const LINE = "pm.max_requests = 1000";

export const noRecycling = defineRule({
  id: "pool/no-recycling",
  about: "host",
  cases: {
    endless: {
      severity: "info",
      symptom: null,
      summary: "pm.max_requests 0, the default: workers live for ever",
    },
  },
  docs: {
    title: "workers that are never replaced",
    what: "Fires when `pm.max_requests` of pools is 0, which is the default; once for each master, with all its pools. Silent for ondemand pools, whose idle workers end anyway, and where a part of a pool was not read.",
    why: "What a script or an extension leaks stays in its worker, and a worker that has grown does not shrink. Without `pm.max_requests` the memory of a pool is what its worst request ever needed, times its workers.",
    instead: "Set `pm.max_requests = 1000`, or any number that makes a worker live for some hours.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#pm.max-requests"],
    twins: { bad: "bad-default", ok: "ok-some" },
  },
  proof: { kind: "daemons", observe: { endless: "workers-live-on" } },
  *check(host) {
    for (const master of host.masters) {
      const endless = master.pools.flatMap((pool) => isEndless(pool) ?? []);
      const [first, ...rest] = endless;
      if (first === undefined) continue;
      const at = placeOf(first.value);
      if (at === null) continue;
      const shown = first.value.kind === "default" ? "0 (the default)" : "0";
      const more =
        rest.length === 0 ? "" : `, and so in ${rest.length} more ${rest.length === 1 ? "pool" : "pools"}`;
      yield {
        case: "endless",
        message: `pm.max_requests is ${shown} in pool [${first.pool.name}]${more}: its workers are never replaced`,
        at,
        label: "workers live as long as the master",
        related: rest.flatMap(({ pool, value }) => {
          const place = placeOf(value);
          return place === null ? [] : [{ place, message: `pool [${pool.name}], too` }];
        }),
        effect: "what scripts and extensions leak adds up until the next reload",
        help: helpOf([
          inEachPlace(
            endless.map(({ value }) => write(host, value, LINE)),
            LINE,
          ),
        ]),
        names: [first.pool.name],
      };
    }
  },
});

type Requests = Exclude<ReturnType<typeof integer>, { readonly kind: "unknown" }>;

function isEndless(pool: Pool): { readonly pool: Pool; readonly value: Requests } | null {
  const value = integer(pool, "pm.max_requests");
  if (value.kind === "unknown" || (value.value ?? 0) !== 0) return null;
  return processManager(pool) === "ondemand" ? null : { pool, value };
}
