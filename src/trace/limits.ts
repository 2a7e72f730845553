import { showBytes, showSeconds } from "../evidence/pairs.js";
import { phpValue, seconds } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import type { Binding, Host } from "../model/host.js";
import { type RequestValue, requestValues } from "../model/request/php-settings.js";
import type { PhpOutcome, StatusOutcome, Step } from "../model/request/resolve/types.js";
import { effectiveBuffers, effectiveOffset, effectiveSize, effectiveTime } from "../nginx/tree/effective.js";
import type { Node } from "../nginx/types.js";
import { parseIniBytes } from "../php/ini.js";
import { type Effective, mapEffective } from "../source/effective.js";
import type { Place } from "../source/file.js";
import { once } from "../source/memo.js";

/** The limits that a request meets on its way to PHP and back, in the order in which it meets them. */

export interface TracedLimit {
  readonly daemon: "nginx" | "PHP-FPM" | "PHP";
  /** As it is written in the files: `client_max_body_size`. */
  readonly setting: string;
  /** As people write it: `1m`, `60s`, `none`; `null`: unknown. */
  readonly value: string | null;
  /** Bytes or seconds as a number; `Infinity`: no limit; `null`: unknown. */
  readonly amount: number | null;
  readonly unit: "bytes" | "seconds";
  /** Where the value stands; `null`: it is the default, or unknown because of what is not there. */
  readonly place: Place | null;
  readonly isDefault: boolean;
  /** What it limits: `the body`. */
  readonly what: string;
  /** What the client gets above it: `413`, `an empty $_POST`. */
  readonly beyond: string;
  /** Why the value is unknown; `null`: it is known. */
  readonly reason: string | null;
}

/** Who ends a request that takes too long. */
export interface GivesUp {
  readonly limit: TracedLimit;
  /** Seconds. */
  readonly after: number;
}

export interface Limits {
  readonly limits: readonly TracedLimit[];
  /** Of a script that waits, for a database and the like, whose time max_execution_time does not count; `null`: nobody, or unknown. */
  readonly waiting: GivesUp | null;
  /** Of a script that computes; `null`: nobody, or unknown. */
  readonly computing: GivesUp | null;
  /** A limit on the time is unknown, so that somebody else may be first. */
  readonly open: boolean;
}

type Row = Pick<TracedLimit, "daemon" | "setting" | "what" | "beyond">;

/**
 * The limits of one request that PHP answers. `steps`: its way, for nginx compares the body's length in each
 * location that it chooses. `pool`: `null` where it is not known which takes the request.
 */
export function limitsOf(host: Host, outcome: PhpOutcome, steps: readonly Step[], pool: Pool | null): Limits {
  const { block, server, pass } = outcome;
  const binding = host.bindings.find((one) => one.pass === pass) ?? null;
  return limitReader(host)({ block, server, binding }, bodyBlocks(steps, block), pool);
}

/** Where a request is when nginx hands it on; `binding`: `null` where none is known. */
export interface Handover {
  readonly block: Node;
  readonly server: Node;
  readonly binding: Binding | null;
}

/**
 * Reads the limits of each location of a host. `bodies`: the blocks in which nginx compares the body's length.
 * What all locations have in common is worked out once.
 */
