import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import type { RuleCase } from "../../src/engine/rule.js";
import { helpOf, writeOn } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import {
  acceptedBuffers,
  BUFFER_DIRECTIVES,
  BUFFER_PREFIXES,
  type BufferPrefix,
  type BufferRefusal,
  type BufferSizes,
  bufferLines,
  bufferNumbers,
  bufferRefusal,
  busyRoom,
  busySize,
  type EffectiveBufferSizes,
  effectiveBufferSizes,
  largestBuffer,
  sizeText,
} from "../../src/nginx/checks/buffers.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { childrenNamed, descendantsOf, enclosing, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

type Name = (typeof BUFFER_DIRECTIVES)[number];

interface Fault {
  readonly block: Node;
  readonly prefix: BufferPrefix;
  readonly refusal: BufferRefusal;
  readonly sizes: EffectiveBufferSizes;
  readonly numbers: BufferSizes;
}

const refused = (summary: string, log: string): RuleCase => ({
  severity: "error",
  symptom: { when: "start", status: null, log },
  summary,
});

type Case =
  | "too-few-buffers"
  | "busy-too-small"
  | "busy-too-large"
  | "write-size-too-small"
  | "temp-file-too-small";

export const busySizeInvalid = defineRule({
  id: "buffer/busy-size-invalid",
  about: "host",
  alike: true,
  cases: {
    "too-few-buffers": refused("a single buffer", "there must be at least 2"),
    "busy-too-small": refused(
      "the busy size is smaller than one buffer or the header's buffer",
      "must be equal to or greater than the maximum of the value of",
    ),
    "busy-too-large": refused(
      "the busy size, written or computed, is larger than all buffers but one",
      "must be less than the size of all",
    ),
    "write-size-too-small": refused(
      "the pieces written to the temporary file are smaller than a buffer",
      "must be equal to or greater than the maximum of the value of",
    ),
    "temp-file-too-small": refused(
      "the temporary file may not hold even one buffer",
      "must be equal to zero to disable temporary files usage",
    ),
  },
  docs: {
    title: "buffer sizes that nginx refuses in combination",
    fires: [
      "a server or a location has fewer than two `fastcgi_buffers`",
      "`fastcgi_busy_buffers_size` is below the larger of `fastcgi_buffer_size` and one buffer",
      "`fastcgi_busy_buffers_size` is above all buffers but one",
      "`fastcgi_temp_file_write_size` is below the larger of `fastcgi_buffer_size` and one buffer",
      "`fastcgi_max_temp_file_size` is below the larger of the two as well, and not 0",
    ],
    silent: [
      "a value is a variable or was not read",
      markdown`
        the sizes are set at \`http\` level and no \`server\` inherits them: nginx only checks servers and
        locations
      `,
    ],
    what: markdown`
      These are nginx's five checks of the effective sizes of a server or a location. They are the same
      for \`proxy_*\`, \`scgi_*\` and \`uwsgi_*\`. Defaults are those of machines with 4 KiB pages.
    `,
    why: markdown`
      nginx checks each server and each location after merging in what they inherit. So the two values of
      a bad pair may be in different files, and a location that never uses FastCGI may fail the check.
      \`fastcgi_busy_buffers_size\` takes part even where nobody wrote it: it is twice the larger of
      \`fastcgi_buffer_size\` and one buffer, so \`fastcgi_buffer_size 16k;\` alone is refused, given the
      default of eight buffers of 4k. nginx names the line of the closing brace, not that of the
      directive. It does not start, and a reload keeps the old configuration.
    `,
    instead: markdown`
      Raise \`fastcgi_buffers\` together with \`fastcgi_buffer_size\`:

      \`\`\`
      fastcgi_buffer_size 16k;
      fastcgi_buffers 8 16k;
      \`\`\`
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_busy_buffers_size",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_buffers",
      "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_busy_buffers_size",
    ],
  },
  *check(host) {
    const seen = new Set<string>();
    for (const fault of faults(host)) {
      const key = `${fault.refusal} ${fault.prefix} ${involved(fault).map(keyOf(fault)).join(" ")}`;
      // What forty servers inherit is one cause, reported at the first that nginx reads.
      if (!seen.has(key)) yield report(host, fault);
      seen.add(key);
    }
  },
});

function* faults(host: Host): Generator<Fault> {
  // `stream` has servers and a proxy_buffer_size of its own, and none of these checks.
  const http = host.nginx === null ? [] : childrenNamed(host.nginx.root, "http");
  const judged = new Map<Node, Set<BufferPrefix>>();
  for (const block of descendantsOf(http)) {
    // A `server` without a block is a line of an upstream.
    if (block.directive.block === null || !/^(?:server|location)$/.test(block.name)) continue;
    for (const prefix of BUFFER_PREFIXES) {
      if (!BUFFER_DIRECTIVES.some((name) => setsIt(block, prefix, name))) {
        // A location that sets none of them has the values that its server was checked for.
        if (block.name === "location") continue;
        // All servers that set none of them have the same.
        if (!block.partial && block.parent !== null) {
          const known = judged.get(block.parent) ?? new Set();
          if (known.has(prefix)) continue;
          judged.set(block.parent, known.add(prefix));
        }
      }
      const sizes = effectiveBufferSizes(block, prefix);
      const numbers = bufferNumbers(sizes);
      const refusal = bufferRefusal(numbers);
      if (refusal !== null) yield { block, prefix, refusal, sizes, numbers };
    }
  }
}

function setsIt(block: Node, prefix: BufferPrefix, name: Name): boolean {
  return childrenNamed(block, `${prefix}_${name}`).length > 0;
}

/** The sizes that take part in the failing check; the first is the one to change. */
function involved({ refusal, sizes, numbers }: Fault): readonly Name[] {
  const larger: Name = numbers.bufferSize >= numbers.size ? "buffer_size" : "buffers";
  const busy: readonly Name[] = sizes.busy_buffers_size.kind === "set" ? ["busy_buffers_size"] : [larger];
  switch (refusal) {
    case "too-few-buffers":
      return ["buffers"];
    case "busy-too-small":
      return ["busy_buffers_size", larger];
    case "busy-too-large":
      return [...new Set<Name>([...busy, "buffers"])];
    case "write-size-too-small":
      return ["temp_file_write_size", larger];
    case "temp-file-too-small":
      return ["max_temp_file_size", larger];
  }
}

const keyOf =
  ({ sizes }: Fault) =>
  (name: Name): string => {
    const value = sizes[name];
    return value.kind === "set" ? `${value.place.span.file.path}:${value.place.span.start}` : value.kind;
  };

function report(host: Host, fault: Fault): Draft<Case> {
  const { block, prefix, refusal, sizes } = fault;
  const names = involved(fault).filter((name) => sizes[name].kind === "set");
  // Where values of two levels meet, the inner one makes them a bad pair.
  const name = names.find((one) => setsIt(block, prefix, one)) ?? names[0];
  // Also those that nobody wrote; their place is where they would go.
  const others = involved(fault).filter((one) => one !== name);
  const at = name === undefined ? null : placeOf(sizes[name]);
  const inherited = name !== undefined && !setsIt(block, prefix, name);
  const where = `${block.name === "server" && !label(block).startsWith("the server") ? "server " : ""}${label(block)}`;
  return {
    case: refusal,
    message: message(fault),
    at: at ?? headPlace(block),
    label: `${name === undefined ? "this" : written(fault, name)} is part of what nginx refuses`,
    related: [
      ...others.flatMap((other) => {
        const place = placeOf(sizes[other]);
        return place === null ? [] : [{ place, message: `${written(fault, other)} is also in effect` }];
      }),
      ...(inherited ? [{ place: headPlace(block), message: `nginx checks it here, for ${where}` }] : []),
    ],
    effect: "nginx does not start with this configuration; a reload is refused and keeps the old one",
    help: help(host, fault),
    names: [label(block), prefix],
  };
}

/** Fixes the sizes on the level where they meet; the sizes that nobody wrote go there as well. */
function help(host: Host, fault: Fault): HelpDraft {
  const { block, prefix, sizes, numbers } = fault;
  const set = involved(fault).flatMap((name) => {
    const found = effectiveNode(block, `${prefix}_${name}`);
    return found.kind === "set" && found.node.parent !== null ? [found.node.parent] : [];
  });
  const level = innermost(set) ?? block;
  const edits = (after: BufferSizes): readonly Edit[] =>
    bufferLines(prefix, numbers, after).map((line) => writeOn(host, level, line.split(" ")[0] ?? "", line));
  const room = busyRoom(numbers);
  // A busy size that somebody wrote may also be too large by mistake.
  const less = sizes.busy_buffers_size.kind === "set" && room >= largestBuffer(numbers);
  const lower = fault.refusal === "busy-too-large" && less ? { ...numbers, busy: room } : null;
  return helpOf([
    lower !== null && bufferRefusal(lower) === null ? edits(lower) : null,
    edits(acceptedBuffers(numbers)),
  ]);
}

function innermost(levels: readonly Node[]): Node | null {
  const depth = (node: Node): number => (node.parent === null ? 0 : 1 + depth(node.parent));
  return [...levels].sort((a, b) => depth(b) - depth(a))[0] ?? null;
}

function label(block: Node): string {
  const server = enclosing(block, "server");
  const name = server === null ? "" : serverLabel(server);
  return block.name === "server" ? name : `${headText(block)}${server === null ? "" : ` of ${name}`}`;
}

/** `fastcgi_buffers 8 4k (the default)`. */
function written({ prefix, sizes, numbers }: Fault, name: Name): string {
  const { count, size } = numbers;
  const value = sizes[name];
  const bytes = value.kind === "unknown" || typeof value.value !== "number" ? 0 : value.value;
  const text = name === "buffers" ? `${count} ${sizeText(size)}` : sizeText(bytes);
  return `${prefix}_${name} ${text}${value.kind === "default" ? " (the default)" : ""}`;
}

function message(fault: Fault): string {
  const { prefix, refusal, sizes, numbers } = fault;
  const [first = "buffers", second = "buffers"] = involved(fault);
  const room = `${written(fault, "buffers")} minus one buffer is ${sizeText(busyRoom(numbers))}`;
  switch (refusal) {
    case "too-few-buffers":
      return `${written(fault, "buffers")} is one buffer, and nginx needs at least two`;
    case "busy-too-large":
      if (sizes.busy_buffers_size.kind === "set") return `${written(fault, first)} is too large: ${room}`;
      return `${prefix}_busy_buffers_size is computed as ${sizeText(busySize(numbers))}, twice the ${sizeText(largestBuffer(numbers))} of ${prefix}_${first}, but ${room}`;
    default:
      return `${written(fault, first)} is less than ${written(fault, second)}`;
  }
}
