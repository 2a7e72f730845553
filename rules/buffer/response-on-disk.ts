import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { OptionsSchema } from "../../src/engine/rule.js";
import { certainty, furtherLocations, type Known, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairs, showBytes } from "../../src/evidence/pairs.js";
import { isStream } from "../../src/evidence/streams.js";
import { helpOf, replace } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { sizeBytes } from "../../src/nginx/syntax/values.js";
import { effectiveBuffers, effectiveFlag, effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import type { Place } from "../../src/source/file.js";

interface Options {
  readonly page: string;
}

interface Small extends Pair {
  readonly buffers: Known<{ readonly count: number; readonly size: number }>;
  readonly bytes: number;
  /** Where temporary files are switched off; `null`: they are not. */
  readonly off: Place | null;
}

const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    page: {
      type: "string",
      pattern: "^[0-9]+[kKmM]?$",
      default: "64k",
      description: "what a typical page has; buffers set by hand to less than half of it are reported",
    },
  },
};

export const responseOnDisk = defineRule({
  id: "buffer/response-on-disk",
  about: "host",
  cases: {
    small: {
      severity: "info",
      symptom: {
        when: "large-response",
        status: 200,
        log: "an upstream response is buffered to a temporary file",
      },
      summary: "buffers so small that ordinary pages go through a temporary file",
    },
    "no-file": {
      severity: "info",
      symptom: { when: "saturation", status: null, log: null },
      summary: "no temporary files and small buffers: a slow client holds its worker",
    },
  },
  docs: {
    title: "responses that do not fit into nginx's buffers",
    what: "Fires when `fastcgi_buffers` were set to less than half of the option `page` (64k), which is less than nginx's default of 32k, and when `fastcgi_max_temp_file_size 0` stands with buffers below `page`. Silent for nginx's default buffers with temporary files, where `fastcgi_buffering` is off, where responses are kept by `fastcgi_cache` or `fastcgi_store`, and where the location is named after streams, uploads or downloads.",
    why: "nginx takes a response into `fastcgi_buffers` and sends it to the client at the client's pace. What does not fit goes to a file in `fastcgi_temp_path`, which costs a write and a read for each page and is logged as a warning. With `fastcgi_max_temp_file_size 0` the rest stays where it is: PHP waits, and its worker is busy for as long as the slowest client reads.",
    instead: "`fastcgi_buffers 16 16k;` holds most pages; leave `fastcgi_max_temp_file_size` alone.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_buffers",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_max_temp_file_size",
    ],
    twins: { bad: "bad-small-buffers", ok: "ok-default" },
  },
  options,
  proof: {
    kind: "daemons",
    requests: [{ path: "/page.php" }],
    observe: { "no-file": "slow-client-holds-worker" },
  },
  *check(host, { page }: Options) {
    const typical = sizeBytes(page) ?? 65536;
    const found = [...small(host, typical)];
    const key = (one: Small): string =>
      `${one.off === null ? sourceOf(one.buffers) : `off ${one.off.span.file.path}:${one.off.span.start}`} ${one.target.assumed}`;
    for (const group of groupBy(found, key)) {
      const [first] = group;
      const { buffers, bytes, off, binding, pool } = first;
      const at = off ?? placeOf(buffers);
      const place = off === null ? null : placeOf(buffers);
      if (at === null) continue;
      const words = `fastcgi_buffers ${buffers.value.count} ${showBytes(buffers.value.size)}${buffers.kind === "default" ? " (the default)" : ""}`;
      yield {
        case: off === null ? "small" : "no-file",
        ...certainty(first),
        message:
          off === null
            ? `${words} hold ${showBytes(bytes)}, and a page of ${page} goes through a temporary file`
            : `fastcgi_max_temp_file_size is 0, and ${words} hold only ${showBytes(bytes)} of a response`,
        at,
        label: off === null ? `room for ${showBytes(bytes)}` : "what does not fit stays with PHP",
        link: linkOf(first),
        related: [
          ...(place === null ? [] : [{ place, message: `room for ${showBytes(bytes)}` }]),
          ...furtherLocations(group),
        ],
        effect:
          off === null
            ? "each page is written to disk and read again"
            : "a client that reads slowly keeps a worker of PHP-FPM busy",
        help: help(host, first, at),
        names: namesOf(binding, pool),
      };
    }
  },
});

function help(host: Host, { binding, off }: Small, at: Place): HelpDraft {
  if (off !== null) return helpOf([[replace(host, at, "fastcgi_max_temp_file_size 1024m;")]]);
  const busy = effectiveNode(binding.block, "fastcgi_busy_buffers_size");
  return helpOf([
    [
      replace(host, at, "fastcgi_buffers 16 16k;"),
      // What was computed or chosen for the small ones would be refused beside the large.
      busy.kind === "set" ? replace(host, headPlace(busy.node), "fastcgi_busy_buffers_size 32k;") : null,
    ].filter((edit) => edit !== null),
  ]);
}

function* small(host: Host, typical: number): Generator<Small> {
  for (const pair of pairs(host)) {
    const { block } = pair.binding;
    const buffers = effectiveBuffers(block, "fastcgi_buffers");
    const buffering = effectiveFlag(block, "fastcgi_buffering");
    if (buffers.kind === "unknown" || buffering.kind === "unknown" || !buffering.value) continue;
    // What is kept goes through a file in any case, whatever the limit of temporary ones.
    if (isStream(pair) || KEEPING.some((name) => isKept(block, name))) continue;
    const bytes = buffers.value.count * buffers.value.size;
    const temporary = effectiveNode(block, "fastcgi_max_temp_file_size");
    const off =
      temporary.kind === "set" && sizeBytes(argument(temporary.node, 0) ?? "") === 0
        ? argumentPlace(temporary.node, 0)
        : null;
    if (off !== null ? bytes < typical : buffers.kind === "set" && bytes * 2 < typical)
      yield { ...pair, buffers, bytes, off };
  }
}

const KEEPING = ["fastcgi_cache", "fastcgi_store"];

function isKept(block: Node, name: string): boolean {
  const found = effectiveNode(block, name);
  return found.kind === "unknown" || (found.kind === "set" && argument(found.node, 0) !== "off");
}