export function limitReader(host: Host): (at: Handover, bodies: Iterable<Node>, pool: Pool | null) => Limits {
  const values = new Map<string, RequestValue>();
  const settingOf = (name: string): RequestValue => once(values, name, () => requestValues(host, name));
  return ({ block, server, binding }, bodies, pool) => {
    const time = (name: string): Effective<number> => inSeconds(effectiveTime(block, name));
    const header = effectiveBuffers(server, "large_client_header_buffers");
    const read = timeLimit(
      {
        daemon: "nginx",
        setting: "fastcgi_read_timeout",
        what: "the wait between two parts of the answer",
        beyond: "504",
      },
      time("fastcgi_read_timeout"),
    );
    const before: readonly TracedLimit[] = [
      sizeLimit(
        {
          daemon: "nginx",
          setting: "large_client_header_buffers",
          what: "one line of the header",
          beyond: "400, or 414 for the URL",
        },
        mapEffective(header, ({ size }) => size),
      ),
      sizeLimit(
        { daemon: "nginx", setting: "client_max_body_size", what: "the body", beyond: "413" },
        smallestBody(bodies),
      ),
      timeLimit(
        {
          daemon: "nginx",
          setting: "client_body_timeout",
          what: "the wait between two parts of the body",
          beyond: "408",
        },
        time("client_body_timeout"),
      ),
      timeLimit(
        {
          daemon: "nginx",
          setting: "fastcgi_connect_timeout",
          what: "the wait for the connection",
          beyond: "504",
        },
        time("fastcgi_connect_timeout"),
      ),
      timeLimit(
        {
          daemon: "nginx",
          setting: "fastcgi_send_timeout",
          what: "the wait while the request is sent",
          beyond: "504",
        },
        time("fastcgi_send_timeout"),
      ),
    ];
    const after = sizeLimit(
      { daemon: "nginx", setting: "fastcgi_buffer_size", what: "the header of the answer", beyond: "502" },
      effectiveSize(block, "fastcgi_buffer_size"),
    );
    const inPhp = pool === null ? [] : phpLimits(host, settingOf, binding, pool);
    const limits = [...before, ...inPhp, read, after];
    const named = (name: string) => limits.find((one) => one.setting === name) ?? null;
    const terminate = named("request_terminate_timeout");
    const execution = named("max_execution_time");
    return {
      limits,
      waiting: first([terminate, read]),
      computing: first([execution, terminate, read]),
      open: pool === null || [read, terminate, execution].some((one) => one?.amount === null),
    };
  };
}

/** A limit as data for programs. */
export interface LimitFacts
  extends Pick<TracedLimit, "daemon" | "setting" | "unit" | "reason" | "what" | "beyond"> {
  /** In `unit`; `null`: there is no limit, or it is unknown. */
  readonly value: number | null;
  readonly unlimited: boolean;
  readonly default: boolean;
}

export function limitFacts(limit: TracedLimit): LimitFacts {
  const { daemon, setting, amount, unit, isDefault, reason, what, beyond } = limit;
  const unlimited = amount === Number.POSITIVE_INFINITY;
  const value = unlimited ? null : amount;
  return { daemon, setting, value, unlimited, unit, default: isDefault, reason, what, beyond };
}

/** A time of nginx in seconds. */
export function inSeconds(value: Effective<number>): Effective<number> {
  return mapEffective(value, (number) => number / 1000);
}

function phpLimits(
  host: Host,
  settingOf: (name: string) => RequestValue,
  binding: Binding | null,
  pool: Pool,
): readonly TracedLimit[] {
  const value = (name: string): Effective<string | null> =>
    phpSetting(host, settingOf(name), binding, pool, name);
  const bytes = (name: string): Effective<number> =>
    mapEffective(value(name), (text) => {
      const read =
        text === null || !/^[+-]?\d+\s*[kmg]?$/i.test(text.trim()) ? undefined : parseIniBytes(text);
      return read !== undefined && read <= 0 ? Number.POSITIVE_INFINITY : read;
    });
  const execution = mapEffective(value("max_execution_time"), (text) => {
    if (text === null || !/^\s*-?\d+\s*$/.test(text)) return undefined;
    return Number(text) <= 0 ? Number.POSITIVE_INFINITY : Number(text);
  });
  const terminate = mapEffective(seconds(pool, "request_terminate_timeout"), (given) =>
    given === null || given <= 0 ? Number.POSITIVE_INFINITY : given,
  );
  return [
    sizeLimit(
      { daemon: "PHP", setting: "post_max_size", what: "a form", beyond: "$_POST and $_FILES are empty" },
      bytes("post_max_size"),
    ),
    sizeLimit(
      {
        daemon: "PHP",
        setting: "upload_max_filesize",
        what: "one uploaded file",
        beyond: "the file is missing",
      },
      bytes("upload_max_filesize"),
    ),
    sizeLimit(
      {
        daemon: "PHP",
        setting: "memory_limit",
        what: "the memory of the script",
        beyond: "500, or a page that breaks off",
      },
      bytes("memory_limit"),
    ),
    timeLimit(
      {
        daemon: "PHP",
        setting: "max_execution_time",
        what: "the time that the script computes",
        beyond: "500, or a page that breaks off",
      },
      execution,
    ),
    timeLimit(
      { daemon: "PHP-FPM", setting: "request_terminate_timeout", what: "the whole request", beyond: "502" },
      terminate,
    ),
  ];
}

