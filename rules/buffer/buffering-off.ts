import { defineRule } from "../../src/engine/define.js";
import { certainty, furtherLocations, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import { isGeneral, isStream } from "../../src/evidence/streams.js";
import { helpOf, replace } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { takesBodies } from "../../src/nginx/location/passed.js";
import { effectiveFlag } from "../../src/nginx/tree/effective.js";
import { headText } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import type { SetValue } from "../../src/source/effective.js";

interface Off extends Pair {
  readonly name: "fastcgi_buffering" | "fastcgi_request_buffering";
  readonly value: SetValue<boolean>;
}

const symptom = { when: "saturation", status: null, log: null } as const;

export const bufferingOff = defineRule({
  id: "buffer/buffering-off",
  about: "host",
  cases: {
    response: {
      severity: "warning",
      symptom,
      summary: "fastcgi_buffering off for all scripts: a worker is held for as long as the client reads",
    },
    request: {
      severity: "warning",
      symptom,
      summary:
        "fastcgi_request_buffering off for all scripts: a worker is held for as long as the client sends",
    },
  },
  docs: {
    title: "slow clients hold workers",
    what: "Fires when `fastcgi_buffering off` or `fastcgi_request_buffering off` is in effect in a PHP location for scripts in general: it takes `/index.php` and any other script, or the pages of the site are handed on to it by `try_files`.\n\nSilent for locations of single scripts; where the path, the script, the pool or the server is named after streams, events, uploads or downloads, where it is meant; and about `fastcgi_request_buffering` where no request with a body gets through. A script that sends `X-Accel-Buffering: yes` has its response buffered all the same, which no file shows.",
    why: "nginx is good at slow clients, PHP-FPM is not: it has as many workers as there is memory. With buffers nginx takes the whole response at once and the worker is free; without, the worker waits until the client has read the last piece, or sent the last piece of its form. A few clients on bad lines are enough to occupy a whole pool.",
    instead:
      "Remove the line, and switch buffering off only where the response is a stream: in a location of its own, or with the header `X-Accel-Buffering: no` from the script.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_buffering",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_request_buffering",
    ],
    twins: { bad: "bad-response", ok: "ok-on" },
  },
  proof: {
    kind: "daemons",
    requests: [{ path: "/page.php" }],
    observe: { response: "slow-client-holds-worker", request: "slow-upload-holds-worker" },
  },
  *check(host) {
    const key = ({ name, value, target }: Off): string => `${name} ${sourceOf(value)} ${target.assumed}`;
    for (const group of groupBy(off(host), key)) {
      const [first] = group;
      const { name, value, binding, pool } = first;
      const response = name === "fastcgi_buffering";
      const client = response ? "reads" : "sends";
      yield {
        case: response ? "response" : "request",
        ...certainty(first),
        message: `${name} is off for ${headText(binding.location)}: a worker of pool [${pool.name}] is held for as long as the client ${client}`,
        at: value.place,
        label: `the worker waits for the client that ${client} slowly`,
        link: linkOf(first),
        related: furtherLocations(group),
        effect: "a few slow clients occupy all workers, and everybody else waits",
        help: helpOf([[replace(host, value.place, `${name} on;`)]]),
        names: [...namesOf(binding, pool), name],
      };
    }
  },
});

function* off(host: Host): Generator<Off> {
  for (const pair of pairs(host)) {
    const { location, block } = pair.binding;
    if (!isGeneral(pair) || isStream(pair)) continue;
    for (const name of ["fastcgi_buffering", "fastcgi_request_buffering"] as const) {
      const value = effectiveFlag(block, name);
      // Without a body there is nothing that a client could send slowly.
      if (name === "fastcgi_request_buffering" && !takesBodies(location)) continue;
      if (value.kind === "set" && !value.value) yield { ...pair, name, value };
    }
  }
}
