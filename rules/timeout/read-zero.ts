import { type Draft, defineRule } from "../../src/engine/define.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf } from "../../src/evidence/pairs.js";
import { helpOf, write } from "../../src/help/edit.js";
import { isLocal } from "../../src/model/address/address.js";
import type { Binding, Host, Target } from "../../src/model/host.js";
import { nginxDefault } from "../../src/nginx/facts/directives.js";
import { effectiveTime } from "../../src/nginx/tree/effective.js";
import { argumentPlace } from "../../src/nginx/tree/nodes.js";
import type { SetValue } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

interface Zero {
  readonly binding: Binding;
  readonly name: "fastcgi_read_timeout" | "fastcgi_connect_timeout";
  readonly value: SetValue<number>;
}

export const readZero = defineRule({
  id: "timeout/read-zero",
  about: "site",
  alike: true,
  cases: {
    read: {
      severity: "error",
      symptom: {
        when: "always",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
      },
      summary: "fastcgi_read_timeout 0, which leaves no time at all",
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
    title: "a timeout of 0 does not mean no limit",
    fires: [
      "the effective `fastcgi_read_timeout` of a PHP location is 0",
      "its `fastcgi_connect_timeout` is 0 and all its addresses are TCP",
    ],
    silent: [
      markdown`
        only \`fastcgi_connect_timeout\` is 0 and an address is a Unix socket: that connects at once, so 0
        does no harm
      `,
      "nobody listens, which `connect/listen-mismatch` reports",
      "every server is `down`",
    ],
    what: "nginx alone decides, so it does not matter whether the pool is in the tree.",
    why: markdown`
      0 switches many settings off, but not these. nginx gives up at the very moment when it starts to
      wait: \`504 Gateway Time-out\` for every request, after a few milliseconds, while PHP-FPM runs the
      script for nobody. \`nginx -t\` accepts it.
    `,
    instead: markdown`
      Write the time that a request may take, \`fastcgi_read_timeout 300s;\`, or nothing: the default is
      60s.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_read_timeout",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_connect_timeout",
    ],
  },
  find: zeros,
  cause: ({ name, value }) => `${name} ${sourceOf(value)}`,
  report,
});

function report([first, ...others]: readonly [Zero, ...Zero[]], host: Host): Draft<"read" | "connect"> {
  const { name, value, binding } = first;
  const read = name === "fastcgi_read_timeout";
  return {
    case: read ? "read" : "connect",
    message: `${name} is 0, so nginx gives up as soon as it starts to ${read ? "wait for the response" : "connect"}`,
    at: value.place,
    label: "no time at all, rather than no limit",
    link: way(binding),
    related: others.map((one) => further(one.binding)),
    ...seenByClients(
      "every request that is passed to PHP-FPM ends as 504 Gateway Time-out",
      [first, ...others].map((one) => one.binding),
    ),
    help: helpOf([[write(host, value, `${name} ${nginxDefault(name)};`)]]),
    names: namesOf(binding),
  };
}

function way(binding: Binding): readonly RelatedReport[] {
  const [first] = binding.targets.flatMap((target) =>
    target.down ? [] : target.pools.map((pool) => ({ binding, target, pool })),
  );
  return first === undefined ? [] : linkOf(first);
}

function further({ pass, label }: Binding): RelatedReport {
  return { place: argumentPlace(pass, 0), message: `${label} also gives up at once` };
}

function* zeros(binding: Binding, host: Host): Generator<Zero> {
  if (binding.serves !== "php") return;
  const live = binding.targets.filter(({ down }) => !down);
  // Without any target a variable makes up the address.
  if (binding.targets.length > 0 && !live.some((target) => mayListen(host, target))) return;
  // One server on a Unix socket is enough: nginx asks it when the others have failed.
  const tcp = live.length > 0 && live.every(({ address }) => address.kind === "tcp");
  for (const name of ["fastcgi_read_timeout", "fastcgi_connect_timeout"] as const) {
    const value = effectiveTime(binding.block, name);
    if (value.kind !== "set" || value.value !== 0) continue;
    if (name === "fastcgi_read_timeout" || tcp) yield { binding, name, value };
  }
}

function mayListen(host: Host, { address, pools }: Target): boolean {
  return pools.length > 0 || host.pools.length === 0 || !isLocal(address);
}
