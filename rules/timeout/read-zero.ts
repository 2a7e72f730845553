import { defineRule } from "../../src/engine/define.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { type Known, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, phpBindings } from "../../src/evidence/pairs.js";
import { helpOf, write } from "../../src/help/edit.js";
import { isLocal } from "../../src/model/address/address.js";
import type { Binding, Host, Target } from "../../src/model/host.js";
import { httpFact } from "../../src/nginx/facts/directives.js";
import { effectiveTime } from "../../src/nginx/tree/effective.js";
import { argumentPlace } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";

interface Zero {
  readonly binding: Binding;
  readonly name: "fastcgi_read_timeout" | "fastcgi_connect_timeout";
  readonly value: Known<number>;
}

export const readZero = defineRule({
  id: "timeout/read-zero",
  about: "host",
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
    what: "Fires when the effective `fastcgi_read_timeout` of a PHP location is 0, and when its `fastcgi_connect_timeout` is 0 and all its addresses are TCP. A Unix socket connects at once, so that 0 does no harm there. nginx alone decides, so it does not matter whether the pool is in the tree; silent only where nobody listens, which `connect/listen-mismatch` says, and where every server is `down`.",
    why: "0 switches many settings off; not these. nginx gives up in the moment in which it begins to wait: `504 Gateway Time-out` for every request, after some milliseconds, while PHP-FPM runs the script for nobody. `nginx -t` accepts it.",
    instead:
      "Write the time that a request may take, `fastcgi_read_timeout 300s;`, or nothing: the default is 60s.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_read_timeout",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_connect_timeout",
    ],
  },
  *check(host) {
    const key = (one: Zero): string => `${one.name} ${sourceOf(one.value)}`;
    for (const group of groupBy(zeros(host), key)) {
      const [first] = group;
      const { name, value, binding } = first;
      const at = placeOf(value);
      if (at === null) continue;
      const usual = httpFact(name)?.default ?? "";
      yield {
        case: name === "fastcgi_read_timeout" ? "read" : "connect",
        message: `${name} is 0, so nginx gives up as soon as it begins to ${
          name === "fastcgi_read_timeout" ? "wait for the response" : "connect"
        }`,
        at,
        label: "no time at all, not without limit",
        link: way(binding),
        related: group.slice(1).map((one) => further(one.binding)),
        effect: "every request that is passed to PHP-FPM ends as 504 Gateway Time-out",
        help: helpOf([[write(host, value, `${name} ${usual};`)]]),
        names: namesOf(binding),
      };
    }
  },
});

function way(binding: Binding): readonly RelatedReport[] {
  const [first] = binding.targets.flatMap((target) =>
    target.down ? [] : target.pools.map((pool) => ({ binding, target, pool })),
  );
  return first === undefined ? [] : linkOf(first);
}

function further({ pass, label }: Binding): RelatedReport {
  return { place: argumentPlace(pass, 0), message: `${label} gives up at once, too` };
}

function* zeros(host: Host): Generator<Zero> {
  for (const binding of phpBindings(host)) {
    const live = binding.targets.filter(({ down }) => !down);
    // No target at all: a variable makes the address, whatever it is.
    if (binding.targets.length > 0 && !live.some((target) => mayListen(host, target))) continue;
    // One server on a Unix socket is enough: nginx asks it when the others have failed.
    const tcp = live.length > 0 && live.every(({ address }) => address.kind === "tcp");
    for (const name of ["fastcgi_read_timeout", "fastcgi_connect_timeout"] as const) {
      const value = effectiveTime(binding.block, name);
      if (value.kind !== "set" || value.value !== 0) continue;
      if (name === "fastcgi_read_timeout" || tcp) yield { binding, name, value };
    }
  }
}

function mayListen(host: Host, { address, pools }: Target): boolean {
  return pools.length > 0 || host.pools.length === 0 || !isLocal(address);
}
