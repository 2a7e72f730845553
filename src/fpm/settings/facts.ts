/**
 * What FPM knows about each of its settings. Defaults are those that `php-fpm8.2 -tt` prints for a
 * minimal pool, except where FPM fills one in later (`listen.mode`, `ping.response`, `access.format`).
 */

import { olderThan } from "../../source/version.js";

export type FpmType =
  | "string"
  | "path"
  | "enum"
  | "integer"
  /** Seconds with a suffix, see `readSeconds`. */
  | "time"
  | "boolean"
  /** A number or `unlimited`. */
  | "core-limit"
  | "glob"
  | "user"
  | "group"
  | "address"
  /** Octal, see `readMode`. */
  | "mode"
  | "uri"
  /** Several words in one value, separated by commas or spaces. */
  | "list"
  /** `name[index] = value`. */
  | "array";

export interface FpmFact {
  /** Lower case, without brackets. */
  readonly name: string;
  readonly section: "global" | "pool" | "both";
  readonly type: FpmType;
  /** As it would be written; `null`: there is no default, or FPM computes it. */
  readonly default: string | null;
  /** The default before a version of PHP. */
  readonly formerly?: { readonly before: string; readonly value: string };
  /** What the default is computed from. */
  readonly computed?: string;
  /** The words FPM takes, lower case; compared without case. */
  readonly allowed?: readonly string[];
  /** First PHP version that knows it. */
  readonly since: string;
  /** The only system whose PHP-FPM knows it; absent: all do. */
  readonly onlyOn?: string;
  readonly changed?: readonly { readonly version: string; readonly change: string }[];
  /** Where the row was read. */
  readonly read: string;
}

