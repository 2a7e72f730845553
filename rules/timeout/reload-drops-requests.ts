import { type Draft, defineRule } from "../../src/engine/define.js";
import { certainty, type Known } from "../../src/evidence/grouping.js";
import { type Pair, pairs, showMs, shown, showSeconds } from "../../src/evidence/pairs.js";
import { globalSetting } from "../../src/fpm/pools.js";
import { readSeconds } from "../../src/fpm/settings/values.js";
import type { FpmMaster } from "../../src/fpm/types.js";
import { addBefore, helpOf, write } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { effectiveTime } from "../../src/nginx/tree/effective.js";
import { placeOf } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

/** Seconds in which most requests end. */
const MOST_REQUESTS = 10;

type Case = "frozen" | "killed";

export const reloadDropsRequests = defineRule({
  id: "timeout/reload-drops-requests",
  about: "master",
  alike: true,
  cases: {
    frozen: {
      severity: "warning",
      symptom: {
        when: "reload",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while reading response header from upstream",
      },
      summary: "process_control_timeout at or above fastcgi_read_timeout: new requests wait for the old ones",
    },
    killed: {
      severity: "info",
      symptom: {
        when: "reload",
        status: 502,
        log: "recv() failed (104: Connection reset by peer) while reading response header from upstream",
      },
      summary: "process_control_timeout 0, the default: a reload kills running requests",
    },
  },
  docs: {
    title: "a reload of PHP-FPM costs requests",
    fires: [
      "`process_control_timeout` of a master is 0, which is the default (info)",
      markdown`
        it is at least as long as the shortest \`fastcgi_read_timeout\` of the locations that use the
        master's pools (a warning)
      `,
    ],
    silent: ["`process_control_timeout` is between the two", "the main file of PHP-FPM is not in the tree"],
    what: "Each master is one report.",
    why: markdown`
      \`systemctl reload\` and every package update that restarts PHP-FPM end the workers. With 0 they end
      at once, in the middle of their requests: \`502 Bad Gateway\`. With a time, PHP-FPM waits that long
      for running requests and only then starts new workers: a request that comes in between waits in the
      backlog. When nginx gives up before that, all of them are \`504 Gateway Time-out\`.
    `,
    instead: markdown`
      Set \`process_control_timeout\` in \`[global]\` to what most requests need, for instance 10s, well
      below \`fastcgi_read_timeout\`.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#process-control-timeout"],
    twins: { bad: "bad-default", ok: "ok-ten-seconds" },
  },
  proof: {
    kind: "daemons",
    observe: { killed: "reload-drops-request", frozen: "reload-freezes-requests" },
  },
  *check(master, host) {
    const written = globalSetting(master, "process_control_timeout");
    if (written.kind === "unknown" || master.pools.length === 0) return;
    const reading = readSeconds(written.value ?? "0");
    if (!reading.ok) return;
    const value = { ...written, value: reading.value };
    if (value.value <= 0) yield* killed(host, master, value);
    else yield* frozen(host, master, value);
  },
});

function* killed(host: Host, master: FpmMaster, value: Known<number>): Generator<Draft<Case>> {
  const at = placeOf(value);
  if (at === null) return;
  yield {
    case: "killed",
    message: `process_control_timeout is ${shown(value, showSeconds)}, so a reload of PHP-FPM kills running requests`,
    at,
    label: "no time for running requests",
    effect: "each request that is running during a reload ends as 502 Bad Gateway",
    help: helpOf([[inGlobal(host, master, value, `process_control_timeout = ${enough(host, master)}s`)]]),
    names: [nameOf(master)],
  };
}

/** A line after an include would land in a pool, so a file without a `[global]` gets one before everything else. */
function inGlobal(host: Host, { global, main }: FpmMaster, value: Known<number>, line: string) {
  if (value.kind === "set") return write(host, value, line);
  const header = global.find((one) => one.header !== null && one.header.span.file === main)?.header ?? null;
  if (header !== null) return write(host, { ...value, where: header }, line);
  if (main === null) return null;
  const start = main.text.search(/\S/);
  const first = { span: { file: main, start: Math.max(0, start), end: Math.max(0, start) }, via: [] };
  return start < 0 ? null : addBefore(host, first, "[global]", line);
}

function* frozen(host: Host, master: FpmMaster, value: Known<number>): Generator<Draft<Case>> {
  const [first] = readTimeouts(host, master);
  const at = placeOf(value);
  if (first === undefined || at === null || first.read.value > value.value * 1000) return;
  const place = placeOf(first.read);
  const waits = shown(first.read, showMs);
  yield {
    case: "frozen",
    ...certainty(first.pair),
    message: `a reload of PHP-FPM may take ${showSeconds(value.value)} (process_control_timeout), but nginx waits ${waits}`,
    at,
    label: "no new worker before running requests have ended",
    related: place === null ? [] : [{ place, message: `nginx waits ${waits}` }],
    effect: `while one old request keeps running, every new one waits and ends as 504 Gateway Time-out after ${showMs(first.read.value)}`,
    help: helpOf([[write(host, value, `process_control_timeout = ${shorter(first.read.value)}s`)]]),
    names: [nameOf(master)],
  };
}

/** The `fastcgi_read_timeout` of every way to a pool of the master, the shortest first. */
function readTimeouts(host: Host, master: FpmMaster): readonly { pair: Pair; read: Known<number> }[] {
  return [...pairs(host)]
    .filter(({ pool }) => pool.master === master)
    .flatMap((pair) => {
      const read = effectiveTime(pair.binding.block, "fastcgi_read_timeout");
      return read.kind === "unknown" || read.value <= 0 ? [] : [{ pair, read }];
    })
    .toSorted((a, b) => a.read.value - b.read.value);
}

/** Seconds that are enough for most requests, or fewer where nginx does not wait that long. */
function enough(host: Host, master: FpmMaster): number {
  const [first] = readTimeouts(host, master);
  return first === undefined ? MOST_REQUESTS : Math.min(MOST_REQUESTS, shorter(first.read.value));
}

/** A sixth of the time that nginx waits, in whole seconds, at least 1. */
function shorter(milliseconds: number): number {
  return Math.max(1, Math.floor(milliseconds / 6000));
}

function nameOf({ main }: FpmMaster): string {
  return main?.path ?? "";
}
