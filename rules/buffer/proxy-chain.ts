import { type Draft, defineRule } from "../../src/engine/define.js";
import { type Known, sourceOf } from "../../src/evidence/grouping.js";
import { type Hop, hops } from "../../src/evidence/hops.js";
import { namesOf, showBytes, showMs, shown } from "../../src/evidence/pairs.js";
import { seconds } from "../../src/fpm/pools.js";
import { addInto, helpOf, replace } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { labelOf } from "../../src/model/labels.js";
import { takesBodies } from "../../src/nginx/location/passed.js";
import { effectiveOffset, effectiveTime } from "../../src/nginx/tree/effective.js";
import { headPlace } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import { type Effective, placeOf } from "../../src/source/effective.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "body" | "time" | "worker";

interface Shorter extends Hop {
  readonly case: Case;
  /** Bytes or milliseconds of the server in front; `Infinity`: no limit. */
  readonly front: Known<number>;
  /** Those of the PHP location; but for `worker`, somebody wrote them. */
  readonly back: Known<number>;
}

const NAMES = {
  body: { front: "client_max_body_size", back: "client_max_body_size" },
  time: { front: "proxy_read_timeout", back: "fastcgi_read_timeout" },
  worker: { front: "proxy_read_timeout", back: "fastcgi_read_timeout" },
} as const;

export const proxyChain = defineRule({
  id: "buffer/proxy-chain",
  about: "host",
  alike: true,
  cases: {
    body: {
      severity: "warning",
      symptom: { when: "large-body", status: 413, log: "client intended to send too large body" },
      summary: "a server in front refuses request bodies that the server of the scripts would take",
    },
    time: {
      severity: "warning",
      symptom: {
        when: "slow-request",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
      },
      summary: "a server in front gives up before the server of the scripts does",
    },
    worker: {
      severity: "info",
      symptom: {
        when: "slow-request",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
      },
      summary: "a server in front was told to give up early, and PHP works on without anybody who waits",
    },
  },
  docs: {
    title: "a server in front with tighter limits",
    fires: [
      markdown`
        a location passes by \`proxy_pass\` to a port or socket on which this nginx listens itself, the
        request comes to a PHP location there, and the \`client_max_body_size\` in front is smaller than
        the one that is written for the PHP location
      `,
      "its `proxy_read_timeout` is shorter than the written `fastcgi_read_timeout`",
      markdown`
        its written \`proxy_read_timeout\` is shorter than the default of \`fastcgi_read_timeout\`, and no
        \`request_terminate_timeout\` ends the script by then (info)
      `,
    ],
    silent: [
      "the limit of a body in the PHP location is a default, which nobody asked for",
      "the limits in front are as large or larger",
      "which server answers is not in the files (variables, several names, another program)",
    ],
    what: markdown`
      The limits of a request are those of all servers on its way. Several hops are followed.
    `,
    why: markdown`
      Each server compares the body with its own \`client_max_body_size\`, 1m when nothing sets it, and
      waits for the next one for its own \`proxy_read_timeout\`, 60s. The client gets 413 or 504 from the
      first that gives up, and the larger value further back has no effect.
    `,
    instead: markdown`
      Give the location in front the same limits: \`client_max_body_size 128m;\` and
      \`proxy_read_timeout 300s;\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size",
      "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout",
    ],
    twins: { bad: "bad-body", ok: "ok-same" },
  },
  asksDisk: true,
  *check(host) {
    const found = hops(host).flatMap(shorter);
    for (const group of groupBy(found, key)) yield report(group, host);
  },
});

function key(one: Shorter): string {
  const own = one.front.kind === "default" ? placeText(headPlace(one.first)) : "";
  return `${one.case} ${sourceOf(one.front)} ${own} ${sourceOf(one.back)}`;
}

function placeText({ span }: Place): string {
  return `${span.file.path}:${span.start}`;
}

function shorter(hop: Hop): readonly Shorter[] {
  const { first, to, from } = hop;
  const body = [first, to.block].map((block) => unlimited(effectiveOffset(block, "client_max_body_size")));
  const time = [
    effectiveTime(from.pass.parent ?? from.location, "proxy_read_timeout"),
    effectiveTime(to.block, "fastcgi_read_timeout"),
  ];
  const bodies = takesBodies(first) && takesBodies(to.location);
  return [...(bodies ? [["body", body] as const] : []), ["time", time] as const].flatMap(
    ([what, pair]): readonly Shorter[] => {
      const [front, back] = pair;
      if (front === undefined || back === undefined) return [];
      if (front.kind === "unknown" || back.kind === "unknown" || front.value >= back.value) return [];
      if (back.kind === "default") {
        const alone = what === "time" && front.kind === "set" && front.value > 0 && first === from.location;
        return alone && worksOn(to, front.value) ? [{ ...hop, case: "worker", front, back }] : [];
      }
      // For both 0 is a fault of its own.
      return what === "time" && (front.value === 0 || first !== from.location)
        ? []
        : [{ ...hop, case: what, front, back }];
    },
  );
}

/** Whether a script may still run long after so many milliseconds. */
function worksOn({ targets }: Binding, after: number): boolean {
  const limits = targets
    .flatMap(({ pools }) => pools)
    .map((pool) => seconds(pool, "request_terminate_timeout"));
  return limits.some(
    (one) => one.kind !== "unknown" && ((one.value ?? 0) === 0 || (one.value ?? 0) * 1000 > 1.5 * after),
  );
}

function unlimited(value: Effective<number>): Effective<number> {
  return value.kind === "unknown" || value.value !== 0 ? value : { ...value, value: Infinity };
}

function report(group: readonly [Shorter, ...Shorter[]], host: Host): Draft<Case> {
  const [one] = group;
  const { case: what, front, back, first, from, to } = one;
  const body = what === "body";
  const show = (value: number): string =>
    body ? (value === Infinity ? "any size" : showBytes(value)) : showMs(value);
  const line = `${NAMES[what].front} ${body ? (back.value === Infinity ? "0" : showBytes(back.value).replace(" bytes", "")) : showMs(back.value)};`;
  const label = labelOf(first, from.server);
  const written = placeOf(back);
  return {
    case: what,
    message: body
      ? `${label} takes bodies up to ${shown(front, show)} and passes to ${to.label}, which takes ${show(back.value)}`
      : what === "time"
        ? `${label} waits ${shown(front, show)} for ${to.label}, which waits ${show(back.value)} for PHP`
        : `${label} gives up after ${show(front.value)}, but ${to.label} waits ${shown(back, show)} for PHP, which works on`,
    at: (front.kind === "set" ? placeOf(front) : null) ?? headPlace(first),
    label: body ? "the length is compared here first" : "this server gives up first",
    related: [
      { place: headPlace(from.pass), message: "passes to a server of the same nginx" },
      ...(written === null || back.kind === "default"
        ? []
        : [{ place: written, message: `${NAMES[what].back} of ${to.label}` }]),
      ...group.slice(1).map((other) => ({ place: headPlace(other.from.pass), message: "passes there also" })),
    ],
    effect: body
      ? `a request body larger than ${show(front.value)} ends as 413 Request Entity Too Large at the server in front`
      : `a request that takes longer than ${show(front.value)} ends as 504 Gateway Time-out at the server in front, and its worker stays busy`,
    help: helpOf(
      [[front.kind === "set" ? replace(host, front.place, line) : addInto(host, headPlace(first), line)]],
      what === "worker"
        ? `or let PHP-FPM end such requests as well: request_terminate_timeout = ${showMs(front.value)}`
        : null,
    ),
    names: [...namesOf(to), label],
  };
}
