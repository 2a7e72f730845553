import { defineRule } from "../../src/engine/define.js";
import { boolean } from "../../src/fpm/pools.js";
import { helpOf, write } from "../../src/help/edit.js";
import { inEachPlace } from "../../src/help/locations.js";
import { placeOf } from "../../src/source/effective.js";

const LINE = "catch_workers_output = yes";

export const silentWorkers = defineRule({
  id: "pool/silent-workers",
  about: "host",
  cases: {
    silent: {
      severity: "info",
      symptom: null,
      summary: "catch_workers_output off, the default: what workers say is lost",
    },
  },
  docs: {
    title: "what workers say is lost",
    what: "Fires when `catch_workers_output` is off in pools, which is the default; once for each master, with all its pools. Silent where a part of a pool was not read.",
    why: "A worker writes to its standard error: that a client was refused by `listen.allowed_clients`, that a `php_admin_value` could not be applied, the last words of an extension before it crashes. Without `catch_workers_output` that is `/dev/null`, and a 502 leaves no trace on PHP's side. Errors of scripts are not meant: they go to `error_log` or to nginx.",
    instead:
      "Set `catch_workers_output = yes`, and `decorate_workers_output = no` where lines are to stay as they are.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#catch-workers-output"],
    twins: { bad: "bad-default", ok: "ok-caught" },
  },
  proof: { kind: "daemons", observe: { silent: "worker-output-lost" } },
  *check(host) {
    for (const master of host.masters) {
      const silent = master.pools.flatMap((pool) => {
        const value = boolean(pool, "catch_workers_output");
        return value.kind === "unknown" || value.value === true ? [] : [{ pool, value }];
      });
      const [first, ...rest] = silent;
      const at = first === undefined ? null : placeOf(first.value);
      if (first === undefined || at === null) continue;
      const shown = first.value.kind === "default" ? "no (the default)" : "no";
      const more =
        rest.length === 0 ? "" : `, and so in ${rest.length} more ${rest.length === 1 ? "pool" : "pools"}`;
      yield {
        case: "silent",
        message: `catch_workers_output is ${shown} in pool [${first.pool.name}]${more}: what its workers write to standard error is lost`,
        at,
        label: "standard error leads to /dev/null",
        related: rest.flatMap(({ pool, value }) => {
          const place = placeOf(value);
          return place === null ? [] : [{ place, message: `pool [${pool.name}], too` }];
        }),
        effect:
          "refused clients, settings that could not be applied and crashes leave no line in PHP-FPM's log",
        help: helpOf([
          inEachPlace(
            silent.map(({ value }) => write(host, value, LINE)),
            LINE,
          ),
        ]),
        names: [first.pool.name],
      };
    }
  },
});