function phpSetting(
  host: Host,
  settingOf: RequestValue,
  binding: Binding | null,
  pool: Pool,
  name: string,
): Effective<string | null> {
  if (binding === null) return phpValue(pool, name);
  const found = settingOf(binding, pool);
  // Without any php.ini in the tree the default is only certain where one could not be missing.
  const unsure = found.kind === "default" && pool.master.ini.files.length === 0 && !host.whole;
  return unsure ? { kind: "unknown", reason: "no php.ini is in the tree", place: null } : found;
}

/** `client_max_body_size` where nginx answered with a status, as people write it; `null`: none, or unknown. */
export function bodyLimitOf({ block }: StatusOutcome): string | null {
  const found = effectiveOffset(block, "client_max_body_size");
  return found.kind === "unknown" || found.value === 0 ? null : showBytes(found.value);
}

/** The locations that nginx chose by the URI; it compares the length of the body in each. */
function bodyBlocks(steps: readonly Step[], block: Node): ReadonlySet<Node> {
  const chosen = steps.flatMap((step) =>
    step.kind === "location" && step.location !== null && step.why !== "named" ? [step.location] : [],
  );
  return new Set(chosen.length === 0 ? [block] : chosen);
}

function smallestBody(blocks: Iterable<Node>): Effective<number> {
  let smallest: Exclude<Effective<number>, { readonly kind: "unknown" }> | null = null;
  for (const one of blocks) {
    const value = mapEffective(effectiveOffset(one, "client_max_body_size"), (bytes) =>
      bytes === 0 ? Number.POSITIVE_INFINITY : bytes,
    );
    if (value.kind === "unknown") return value;
    if (smallest === null || value.value < smallest.value) smallest = value;
  }
  return smallest ?? { kind: "unknown", reason: "no location is known", place: null };
}

/** A limit in bytes, as a row of the table. */
export function sizeLimit(row: Row, value: Effective<number>): TracedLimit {
  return limit(row, "bytes", value, showBytes);
}

/** A limit in seconds. */
export function timeLimit(row: Row, value: Effective<number>): TracedLimit {
  return limit(row, "seconds", value, showSeconds);
}

function limit(
  row: Row,
  unit: TracedLimit["unit"],
  value: Effective<number>,
  show: (amount: number) => string,
): TracedLimit {
  const rest = { ...row, unit };
  if (value.kind === "unknown")
    return { ...rest, value: null, amount: null, place: value.place, isDefault: false, reason: value.reason };
  const amount = value.value;
  const shown = amount === Number.POSITIVE_INFINITY ? "none" : show(amount);
  const place = value.kind === "set" ? value.place : null;
  return { ...rest, value: shown, amount, place, isDefault: value.kind === "default", reason: null };
}

/** Of several with one number the first: it is the one nearer to the script. */
function first(among: readonly (TracedLimit | null)[]): GivesUp | null {
  let found: GivesUp | null = null;
  for (const one of among) {
    if (one === null || one.amount === null || one.amount === Number.POSITIVE_INFINITY) continue;
    if (found === null || one.amount < found.after) found = { limit: one, after: one.amount };
  }
  return found;
}