export const fpmFacts: readonly FpmFact[] = [
  {
    name: "pid",
    section: "global",
    type: "path",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "error_log",
    section: "global",
    type: "path",
    default: "log/php-fpm.log",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "syslog.ident",
    section: "global",
    type: "string",
    default: "php-fpm",
    since: "5.3.9",
    read: "php-src 8.2.32",
  },
  {
    name: "syslog.facility",
    section: "global",
    type: "enum",
    default: "daemon",
    allowed: [
      "auth",
      "authpriv",
      "cron",
      "daemon",
      "ftp",
      "kern",
      "lpr",
      "mail",
      "news",
      "syslog",
      "user",
      "uucp",
      "local0",
      "local1",
      "local2",
      "local3",
      "local4",
      "local5",
      "local6",
      "local7",
    ],
    since: "5.3.9",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "log_buffering",
    section: "global",
    type: "boolean",
    default: "yes",
    since: "7.3.0",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "log_level",
    section: "global",
    type: "enum",
    default: "notice",
    allowed: ["alert", "error", "warning", "warn", "notice", "debug"],
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "log_limit",
    section: "global",
    type: "integer",
    default: "1024",
    since: "7.3.0",
    changed: [
      {
        version: "8.5",
        change: "also limits access.log lines (doc-en PR #5855)",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "emergency_restart_threshold",
    section: "global",
    type: "integer",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "emergency_restart_interval",
    section: "global",
    type: "time",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "process_control_timeout",
    section: "global",
    type: "time",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "process.max",
    section: "global",
    type: "integer",
    default: "0",
    since: "5.4.0",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "process.priority",
    section: "global",
    type: "integer",
    default: null,
    since: "5.4.0",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "daemonize",
    section: "global",
    type: "boolean",
    default: "yes",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "rlimit_files",
    section: "global",
    type: "integer",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "rlimit_core",
    section: "global",
    type: "core-limit",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "events.mechanism",
    section: "global",
    type: "enum",
    default: null,
    allowed: ["select", "poll", "epoll", "kqueue", "port", "/dev/poll"],
    since: "5.3.9",
    changed: [
      {
        version: "8.4",
        change: "/dev/poll removed",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "systemd_interval",
    section: "global",
    type: "time",
    default: "10s",
    since: "5.4.4",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "include",
    section: "both",
    type: "glob",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "prefix",
    section: "pool",
    type: "path",
    default: null,
    since: "5.3.4",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "user",
    section: "pool",
    type: "user",
    default: null,
    since: "5.3.3",
    changed: [
      {
        version: "8.2.0",
        change: "numeric uid without group: group is the user's primary group, not 0 (UPGRADING 8.2)",
      },
      {
        version: "8.1.15/8.2.2",
        change: "-t resolves user/group/listen.owner/listen.group (bug #68591)",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "group",
    section: "pool",
    type: "group",
    default: null,
    computed: "the user's primary group",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen",
    section: "pool",
    type: "address",
    default: null,
    since: "5.3.3",
    changed: [
      {
        version: "7.0.0",
        change: "bare PORT binds [::] (dual stack), falls back to 0.0.0.0",
      },
      {
        version: "8.2.0",
        change: "'invalid port value' error",
      },
      {
        version: "8.4",
        change:
          "-t fails and start warns when the unix path is >= 108 bytes (8.4.27, 8.5.7; 7.4.33 and 8.2 are silent)",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen.backlog",
    section: "pool",
    type: "integer",
    default: "-1",
    formerly: {
      before: "8.2",
      value: "511",
    },
    since: "5.3.3",
    changed: [
      {
        version: "8.2.0",
        change: "Linux default 511 -> -1 (NEWS 8.2.0)",
      },
      {
        version: "8.4.0",
        change: "DragonFly default -1",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen.acl_users",
    section: "pool",
    type: "list",
    default: null,
    since: "5.6.5",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen.acl_groups",
    section: "pool",
    type: "list",
    default: null,
    since: "5.6.5",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen.owner",
    section: "pool",
    type: "user",
    default: null,
    computed: "the master's effective user",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen.group",
    section: "pool",
    type: "group",
    default: null,
    computed: "the master's effective group, or the primary group of listen.owner when that is a name",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen.mode",
    section: "pool",
    type: "mode",
    default: "0660",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen.allowed_clients",
    section: "pool",
    type: "list",
    default: null,
    since: "5.3.3",
    changed: [
      {
        version: "5.5.20/5.6.4",
        change: "IPv6 support",
      },
      {
        version: "8.2.34 (and siblings, CVE-2026-91768)",
        change: "IPv6 compared on 16 bytes instead of 12",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "listen.setfib",
    section: "pool",
    type: "integer",
    default: "-1",
    since: "8.2.0",
    onlyOn: "FreeBSD",
    read: "php-src 8.2.32; unknown to php-fpm 8.2, 8.4 and 8.5 on Linux",
  },
  {
    name: "process.priority",
    section: "pool",
    type: "integer",
    default: null,
    since: "5.4.0",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "process.dumpable",
    section: "pool",
    type: "boolean",
    default: "no",
    since: "7.0.29",
    read: "php-src 8.2.32",
  },
  {
    name: "pm",
    section: "pool",
    type: "enum",
    default: null,
    allowed: ["static", "dynamic", "ondemand"],
    since: "5.3.3",
    changed: [
      {
        version: "5.3.9",
        change: "ondemand added",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.max_children",
    section: "pool",
    type: "integer",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.start_servers",
    section: "pool",
    type: "integer",
    default: null,
    computed: "pm.min_spare_servers + (pm.max_spare_servers - pm.min_spare_servers) / 2",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.min_spare_servers",
    section: "pool",
    type: "integer",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.max_spare_servers",
    section: "pool",
    type: "integer",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.max_spawn_rate",
    section: "pool",
    type: "integer",
    default: "32",
    since: "8.1.0",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.process_idle_timeout",
    section: "pool",
    type: "time",
    default: "10s",
    since: "5.3.9",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.max_requests",
    section: "pool",
    type: "integer",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.status_path",
    section: "pool",
    type: "uri",
    default: null,
    since: "5.3.3",
    changed: [
      {
        version: "8.1",
        change: "?openmetrics",
      },
      {
        version: "8.4",
        change: "'memory peak' field",
      },
      {
        version: "8.2.31/2026-05",
        change: "XSS fix CVE-2026-6735",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "pm.status_listen",
    section: "pool",
    type: "address",
    default: null,
    since: "8.0.0",
    changed: [
      {
        version: "8.2.21",
        change: "ping.path/ping.response copied to the status pool (GH-14037)",
      },
      {
        version: "8.4",
        change: "php_values copied to the status pool",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "ping.path",
    section: "pool",
    type: "uri",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "ping.response",
    section: "pool",
    type: "string",
    default: "pong",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "access.log",
    section: "pool",
    type: "path",
    default: null,
    since: "5.3.4",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "access.format",
    section: "pool",
    type: "string",
    default: '%R - %u %t "%m %r" %s',
    since: "5.3.4",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "access.suppress_path",
    section: "pool",
    type: "array",
    default: null,
    since: "8.2.0",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "slowlog",
    section: "pool",
    type: "path",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "request_slowlog_timeout",
    section: "pool",
    type: "time",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "request_slowlog_trace_depth",
    section: "pool",
    type: "integer",
    default: "20",
    since: "7.2.0",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "request_terminate_timeout",
    section: "pool",
    type: "time",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "request_terminate_timeout_track_finished",
    section: "pool",
    type: "boolean",
    default: "no",
    since: "7.3.0",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "rlimit_files",
    section: "pool",
    type: "integer",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "rlimit_core",
    section: "pool",
    type: "core-limit",
    default: "0",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "chroot",
    section: "pool",
    type: "path",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "chdir",
    section: "pool",
    type: "path",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "catch_workers_output",
    section: "pool",
    type: "boolean",
    default: "no",
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "decorate_workers_output",
    section: "pool",
    type: "boolean",
    default: "yes",
    since: "7.3.0",
    read: "php-src 8.2.32",
  },
  {
    name: "clear_env",
    section: "pool",
    type: "boolean",
    default: "yes",
    since: "5.5.11",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "security.limit_extensions",
    section: "pool",
    type: "list",
    default: ".php .phar",
    since: "5.3.9",
    changed: [
      {
        version: "7.x (already in 7.4.33)",
        change: "default .php -> .php .phar",
      },
    ],
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "apparmor_hat",
    section: "pool",
    type: "string",
    default: null,
    since: "5.6.0",
    read: "php-src 8.2.32",
  },
  {
    name: "env",
    section: "pool",
    type: "array",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "php_value",
    section: "pool",
    type: "array",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "php_flag",
    section: "pool",
    type: "array",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "php_admin_value",
    section: "pool",
    type: "array",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
  {
    name: "php_admin_flag",
    section: "pool",
    type: "array",
    default: null,
    since: "5.3.3",
    read: "php-fpm8.2 -t and -tt",
  },
];

const inGlobal = new Map(fpmFacts.filter((fact) => fact.section !== "pool").map((fact) => [fact.name, fact]));
const inPool = new Map(fpmFacts.filter((fact) => fact.section !== "global").map((fact) => [fact.name, fact]));

/** The row of a key in `[global]` or in a pool; `undefined` when FPM does not know it there. */
export function fpmFact(key: string, section: "global" | "pool"): FpmFact | undefined {
  return (section === "global" ? inGlobal : inPool).get(key);
}

/**
 * The setting of PHP-FPM that a name of PHP's own settings looks like: `request_terminate_timeout`, `access_log`
 * for `access.log`. `undefined`: PHP has a setting of that name, or PHP-FPM has none.
 */
export function fpmNamesake(name: string): FpmFact | undefined {
  return name === "error_log" ? undefined : byLetters.get(name.toLowerCase().replaceAll("_", "."));
}

/** Without `include`, which is no setting, and without the arrays, which have brackets of their own. */
const byLetters = new Map(
  fpmFacts
    .filter((fact) => fact.name !== "include" && fact.type !== "array")
    .map((fact) => [fact.name.replaceAll("_", "."), fact]),
);

/** The default of a key for a PHP version (`8.2`; `null`, unknown, takes the newest); `null` without one. */
export function fpmDefault(
  key: string,
  section: "global" | "pool",
  phpVersion: string | null,
): string | null {
  const fact = fpmFact(key, section);
  if (fact === undefined) return null;
  if (fact.formerly !== undefined && phpVersion !== null && olderThan(phpVersion, fact.formerly.before)) {
    return fact.formerly.value;
  }
  return fact.default;
}

/** Whether PHP-FPM of that version takes the key; `true` where the version is not known. */
export function takesKey(key: string, section: "global" | "pool", phpVersion: string | null): boolean {
  const fact = fpmFact(key, section);
  return fact !== undefined && (phpVersion === null || !olderThan(phpVersion, fact.since));
}
