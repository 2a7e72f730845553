/**
 * What FPM refuses after it has read everything (`fpm_conf_post_process`), and what makes it fail when
 * it starts.
 */
import type { Place } from "../../source/file.js";
import type { FpmMaster, Pool } from "../types.js";
import { accessFormatFault } from "./access-format.js";
import { fpmFact } from "./facts.js";
import { globalSetting, setting } from "./lookup.js";
import { readInteger, readProcessManager } from "./values.js";

export type Limit =
  | "log-limit"
  | "process-max"
  | "priority"
  | "mechanism"
  | "ondemand-mechanism"
  | "no-error-log"
  | "no-pid"
  | "no-access-log"
  | "no-status-listen"
  | "path-start"
  | "path-short"
  | "path-characters"
  | "ping-response"
  | "access-format"
  | "trace-depth"
  | "chroot-prefix";

export interface LimitFault {
  readonly limit: Limit;
  readonly key: string;
  readonly value: string;
  readonly place: Place;
  /** What is wrong with it; `null`: the limit alone says so. */
  readonly detail: string | null;
}

interface Written {
  readonly key: string;
  readonly value: string;
  readonly place: Place;
}

/** ZLOG_MIN_LIMIT, and the range that `setpriority` accepts; 64 means "not set" to FPM. */
const leastLogLimit = 512;
const priorities = { least: -19, most: 20, unset: 64 };

function fault(limit: Limit, written: Written, detail: string | null = null): LimitFault {
  return { limit, ...written, detail };
}

export function* globalFaults(master: FpmMaster): Generator<LimitFault> {
  const get = (key: string): Written | null => {
    const found = globalSetting(master, key);
    return found.kind === "set" && found.value !== null
      ? { key, value: found.value, place: found.place }
      : null;
  };
  const limit = get("log_limit");
  if (limit !== null && below(limit, leastLogLimit)) yield fault("log-limit", limit);
  const max = get("process.max");
  if (max !== null && below(max, 0)) yield fault("process-max", max);
  yield* priorityFault(get("process.priority"));
  const mechanism = get("events.mechanism");
  if (mechanism !== null && !available(master, mechanism.value)) yield fault("mechanism", mechanism);
  for (const [key, name] of [
    ["error_log", "no-error-log"],
    ["pid", "no-pid"],
  ] as const) {
    const path = get(key);
    if (path !== null && path.value === "") yield fault(name, path);
  }
}

export function* poolFaults(pool: Pool): Generator<LimitFault> {
  const get = (key: string): Written | null => written(pool, key);
  yield* priorityFault(get("process.priority"));
  yield* mechanismFault(pool);
  const listen = get("pm.status_listen");
  if (listen !== null && listen.value === "") yield fault("no-status-listen", listen);
  const alone = setting(pool, "pm.status_listen");
  yield* pathFault(get("pm.status_path"), alone.kind === "default" ? 2 : 1);
  const ping = get("ping.path");
  yield* pathFault(ping, 2);
  const response = get("ping.response");
  if (response !== null && response.value === "" && ping !== null && ping.value !== "") {
    yield fault("ping-response", response);
  }
  const log = get("access.log");
  if (log !== null && log.value === "") yield fault("no-access-log", log);
  const format = get("access.format");
  const token = log === null || log.value === "" || format === null ? null : accessFormatFault(format.value);
  if (format !== null && token !== null) yield fault("access-format", format, `${token.token} ${token.why}`);
  const depth = get("request_slowlog_trace_depth");
  const slowlog = get("slowlog");
  if (depth !== null && below(depth, 0) && slowlog !== null && slowlog.value !== "") {
    yield fault("trace-depth", depth);
  }
  const chroot = get("chroot");
  if (chroot !== null && /^[^/].*\$prefix/.test(chroot.value) && !chroot.value.startsWith("$prefix")) {
    yield fault("chroot-prefix", chroot);
  }
}

function written(pool: Pool, key: string): Written | null {
  const found = setting(pool, key);
  return found.kind === "set" && found.value !== null
    ? { key, value: found.value, place: found.place }
    : null;
}

/** Anything but a number is refused before it is compared. */
function below(count: Written, least: number): boolean {
  const reading = readInteger(count.value);
  return reading.ok && reading.value < least;
}

function* priorityFault(priority: Written | null): Generator<LimitFault> {
  const reading = priority === null ? null : readInteger(priority.value);
  if (priority === null || reading === null || !reading.ok) return;
  const { value } = reading;
  if (value === priorities.unset || (value >= priorities.least && value <= priorities.most)) return;
  yield fault("priority", priority);
}

/** Debian's layout means Linux; `false`: the files do not show which system it is. */
export function isOnLinux(master: FpmMaster): boolean {
  return /^\/etc\/php\/[0-9.]+\/fpm\//.test(master.main?.path ?? "");
}

function available(master: FpmMaster, value: string): boolean {
  const known = isOnLinux(master)
    ? ["select", "poll", "epoll"]
    : (fpmFact("events.mechanism", "global")?.allowed ?? []);
  return known.includes(value.toLowerCase());
}

/** The pool that `pm.status_listen` creates also starts its workers on demand. */
function* mechanismFault(pool: Pool): Generator<LimitFault> {
  const pm = written(pool, "pm");
  const status = written(pool, "pm.status_listen");
  const mechanism = globalSetting(pool.master, "events.mechanism");
  if (mechanism.kind !== "set" || mechanism.value === null) return;
  const reading = pm === null ? null : readProcessManager(pm.value);
  const ondemand = reading?.ok === true && reading.value === "ondemand";
  const word = mechanism.value.toLowerCase();
  if ((!ondemand && status === null) || !available(pool.master, word)) return;
  if (word === "epoll" || word === "kqueue") return;
  const cause = ondemand ? "pm = ondemand" : "pm.status_listen";
  yield fault(
    "ondemand-mechanism",
    { key: "events.mechanism", value: mechanism.value, place: mechanism.place },
    `pool [${pool.name}], with ${cause}`,
  );
}

function* pathFault(path: Written | null, least: number): Generator<LimitFault> {
  if (path === null || path.value === "") return;
  if (!path.value.startsWith("/")) yield fault("path-start", path);
  else if (path.value.length < least) yield fault("path-short", path);
  else {
    const odd = /[^A-Za-z0-9/\-_.~]/.exec(path.value)?.[0];
    if (odd !== undefined) yield fault("path-characters", path, odd === " " ? "a space" : `"${odd}"`);
  }
}
