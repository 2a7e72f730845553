import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import type { Known } from "../../src/evidence/grouping.js";
import { sourceOf } from "../../src/evidence/grouping.js";
import { editKey, helpOf, writeOn } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import { answers } from "../../src/model/pass/bindings.js";
import {
  BUFFER_DIRECTIVES,
  BUFFER_PREFIXES,
  type BufferPrefix,
  bufferLines,
  bufferNumbers,
  buffersWithHeader,
  effectiveBufferSizes,
  sizeText,
} from "../../src/nginx/checks/buffers.js";
import { nginxDefault } from "../../src/nginx/facts/directives.js";
import { sizeBytes } from "../../src/nginx/syntax/values.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import {
  argumentPlace,
  childrenNamed,
  descendantsOf,
  enclosing,
  everywhere,
  headText,
} from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

interface Options {
  readonly minimum: string;
}

interface Small {
  readonly pass: Node;
  readonly block: Node;
  readonly prefix: BufferPrefix;
  readonly size: Known<number>;
  readonly case: "zero" | "below-default" | "small";
}

const tooBig = {
  when: "large-header",
  status: 502,
  log: "upstream sent too big header while reading response header from upstream",
} as const;

type Case = "zero" | "below-default" | "small";

export const headerTooSmall = defineRule({
  id: "buffer/header-too-small",
  about: "host",
  alike: true,
  cases: {
    zero: {
      severity: "error",
      symptom: {
        when: "always",
        status: 502,
        log: "upstream prematurely closed connection while reading response header from upstream",
      },
      summary: "the buffer for the response header has no room at all",
    },
    "below-default": {
      severity: "warning",
      symptom: tooBig,
      summary: "the buffer for the response header was made smaller than nginx's default",
    },
    small: {
      severity: "info",
      symptom: tooBig,
      summary: "the buffer for the response header is small, often because it is the default",
    },
  },
  docs: {
    title: "fastcgi_buffer_size too small for response headers",
    fires: [
      markdown`
        a location with a \`fastcgi_pass\` (or \`proxy_pass\`, \`scgi_pass\`, \`uwsgi_pass\`) has an
        effective \`fastcgi_buffer_size\` of 0
      `,
      "the size was set below nginx's default",
      "the size is below the option `minimum`",
    ],
    silent: ["the size is at least `minimum` (8k unless configured)", "the size is unknown"],
    what: "Locations that rely on the default are one report for each protocol.",
    why: markdown`
      nginx reads the whole header of a response into this one buffer; \`fastcgi_buffers\` are for the
      rest. A header may not fit because it sets many or long cookies, redirects to a long address or
      carries headers for debugging. Such a response is a \`502 Bad Gateway\`, while all other pages work.
      The FastCGI record and nginx's own parsing take up a little of the room. \`fastcgi_buffer_size 0\`
      passes \`nginx -t\` and turns every response into a 502.
    `,
    instead: markdown`
      Raise it together with the buffers, because nginx refuses \`fastcgi_buffer_size 16k;\` alone:

      \`\`\`
      fastcgi_buffer_size 16k;
      fastcgi_buffers 8 16k;
      \`\`\`
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_buffer_size",
      "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffer_size",
    ],
  },
  options: {
    type: "object",
    additionalProperties: false,
    properties: {
      minimum: {
        type: "string",
        pattern: "^[0-9]+[kKmM]?$",
        default: "8k",
        description: "the smallest size that is not reported, as nginx writes sizes",
      },
    },
  },
  *check(host, { minimum }: Options) {
    const enough = sizeBytes(minimum) ?? 0;
    const key = ({ prefix, size }: Small): string => `${prefix} ${sourceOf(size)}`;
    for (const group of groupBy(small(host, enough), key)) yield* report(host, group, enough);
  },
});

function* small(host: Host, enough: number): Generator<Small> {
  // `stream` also has a proxy_pass, but no headers.
  const http = host.nginx === null ? [] : childrenNamed(host.nginx.root, "http");
  for (const pass of descendantsOf(http)) {
    const prefix = BUFFER_PREFIXES.find((one) => pass.name === `${one}_pass`);
    const block = pass.parent;
    if (prefix === undefined || block === null || !answers(pass, block)) continue;
    const size = effectiveBufferSizes(block, prefix).buffer_size;
    if (size.kind === "unknown") continue;
    if (size.value === 0) yield { pass, block, prefix, size, case: "zero" };
    else if (size.value < enough) yield { pass, block, prefix, size, case: caseOf(prefix, size.value) };
  }
}

function caseOf(prefix: BufferPrefix, bytes: number): Small["case"] {
  return bytes < defaultSize(prefix) ? "below-default" : "small";
}

function defaultSize(prefix: BufferPrefix): number {
  return sizeBytes(nginxDefault(`${prefix}_buffer_size`)) ?? 0;
}

function* report(host: Host, group: readonly [Small, ...Small[]], enough: number): Generator<Draft<Case>> {
  const [first] = group;
  const { prefix, size } = first;
  const at = placeOf(size);
  if (at === null) return;
  const bytes = sizeText(size.value);
  const others = size.kind === "default" ? group.slice(1) : group;
  yield {
    case: first.case,
    message: message(first, enough),
    at,
    label: size.kind === "default" ? `${prefix}_buffer_size is ${bytes} here (the default)` : null,
    related: others.map(({ pass }) => ({
      place: argumentPlace(pass, 0),
      message: `the response headers of ${label(pass)} must fit into it`,
      // A default is written nowhere: each location has it for itself.
      ...(size.kind === "default" ? { alike: true } : {}),
    })),
    ...seenByClients(
      first.case === "zero"
        ? "every request to this location ends as 502 Bad Gateway"
        : `a response with more than about ${bytes} of headers (cookies, long redirects, debugging) ends as 502 Bad Gateway`,
      group.map(({ pass, block }) => ({
        location: enclosing(pass, "location") ?? block,
        server: enclosing(pass, "server"),
      })),
    ),
    help: help(host, group, enough),
    names: [label(first.pass), prefix],
  };
}

function message({ prefix, size, case: name }: Small, enough: number): string {
  const directive = `${prefix}_buffer_size`;
  const usual = sizeText(defaultSize(prefix));
  const bytes = sizeText(size.value);
  const value = `${bytes}${size.kind === "default" ? " (the default)" : ""}`;
  if (name === "zero") return `${directive} is 0, so no response header fits, not even a small one`;
  if (name === "below-default")
    return `${directive} is ${value}, below nginx's default of ${usual}: response headers above ${bytes} are refused`;
  return `${directive} is ${value}, below the minimum of ${sizeText(enough)}: response headers above ${bytes} are refused`;
}

/** Twice what is just enough, or twice nginx's default where that is more, and the other sizes that nginx then demands. */
function help(host: Host, group: readonly [Small, ...Small[]], enough: number): HelpDraft {
  const [{ prefix, size }] = group;
  const wanted = 2 * Math.max(enough, defaultSize(prefix));
  const everywhere = size.kind === "default" && group.length > 1 ? untouched(host, prefix) : null;
  const edits = (everywhere === null ? group : group.slice(0, 1)).flatMap(({ block }) => {
    const level = everywhere ?? levelOf(block, prefix);
    const now = bufferNumbers(effectiveBufferSizes(block, prefix));
    return bufferLines(prefix, now, buffersWithHeader(now, wanted)).map((line): Edit => {
      const name = line.split(" ")[0] ?? "";
      return writeOn(host, level, name, line);
    });
  });
  const places = new Map(edits.map((edit) => [editKey(edit) + edit.lines.join(), edit]));
  return helpOf([[...places.values()]]);
}

/** The block that sets the size, or the location: nginx allows none of these directives in an `if`. */
function levelOf(block: Node, prefix: BufferPrefix): Node {
  const found = effectiveNode(block, `${prefix}_buffer_size`);
  const level = found.kind === "set" ? found.node.parent : null;
  return level ?? enclosing(block, "location") ?? block;
}

/** The `http` block where no level sets any of the sizes, so that a size set there applies everywhere; else `null`. */
function untouched(host: Host, prefix: BufferPrefix): Node | null {
  const [http] = host.nginx === null ? [] : childrenNamed(host.nginx.root, "http");
  if (http === undefined || http.directive.block === null) return null;
  const names = BUFFER_DIRECTIVES.map((name) => `${prefix}_${name}`);
  // `stream` has a proxy_buffer_size, too.
  const isSet = (name: string) => everywhere(http, name).some((node) => enclosing(node, "http") === http);
  return names.some(isSet) ? null : http;
}

function label(pass: Node): string {
  const location = enclosing(pass, "location");
  const server = enclosing(pass, "server");
  const place = location === null ? pass.name : headText(location);
  return `${place}${server === null ? "" : ` of ${serverLabel(server)}`}`;
}
