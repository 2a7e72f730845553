import { arraySetting, globalSetting, setting } from "../../../src/fpm/pools.js";
import { fpmFacts } from "../../../src/fpm/settings/facts.js";
import { readBoolean, readCoreLimit, readInteger, readSeconds } from "../../../src/fpm/settings/values.js";
import type { FpmMaster, Pool, Setting } from "../../../src/fpm/types.js";
import { type Effective, known } from "../../../src/source/effective.js";

/** One line of `php-fpm -tt`: key and value. */
export type DumpLine = readonly [key: string, value: string];

/** What the daemon printed, by section. */
export function parseDump(output: string): ReadonlyMap<string, readonly DumpLine[]> {
  const sections = new Map<string, DumpLine[]>();
  let current: DumpLine[] = [];
  for (const line of output.replaceAll("\r", "").split("\n")) {
    const text = /NOTICE: (.*)$/.exec(line)?.[1] ?? "";
    const header = /^\[(.*)\]$/.exec(text);
    const entry = /^\t(.*?) = (.*)$/.exec(text);
    if (header !== null) {
      current = [];
      sections.set(header[1] ?? "", current);
    } else if (entry !== null) current.push([entry[1] ?? "", entry[2] ?? ""]);
  }
  return sections;
}

const undefinedText = "undefined";
/** Numbers of <syslog.h>. */
const facilities = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
];

/**
 * What `php-fpm -tt` prints for a key, out of what was read; `undefined` where it cannot be told.
 * The daemon completes paths and fills in some values while it checks; so does this.
 */
export function dumpedGlobal(master: FpmMaster, key: string): string | undefined {
  const value = globalSetting(master, key);
  const text = asPrinted(key, value, "global");
  if (text === undefined) return undefined;
  switch (key) {
    case "syslog.facility": {
      const local = /^local(\d)$/.exec(text.toLowerCase())?.[1];
      const number = local === undefined ? facilities.indexOf(text.toLowerCase()) : 16 + Number(local);
      return String(number * 8);
    }
    case "log_level":
      // Without a line the daemon prints "unknown value" and works with notice.
      if (value.kind === "default") return undefined;
      return text.toUpperCase() === "WARN" ? "WARNING" : text.toUpperCase();
    case "systemd_interval": {
      // Held in milliseconds; anything below 0 is "not set".
      const seconds = Number(text.replace(/s$/, ""));
      return seconds < 0 ? "10s" : `${Math.trunc(Math.imul(seconds, 1000) / 1000)}s`;
    }
    case "events.mechanism":
      return text === undefinedText ? "epoll" : text.toLowerCase();
    case "pid":
      return text === undefinedText || text.startsWith("/") ? text : `/var/${text}`;
    case "error_log":
      return text.startsWith("/") || text.toLowerCase() === "syslog" ? text : `/var/${text}`;
    default:
      return text;
  }
}

export function dumpedPool(pool: Pool, key: string): string | undefined {
  const text = asPrinted(key, setting(pool, key), "pool");
  if (text === undefined) return undefined;
  const manager = (known(setting(pool, "pm")) ?? "").toLowerCase();
  const count = (name: string): number => Number(asPrinted(name, setting(pool, name), "pool"));
  switch (key) {
    case "pm":
      return text.toLowerCase();
    case "pm.start_servers":
      if (manager === "ondemand") return "0";
      if (manager !== "dynamic" || Number(text) > 0) return text;
      return String(middle(count("pm.min_spare_servers"), count("pm.max_spare_servers")));
    case "pm.min_spare_servers":
    case "pm.max_spare_servers":
      return manager === "ondemand" ? "0" : text;
    case "listen":
    case "slowlog":
    case "access.log":
    case "chdir":
    case "chroot":
    case "prefix":
      return fullPath(pool, key, text);
    case "access.format":
      return setting(pool, key).kind === "default" && !known(setting(pool, "access.log"))
        ? undefinedText
        : text;
    case "pm.status_path":
      return text === undefinedText && known(setting(pool, "pm.status_listen")) ? "/" : text;
    case "ping.response": {
      const path = known(setting(pool, "ping.path"));
      return path ? text : undefinedText;
    }
    case "listen.mode":
      return setting(pool, key).kind === "default" ? undefinedText : text;
    case "request_slowlog_trace_depth":
      return text === "0" ? "20" : text;
    default:
      return text;
  }
}

function middle(least: number, most: number): number {
  return least + Math.trunc((most - least) / 2);
}

function fullPath(pool: Pool, key: string, text: string): string {
  if (text === undefinedText || text === "" || text.startsWith("/")) return text;
  if (key === "listen" && (text.includes(":") || /^\d+$/.test(text))) return text;
  const own = key === "prefix" ? undefined : known(setting(pool, "prefix"));
  const prefix =
    own === null || own === undefined ? "/usr" : own.startsWith("/") || own === "" ? own : `/usr/${own}`;
  if (key === "chroot" && text.startsWith("$prefix")) {
    const rest = text.slice("$prefix".length);
    const path = rest === "" ? prefix : `${prefix}/${rest}`;
    return path.startsWith("/") ? path : `/usr/${path}`;
  }
  return `${prefix}/${text}`;
}

function asPrinted(
  key: string,
  value: Effective<string | null>,
  section: "global" | "pool",
): string | undefined {
  if (value.kind === "unknown") return undefined;
  const fact = fpmFacts.find(
    (one) => one.name === key && one.section !== (section === "pool" ? "global" : "pool"),
  );
  const text = value.value;
  switch (fact?.type) {
    case "integer":
      if (text === null) return key === "process.priority" ? undefinedText : "0";
      return priority(key, number(readInteger(text)));
    case "core-limit":
      return number(readCoreLimit(text ?? "0"));
    case "time": {
      const seconds = number(readSeconds(text ?? "0"));
      return key === "pm.process_idle_timeout" ? seconds : `${seconds}s`;
    }
    case "boolean": {
      const reading = readBoolean(text ?? "");
      return reading.ok ? (reading.value ? "yes" : "no") : undefined;
    }
    default:
      return text ?? undefinedText;
  }
}

/** 64 is FPM's own sign for "not set". */
function priority(key: string, text: string | undefined): string | undefined {
  return key === "process.priority" && text === "64" ? undefinedText : text;
}

function number(reading: ReturnType<typeof readInteger>): string | undefined {
  return reading.ok ? String(reading.value) : undefined;
}

/** The lines of the pool's lists, in the daemon's order: the last of each list first. */
export function dumpedArrays(pool: Pool): readonly (readonly [key: string, value: string | undefined])[] {
  const lists = ["access.suppress_path", "env", "php_value", "php_admin_value"];
  return lists.flatMap((list) =>
    pool.settings
      .filter((one) => one.index !== null && one.key.replace(/_flag$/, "_value") === list)
      .reverse()
      .map((one) => [`${list}[${one.index}]`, arrayValue(pool, one)] as const),
  );
}

function arrayValue(pool: Pool, one: Setting): string | undefined {
  if (one.value === null) return undefined;
  if (one.key.endsWith("_flag")) {
    const reading = readBoolean(one.value);
    return reading.ok ? (reading.value ? "1" : "0") : undefined;
  }
  return one.value.replaceAll("$pool", pool.name);
}

/** What the model says the pool's workers get; `undefined` where it cannot tell. */
export function effectiveVariable(pool: Pool, name: string): string | null | undefined {
  return known(arraySetting(pool, "env", name));
}
