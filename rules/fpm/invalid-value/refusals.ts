import type { RuleCase } from "../../../src/engine/rule.js";
import type { Limit } from "../../../src/fpm/settings/limits.js";
import type { ValueRefusal } from "../../../src/fpm/settings/refused.js";

/** The cases of fpm/invalid-value: what PHP-FPM prints, why it refuses the value, and what to write. */

export type ValueCase =
  | ValueRefusal
  | Limit
  | "user"
  | "group"
  | "acl-user"
  | "listen-port"
  | "listen-service"
  | "listen-host";

export interface ValueText {
  /** A literal part of what PHP-FPM prints. */
  readonly log: string;
  /** For the catalogue. */
  readonly summary: string;
  /** Follows `KEY is "VALUE", `. */
  readonly why: string;
  /**
   * What replaces the line, each a way of its own; `null`: remove it. `KEY` means the name as written,
   * `NUMBER` the digits in the value, `VALUE` the value without odd characters.
   */
  readonly ways: readonly (string | null)[];
}

function text(log: string, summary: string, why: string, ...ways: readonly (string | null)[]): ValueText {
  return { log, summary, why, ways };
}

export const valueTexts: Readonly<Record<ValueCase, ValueText>> = {
  number: text(
    "is not a valid number (greater or equal than zero)",
    "a number with characters other than digits",
    "and PHP-FPM only accepts digits",
    "KEY = NUMBER",
  ),
  "core-limit": text(
    "must be greater than zero or 'unlimited'",
    "a negative rlimit_core",
    "and PHP-FPM accepts 0 and more, or unlimited",
    "KEY = unlimited",
    "KEY = 0",
  ),
  "time-suffix": text(
    "unknown suffix used in time value",
    "a time with a unit that PHP-FPM does not know",
    "and PHP-FPM knows the units s, m, h and d, in lower case",
    "KEY = NUMBERs",
  ),
  "time-empty": text("invalid time value", "an empty time", "and PHP-FPM needs a time", "KEY = 0", null),
  boolean: text(
    "invalid boolean value",
    "a switch that is neither on nor off",
    "and PHP-FPM accepts yes or no",
    "KEY = yes",
    "KEY = no",
  ),
  "process-manager": text(
    "invalid process manager (static, dynamic or ondemand)",
    "a pm that PHP-FPM does not know",
    "and PHP-FPM knows static, dynamic and ondemand",
    "KEY = ondemand",
    "KEY = static",
  ),
  "log-level": text(
    "invalid value for 'log_level'",
    "a log_level that PHP-FPM does not know",
    "and PHP-FPM knows alert, error, warning, notice and debug",
    "KEY = notice",
    "KEY = warning",
  ),
  facility: text(
    "unable to parse value for entry 'syslog.facility': invalid value",
    "a syslog.facility that syslog does not have",
    "and syslog has no facility with that name",
    "KEY = daemon",
  ),
  "pool-variable": text(
    "Can't use '$pool' when the pool is not defined",
    "$pool in [global]",
    "and in [global] there is no pool that $pool could be",
    null,
  ),
  "array-key": text(
    "You must provide a key for field",
    "brackets without a name",
    "and PHP-FPM needs a name in the brackets",
    null,
  ),
  "array-value": text(
    "empty value",
    "an environment variable without a value",
    "and PHP-FPM accepts no empty variable (without quotes no, off, none and null are empty)",
    null,
    'KEY = "VALUE"',
  ),
  "suppress-path": text(
    "Values provided to field 'access.suppress_path' must begin with '/'",
    "an access.suppress_path that does not begin with a slash",
    "and PHP-FPM only accepts a path that begins with /",
    "access.suppress_path[] = /VALUE",
  ),
  "suppress-key": text(
    "Keys provided to field 'access.suppress_path' are ignored",
    "access.suppress_path with a name in its brackets",
    "and PHP-FPM accepts no name in these brackets",
    "access.suppress_path[] = VALUE",
  ),
  "log-limit": text(
    "log_limit must be greater than",
    "a log_limit below 512",
    "and PHP-FPM accepts 512 or more",
    "KEY = 512",
    null,
  ),
  "process-max": text(
    "process_max can't be negative",
    "a negative process.max",
    "and PHP-FPM accepts 0 or more",
    null,
  ),
  priority: text(
    "process.priority must be included into [-19,20]",
    "a process.priority outside -19 to 20",
    "and PHP-FPM accepts -19 to 20",
    null,
    "KEY = 0",
  ),
  mechanism: text(
    "is not available on this system",
    "an events.mechanism that the system does not have",
    "and the system has no such mechanism",
    null,
  ),
  "ondemand-mechanism": text(
    "ondemand process manager can ONLY be used when events.mechanism is",
    "an events.mechanism that cannot start workers on demand",
    "which cannot start the workers of",
    null,
  ),
  "no-error-log": text(
    "failed to open error_log",
    "an empty error_log",
    "and PHP-FPM reads the empty path as a directory",
    null,
    "KEY = syslog",
  ),
  "no-pid": text(
    "Unable to create the PID file",
    "an empty pid",
    "and PHP-FPM reads the empty path as a directory",
    null,
  ),
  "no-access-log": text(
    "failed to open access log",
    "an empty access.log",
    "and PHP-FPM still tries to open the empty path",
    null,
  ),
  "no-status-listen": text(
    "_status] no listen address have been defined!",
    "an empty pm.status_listen",
    "and PHP-FPM creates a pool for it that has no address",
    null,
  ),
  "path-start": text(
    "must start with a '/'",
    "a pm.status_path or ping.path that does not begin with a slash",
    "and PHP-FPM only accepts a path that begins with /",
    "KEY = /VALUE",
  ),
  "path-short": text(
    "is not long enough",
    "a pm.status_path or ping.path that is only a slash",
    "and PHP-FPM needs something after the slash",
    "KEY = /status",
  ),
  "path-characters": text(
    "must contain only the following characters",
    "a pm.status_path or ping.path with characters other than letters, digits and / _ - . ~",
    "and PHP-FPM only accepts letters, digits and / _ - . ~, not",
    "KEY = VALUE",
  ),
  "ping-response": text(
    "the ping response page '' is not long enough",
    "an empty ping.response",
    "and PHP-FPM needs an answer for ping.path",
    null,
    "KEY = pong",
  ),
  "access-format": text(
    "wrong format for access.format",
    "an access.format that PHP-FPM cannot read",
    "and",
    null,
  ),
  "trace-depth": text(
    "'request_slowlog_trace_depth' (",
    "a negative request_slowlog_trace_depth",
    "and PHP-FPM accepts 0 or more",
    null,
  ),
  "chroot-prefix": text(
    "the chroot path",
    "a chroot with $prefix after something else",
    "and $prefix is only allowed at the beginning",
    "KEY = $prefix",
  ),
  user: text(
    "cannot get uid for user",
    "a user that the host does not have",
    "and the host has no such user",
  ),
  group: text(
    "cannot get gid for group",
    "a group that the host does not have",
    "and the host has no such group",
  ),
  "acl-user": text(
    "cannot get",
    "a name in listen.acl_users or listen.acl_groups that the host does not have",
    "and the host has no account with the name",
  ),
  "listen-port": text(
    "invalid port value",
    "a listen without a port from 1 to 65535",
    "and PHP-FPM refuses the port",
  ),
  "listen-service": text(
    "getaddrinfo: Servname not supported for ai_socktype",
    "a listen with something after the port",
    "and PHP-FPM refuses the port",
  ),
  "listen-host": text(
    "getaddrinfo: Name or service not known",
    "a listen whose host is neither an address nor a name",
    "and PHP-FPM finds no host with the name",
  ),
};

/** These texts as cases of a rule: PHP-FPM refuses to start. */
export function refusedCases(): Readonly<Record<string, RuleCase>> {
  return Object.fromEntries(
    Object.entries(valueTexts).map(([name, { log, summary }]): [string, RuleCase] => [
      name,
      { severity: "error", symptom: { when: "start", status: null, log }, summary },
    ]),
  );
}
