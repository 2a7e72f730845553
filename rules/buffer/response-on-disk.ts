import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { OptionsSchema } from "../../src/engine/rule.js";
import { certainty, furtherLocations, type Known } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairsOf, showBytes, shown } from "../../src/evidence/pairs.js";
import { isStream } from "../../src/evidence/streams.js";
import { helpOf, replace } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { sizeBytes } from "../../src/nginx/syntax/values.js";
import { effectiveBuffers, effectiveFlag, effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { placeOf } from "../../src/source/effective.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Options {
  readonly page: string;
}

interface Small extends Pair {
  readonly buffers: Known<{ readonly count: number; readonly size: number }>;
  readonly bytes: number;
  /** The place that switches temporary files off; `null`: they are on. */
  readonly off: Place | null;
  /** `off`, else what sets the buffers. */
  readonly at: Place;
}

const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    page: {
      type: "string",
      pattern: "^[0-9]+[kKmM]?$",
      default: "64k",
      description: "the size of a typical page; buffers set by hand to less than half of it are reported",
    },
  },
};

type Case = "small" | "no-file";

export const responseOnDisk = defineRule({
  id: "buffer/response-on-disk",
  about: "site",
  alike: true,
  reads: ["site", "pool", "directory"],
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
    fires: [
      markdown`
        \`fastcgi_buffers\` were set to less than half of the option \`page\` (64k), which is less than
        nginx's default of 32k
      `,
      "`fastcgi_max_temp_file_size` is 0 and the buffers hold less than `page`",
    ],
    silent: [
      "nginx's default buffers are used together with temporary files",
      "`fastcgi_buffering` is off",
      "`fastcgi_cache` or `fastcgi_store` keeps the responses",
      "the location, its script, the pool or the server is named after streams, uploads or downloads",
    ],
    why: markdown`
      nginx takes a response into \`fastcgi_buffers\` and sends it to the client at the client's pace.
      What does not fit goes to a file in \`fastcgi_temp_path\`, which costs a write and a read for each
      page and is logged as a warning. With \`fastcgi_max_temp_file_size 0\` the rest stays where it is:
      PHP waits, and its worker is busy for as long as the slowest client reads.
    `,
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
  find: small,
  cause: ({ at, off, target }) => `${off !== null} ${at.span.file.path}:${at.span.start} ${target.assumed}`,
  report,
});

function report(group: readonly [Small, ...Small[]], host: Host, { page }: Options): Draft<Case> {
  const [first] = group;
  const { buffers, bytes, off, at, binding, pool } = first;
  const place = off === null ? null : placeOf(buffers);
  const room = `room for ${showBytes(bytes)}`;
  const written = `fastcgi_buffers ${shown(buffers, ({ count, size }) => `${count} ${showBytes(size)}`)}`;
  return {
    case: off === null ? "small" : "no-file",
    ...certainty(first),
    message:
      off === null
        ? `${written} hold ${showBytes(bytes)}, and a page of ${page} goes through a temporary file`
        : `fastcgi_max_temp_file_size is 0, and ${written} hold only ${showBytes(bytes)} of a response`,
    at,
    label: off === null ? room : "what does not fit stays with PHP",
    link: linkOf(first),
    related: [...(place === null ? [] : [{ place, message: room }]), ...furtherLocations(group)],
    effect:
      off === null
        ? "each page is written to disk and read again"
        : "a client that reads slowly keeps a worker of PHP-FPM busy",
    help: help(host, first),
    names: namesOf(binding, pool),
  };
}

function help(host: Host, { binding, off, at }: Small): HelpDraft {
  if (off !== null) return helpOf([[replace(host, at, "fastcgi_max_temp_file_size 1024m;")]]);
  const busy = effectiveNode(binding.block, "fastcgi_busy_buffers_size");
  return helpOf([
    [
      replace(host, at, "fastcgi_buffers 16 16k;"),
      // nginx would refuse a busy size chosen for the small buffers next to the large ones.
      busy.kind === "set" ? replace(host, headPlace(busy.node), "fastcgi_busy_buffers_size 32k;") : null,
    ].filter((edit) => edit !== null),
  ]);
}

function* small(binding: Binding, _host: Host, { page }: Options): Generator<Small> {
  const typical = sizeBytes(page) ?? 0;
  const { block } = binding;
  for (const pair of pairsOf(binding)) {
    const buffers = effectiveBuffers(block, "fastcgi_buffers");
    const buffering = effectiveFlag(block, "fastcgi_buffering");
    if (buffers.kind === "unknown" || buffering.kind === "unknown" || !buffering.value) continue;
    // A response that is kept goes through a file in any case, whatever the limit of temporary files.
    if (isStream(pair) || KEEPING.some((name) => isKept(block, name))) continue;
    const bytes = buffers.value.count * buffers.value.size;
    const temporary = effectiveNode(block, "fastcgi_max_temp_file_size");
    const off =
      temporary.kind === "set" && sizeBytes(argument(temporary.node, 0) ?? "") === 0
        ? argumentPlace(temporary.node, 0)
        : null;
    const at = off ?? (buffers.kind === "set" ? buffers.place : null);
    if (at !== null && bytes * (off === null ? 2 : 1) < typical) yield { ...pair, buffers, bytes, off, at };
  }
}

const KEEPING = ["fastcgi_cache", "fastcgi_store"];

function isKept(block: Node, name: string): boolean {
  const found = effectiveNode(block, name);
  return found.kind === "unknown" || (found.kind === "set" && argument(found.node, 0) !== "off");
}
