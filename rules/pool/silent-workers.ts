import { defineRule } from "../../src/engine/define.js";
import { alsoPools, andMore } from "../../src/evidence/alike.js";
import { shown } from "../../src/evidence/pairs.js";
import { boolean } from "../../src/fpm/pools.js";
import { helpOf, write } from "../../src/help/edit.js";
import { inEachPlace } from "../../src/help/locations.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

const LINE = "catch_workers_output = yes";

export const silentWorkers = defineRule({
  id: "pool/silent-workers",
  about: "master",
  alike: true,
  cases: {
    silent: {
      severity: "info",
      symptom: null,
      summary: "catch_workers_output off, the default: what workers say is lost",
    },
  },
  docs: {
    title: "what workers say is lost",
    fires: ["`catch_workers_output` of a pool is off, which is the default"],
    silent: ["a part of the pool was not read"],
    what: "All pools of a master are one report.",
    why: markdown`
      A worker writes to its standard error: that a client was refused by \`listen.allowed_clients\`, that
      a \`php_admin_value\` could not be applied, the last words of an extension before it crashes.
      Without \`catch_workers_output\` that is \`/dev/null\`, and a 502 leaves no trace on PHP's side.
      This is not about the errors of scripts: they go to \`error_log\` or to nginx.
    `,
    instead: markdown`
      Set \`catch_workers_output = yes\`, and \`decorate_workers_output = no\` if the lines should stay as
      they are.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#catch-workers-output"],
    twins: { bad: "bad-default", ok: "ok-caught" },
  },
  proof: { kind: "daemons", observe: { silent: "worker-output-lost" } },
  *check({ pools }, host) {
    const silent = pools.flatMap((pool) => {
      const value = boolean(pool, "catch_workers_output");
      return value.kind === "unknown" || value.value === true ? [] : [{ pool, value }];
    });
    const [first, ...others] = silent;
    const at = first === undefined ? null : placeOf(first.value);
    if (first === undefined || at === null) return;
    const { pool, value } = first;
    yield {
      case: "silent",
      message: `catch_workers_output is ${shown(value, () => "no")} in pool [${pool.name}]${andMore(others)}: what workers write to standard error is lost`,
      at,
      label: "standard error goes to /dev/null",
      related: alsoPools(others),
      effect:
        "refused clients, settings that could not be applied and crashes leave no line in PHP-FPM's log",
      help: helpOf([
        inEachPlace(
          silent.map((one) => write(host, one.value, LINE)),
          LINE,
        ),
      ]),
      names: [pool.name],
    };
  },
});
