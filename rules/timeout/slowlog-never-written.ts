import { type Draft, defineRule } from "../../src/engine/define.js";
import { fpmDown } from "../../src/evidence/fpm-lines.js";
import type { Known } from "../../src/evidence/grouping.js";
import { shown, showSeconds } from "../../src/evidence/pairs.js";
import { seconds, setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { addInto, helpOf, remove, write } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "no-file" | "above-terminate";

export const slowlogNeverWritten = defineRule({
  id: "timeout/slowlog-never-written",
  about: "pool",
  alike: true,
  cases: {
    "no-file": {
      severity: "error",
      symptom: {
        when: "start",
        status: null,
        log: "'slowlog' must be specified for use with 'request_slowlog_timeout'",
      },
      summary: "request_slowlog_timeout without slowlog",
    },
    "above-terminate": {
      severity: "error",
      symptom: { when: "start", status: null, log: "can't be greater than 'request_terminate_timeout'" },
      summary: "request_slowlog_timeout above request_terminate_timeout",
    },
  },
  docs: {
    title: "a slowlog that PHP-FPM could never write",
    fires: [
      "a pool has a `request_slowlog_timeout` other than 0 and no `slowlog`",
      markdown`
        \`request_slowlog_timeout\` is longer than the pool's \`request_terminate_timeout\`, which is also
        so where that is negative
      `,
    ],
    silent: [
      "both times are equal",
      "the pool has no `request_terminate_timeout`, or 0",
      "a part of the pool was not read",
    ],
    why: markdown`
      PHP-FPM refuses both. The manual gives \`slowlog\` a default, but it has none, and a request that is
      killed after 30s is never seen after 60s. The master does not start, with all its pools, and a
      reload keeps the old configuration.
    `,
    instead: markdown`
      Write both: \`slowlog = /var/log/php-fpm.slow.log\` and \`request_slowlog_timeout = 5s\`, below
      \`request_terminate_timeout\`.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#request-slowlog-timeout",
      "https://www.php.net/manual/en/install.fpm.configuration.php#slowlog",
    ],
    twins: { bad: "bad-no-slowlog", ok: "ok-both" },
  },
  *check(pool, host) {
    const slow = seconds(pool, "request_slowlog_timeout");
    // Only 0 switches it off: PHP-FPM asks for a slowlog even where the time is negative.
    if (slow.kind !== "set" || slow.value === null || slow.value === 0) return;
    yield* withoutFile(host, pool, slow.value, { ...slow, value: slow.value });
    yield* tooLate(host, pool, { ...slow, value: slow.value });
  },
});

function* withoutFile(host: Host, pool: Pool, after: number, slow: Known<number>): Generator<Draft<Case>> {
  const file = setting(pool, "slowlog");
  const at = placeOf(slow);
  if (at === null || file.kind === "unknown" || (file.value !== null && file.value !== "")) return;
  const log = `slowlog = /var/log/php-fpm.${pool.name}.slow.log`;
  yield {
    ...shared(pool),
    case: "no-file",
    message: `request_slowlog_timeout is ${showSeconds(after)}, and pool [${pool.name}] has no slowlog to write to`,
    at,
    label: "PHP-FPM needs a slowlog for it",
    help: helpOf([
      [file.kind === "set" ? write(host, file, log) : addInto(host, pool.section, log)],
      [remove(host, at)],
    ]),
  };
}

function* tooLate(host: Host, pool: Pool, slow: Known<number>): Generator<Draft<Case>> {
  const terminate = seconds(pool, "request_terminate_timeout");
  const at = placeOf(slow);
  if (at === null || terminate.kind === "unknown" || terminate.value === null) return;
  if (terminate.value === 0 || slow.value <= terminate.value) return;
  const limit = shown({ ...terminate, value: terminate.value }, showSeconds);
  const place = placeOf(terminate);
  // A negative limit kills nothing, but PHP-FPM compares the two numbers as they are.
  const kills = terminate.value > 0;
  const fitting = `request_slowlog_timeout = ${Math.max(1, Math.floor(terminate.value / 2))}s`;
  yield {
    ...shared(pool),
    case: "above-terminate",
    message: `request_slowlog_timeout is ${showSeconds(slow.value)}, but ${
      kills
        ? `pool [${pool.name}] kills a request after ${limit}`
        : `request_terminate_timeout of pool [${pool.name}] is ${limit}`
    }`,
    at,
    label: kills ? "longer than any request may take" : "more than a negative limit, which PHP-FPM refuses",
    related:
      place === null
        ? []
        : [
            {
              place,
              message: kills
                ? `the worker is killed after ${limit}`
                : `request_terminate_timeout is ${limit}`,
            },
          ],
    help: helpOf([
      [kills ? write(host, slow, fitting) : write(host, terminate, "request_terminate_timeout = 0")],
    ]),
  };
}

function shared(pool: Pool): Pick<Draft, "effect" | "names"> {
  return {
    effect: fpmDown,
    names: [pool.name],
  };
}
