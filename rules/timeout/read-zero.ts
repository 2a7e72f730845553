import { groupBy, linkOf, namesOf, type Pair, pairs } from "../../src/engine/evidence.js";
import { certainty, furtherLocations, type Known, sourceOf } from "../../src/engine/grouping.js";
import { helpText, write } from "../../src/engine/help.js";
import { noOptions, type Rule } from "../../src/engine/rule.js";
import type { Host } from "../../src/model/host.js";
import { httpFact } from "../../src/nginx/directives.js";
import { effectiveTime } from "../../src/nginx/effective.js";
import { placeOf } from "../../src/source/effective.js";

interface Zero extends Pair {
  readonly name: "fastcgi_read_timeout" | "fastcgi_connect_timeout";
  readonly value: Known<number>;
}

export const readZero: Rule = {
  id: "timeout/read-zero",
  cases: {
    read: {
      severity: "error",
      symptom: {
        when: "always",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
      },
      summary: "fastcgi_read_timeout 0, which is no time at all",
    },
    connect: {
      severity: "error",
      symptom: {
        when: "always",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while connecting to upstream",
      },
      summary: "fastcgi_connect_timeout 0 on the way to a TCP address",
    },
  },
  docs: {
    title: "a timeout of 0, which is not for ever",
    what: "Fires when the effective `fastcgi_read_timeout` of a PHP location is 0, and when its `fastcgi_connect_timeout` is 0 and the pool listens on TCP. A Unix socket connects at once, so that 0 does no harm there.",
    why: "0 switches many settings off; not these. nginx gives up in the moment in which it begins to wait: `504 Gateway Time-out` for every request, after some milliseconds, while PHP-FPM runs the script for nobody. `nginx -t` accepts it.",
    instead:
      "Write the time that a request may take, `fastcgi_read_timeout 300s;`, or nothing: the default is 60s.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_read_timeout",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_connect_timeout",
    ],
  },
  options: noOptions,
  proof: { kind: "daemons" },
  *check(host) {
    const key = (one: Zero): string => `${one.name} ${sourceOf(one.value)} ${one.target.assumed}`;
    for (const group of groupBy(zeros(host), key)) {
      const [first] = group;
      const { name, value, binding, pool } = first;
      const at = placeOf(value);
      if (at === null) continue;
      const usual = httpFact(name)?.default ?? "";
      yield {
        case: name === "fastcgi_read_timeout" ? "read" : "connect",
        ...certainty(first),
        message: `${name} is 0, so nginx gives up as soon as it begins to ${
          name === "fastcgi_read_timeout" ? "wait for the response" : "connect"
        }`,
        at,
        label: "no time at all, not without limit",
        link: linkOf(first),
        related: furtherLocations(group),
        effect: "every request that is passed to PHP-FPM ends as 504 Gateway Time-out",
        help: helpText([[write(host, value, `${name} ${usual};`)]]),
        names: namesOf(binding, pool),
      };
    }
  },
};

function* zeros(host: Host): Generator<Zero> {
  for (const pair of pairs(host)) {
    for (const name of ["fastcgi_read_timeout", "fastcgi_connect_timeout"] as const) {
      const value = effectiveTime(pair.binding.block, name);
      if (value.kind !== "set" || value.value !== 0) continue;
      if (name === "fastcgi_read_timeout" || pair.target.address.kind === "tcp")
        yield { ...pair, name, value };
    }
  }
}
