import { count, size, time } from "../syntax/numbers.js";
import type { Word } from "../types.js";
import {
  args,
  type Check,
  type Checked,
  firstOf,
  notTaken,
  quoted,
  type Refusal,
  refused,
  text,
  word,
} from "./refusal.js";
import { nameRefusal } from "./variables.js";

/** `access_log`, `error_log`, `log_format`. */

const LEVELS = "debug info notice warn error crit alert emerg".split(" ");
const DEBUG = "debug_core debug_alloc debug_mutex debug_event debug_http debug_mail debug_stream".split(" ");

export const errorLog: Check = (one) => {
  const [target, ...levels] = args(one);
  const bytes = target?.text.startsWith("memory:") === true ? size(target.text.slice(7)) : 1n;
  if (target !== undefined && (bytes === null || bytes === 0n)) {
    const log = `invalid buffer size "${target.text.slice(7)}"`;
    return notTaken(one, target, "other", log, "memory: with digits and k or m");
  }
  const broken = target === undefined ? null : syslog(one, target);
  if (broken !== null) return broken;
  let level: Word | null = null;
  let debug = false;
  for (const at of levels) {
    const known = LEVELS.includes(at.text);
    if ((known && (level !== null || debug)) || (DEBUG.includes(at.text) && level !== null))
      return secondLevel(at, known);
    if (known) level = at;
    else if (DEBUG.includes(at.text)) debug = true;
    else {
      const log = `invalid log level "${at.text}"`;
      return { ...notTaken(one, at, "other", log, LEVELS.join(", ")), choices: LEVELS };
    }
  }
  return null;
};

function secondLevel(at: Word, known: boolean): Refusal {
  const log = known ? `duplicate log level "${at.text}"` : `invalid log level "${at.text}"`;
  const help = "keep one level: it covers itself and all that are worse";
  return refused("other", log, at, `error_log has a second level, ${quoted(at.text)}`, help);
}

const FACILITIES =
  "kern user mail daemon auth intern lpr news uucp clock authpriv ftp ntp audit alert cron local0 local1 local2 local3 local4 local5 local6 local7";
const SEVERITIES = "emerg alert crit error warn notice info debug";

function syslog(one: Checked, at: Word): Refusal | null {
  if (!at.text.startsWith("syslog:")) return null;
  for (const part of at.text.slice("syslog:".length).split(",")) {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/s.exec(part) ?? [];
    const log = syslogFault(name, value, part);
    if (log !== null)
      return notTaken(
        one,
        at,
        "other",
        log,
        "server=, facility=, severity=, tag= and nohostname after syslog:",
      );
  }
  return null;
}

function syslogFault(name: string, value: string, part: string): string | null {
  if (part === "nohostname" || name === "server") return null;
  if (name === "facility")
    return FACILITIES.split(" ").includes(value) ? null : `unknown syslog facility "${value}"`;
  if (name === "severity")
    return SEVERITIES.split(" ").includes(value) ? null : `unknown syslog severity "${value}"`;
  if (name !== "tag") return `unknown syslog parameter "${part}"`;
  if (value.length > 32) return 'syslog "tag" value exceeds 32';
  return /^\w*$/.test(value) ? null : 'syslog "tag" only allows alphanumeric characters and underscore';
}

const ESCAPES = ["default", "json", "none"];

export const logFormat: Check = (one) => {
  const [, second] = args(one);
  const escaping = /^escape=(.*)$/s.exec(second?.text ?? "")?.[1];
  if (second !== undefined && escaping !== undefined && !ESCAPES.includes(escaping)) {
    const log = `unknown log format escaping "${escaping}"`;
    return {
      ...notTaken(one, second, "log-format", log, `escape= with ${ESCAPES.join(", ")}`),
      choices: ESCAPES,
    };
  }
  const name = word(one, 0);
  if (name.text === "combined") {
    const log = 'duplicate "log_format" name "combined"';
    return refused("other", log, name, "combined is nginx's own log format", "use another name");
  }
  for (const at of args(one).slice(1)) {
    const found = nameRefusal(at);
    if (found === null) continue;
    if (found.kind !== "variable-name") return found;
    const rest = at.text.slice(/\$(?![\w{])|\$\{\}/.exec(at.text)?.index ?? 0);
    return { ...found, kind: "parameter", log: `invalid parameter "${rest}"` };
  }
  return null;
};

export const accessLog: Check = (one) => {
  const all = args(one);
  if (text(one, 0) === "off") {
    const extra = all[1];
    const log = `invalid parameter "${extra?.text}"`;
    return extra === undefined ? null : notTaken(one, extra, "parameter", log, "nothing after off");
  }
  return firstOf(one, [(it) => syslog(it, word(it, 0)), format, options, buffered]);
};

function format(one: Checked): Refusal | null {
  const at = args(one)[1];
  if (at === undefined || !one.scope.formatless.has(one.node) || !one.scope.complete) return null;
  const log = `unknown log format "${at.text}"`;
  const message = `no log_format before this line defines ${quoted(at.text)}`;
  const help =
    "define it in http before its first use, or remove the name to use nginx's own format, combined";
  return refused("log-format", log, at, message, help);
}

function options(one: Checked): Refusal | null {
  for (const at of args(one).slice(2)) {
    const [, name = "", value = ""] = /^(buffer|flush|gzip|if)=(.*)$/s.exec(at.text) ?? [];
    const bytes = size(value);
    if (name === "buffer" && (bytes === null || bytes === 0n))
      return notTaken(one, at, "other", `invalid buffer size "${value}"`, "buffer= with digits and k or m");
    const flush = time(value, "ms");
    if (name === "flush" && (flush === null || flush === 0n))
      return notTaken(one, at, "other", `invalid flush time "${value}"`, "flush= with a time");
    const level = count(value) ?? 0;
    if (name === "gzip" && (level < 1 || level > 9)) {
      const log = `invalid compression level "${value}"`;
      return notTaken(one, at, "other", log, "gzip= with a level from 1 to 9");
    }
    if (name === "if") {
      const found = nameRefusal({ ...at, text: value });
      if (found !== null) return found;
    }
    if (name !== "" || at.text === "gzip") continue;
    const log = `invalid parameter "${at.text}"`;
    return notTaken(one, at, "parameter", log, "buffer=, gzip, gzip=, flush= and if= after the format");
  }
  return null;
}

/**
 * A buffer does not work with syslog or with a path that changes, and flush= does not work without a
 * buffer.
 */
function buffered(one: Checked): Refusal | null {
  const all = args(one).slice(2);
  const flush = all.find(({ text: option }) => option.startsWith("flush="));
  const buffer = all.find(({ text: option }) => option.startsWith("buffer=") || /^gzip(?:=|$)/.test(option));
  const target = word(one, 0);
  if (flush !== undefined && buffer === undefined) {
    const log = `no buffer is defined for access_log "${target.text}"`;
    return refused("other", log, flush, "access_log has flush= without buffer=", "add buffer=32k");
  }
  if (buffer === undefined) return null;
  if (target.text.startsWith("syslog:")) {
    const log = "logs to syslog cannot be buffered";
    return refused("other", log, buffer, "access_log has a buffer for syslog", "remove it");
  }
  if (!target.text.includes("$")) return null;
  const log = "buffered logs cannot have variables in name";
  const message = "access_log has a buffer and a variable in its path";
  return refused("other", log, buffer, message, "remove the buffer, or the variable");
}
