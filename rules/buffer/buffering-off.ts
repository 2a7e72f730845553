import { type Draft, defineRule } from "../../src/engine/define.js";
import { certainty, furtherLocations, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairsOf } from "../../src/evidence/pairs.js";
import { isGeneral, isStream } from "../../src/evidence/streams.js";
import { helpOf, replace } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { takesBodies } from "../../src/nginx/location/passed.js";
import { effectiveFlag } from "../../src/nginx/tree/effective.js";
import { headText } from "../../src/nginx/tree/nodes.js";
import type { SetValue } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

interface Off extends Pair {
  readonly name: "fastcgi_buffering" | "fastcgi_request_buffering";
  readonly value: SetValue<boolean>;
}

const symptom = { when: "saturation", status: null, log: null } as const;

export const bufferingOff = defineRule({
  id: "buffer/buffering-off",
  about: "site",
  alike: true,
  reads: ["site", "pool", "directory"],
  cases: {
    response: {
      severity: "warning",
      symptom,
      summary: "fastcgi_buffering off for all scripts: a worker is held for as long as the client reads",
    },
    request: {
      severity: "info",
      symptom,
      summary:
        "fastcgi_request_buffering off for all scripts: a worker is held for as long as the client sends, and PHP gets no chunked upload",
    },
  },
  docs: {
    title: "slow clients hold workers",
    fires: [
      markdown`
        \`fastcgi_buffering off\` or \`fastcgi_request_buffering off\` is in effect in a PHP location for
        scripts in general: one that takes \`/index.php\` and any other script, or one to which
        \`try_files\` hands the pages of the site
      `,
    ],
    silent: [
      "the location is for a single script",
      markdown`
        the path, the script, the pool or the server is named after streams, events, uploads or downloads:
        there it is intended
      `,
      "only `fastcgi_request_buffering` is off and no request with a body gets through",
    ],
    what: markdown`
      A script that sends \`X-Accel-Buffering: yes\` has its response buffered all the same, which no file
      shows.
    `,
    why: markdown`
      nginx is good at slow clients, PHP-FPM is not: it only has as many workers as fit into memory. With
      buffers, nginx takes the whole response at once and the worker is free. Without them, the worker
      waits until the client has read the last piece, or has sent the last piece of its form. A few
      clients on bad lines are enough to occupy a whole pool.

      Without buffers for the request nginx does not know the length of an upload that comes in chunks
      (\`Transfer-Encoding: chunked\`, as file sync clients and many apps send them). It passes an empty
      \`CONTENT_LENGTH\`, and PHP reads no body at all: the script runs and stores an empty file. Some
      applications tell to switch it off all the same, so that large uploads need no space on the disk,
      which is why it is only an info.
    `,
    instead: markdown`
      Remove the line, and switch buffering off only where the response is a stream: in a location of its
      own, or with the header \`X-Accel-Buffering: no\` from the script.
    `,
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
  find: off,
  cause: ({ name, value, target }) => `${name} ${sourceOf(value)} ${target.assumed}`,
  report,
});

function* off(binding: Binding): Generator<Off> {
  const { location, block } = binding;
  for (const pair of pairsOf(binding)) {
    if (!isGeneral(pair) || isStream(pair)) continue;
    for (const name of ["fastcgi_buffering", "fastcgi_request_buffering"] as const) {
      const value = effectiveFlag(block, name);
      // Without a body there is nothing that a client could send slowly.
      if (name === "fastcgi_request_buffering" && !takesBodies(location)) continue;
      if (value.kind === "set" && !value.value) yield { ...pair, name, value };
    }
  }
}

function report(group: readonly [Off, ...Off[]], host: Host): Draft<"response" | "request"> {
  const [first] = group;
  const { name, value, binding, pool } = first;
  const response = name === "fastcgi_buffering";
  const client = response ? "reads" : "sends";
  return {
    case: response ? "response" : "request",
    ...certainty(first),
    message: `${name} is off for ${headText(binding.location)}: a worker of pool [${pool.name}] is held for as long as the client ${client}`,
    at: value.place,
    label: `the worker waits for a client that ${client} slowly`,
    link: linkOf(first),
    related: furtherLocations(group),
    effect: response
      ? "a few slow clients occupy all workers, and everybody else waits"
      : "an upload that is sent in chunks has no CONTENT_LENGTH, so PHP reads an empty body; and a few slow clients occupy all workers",
    help: helpOf([[replace(host, value.place, `${name} on;`)]]),
    names: [...namesOf(binding, pool), name],
  };
}
