/** One line of a log, in the forms that nginx, PHP-FPM, the kernel and those who collect their lines write. */
import type { Block } from "./part.js";
import { auditTime, clockTime, epochTime, isoTime, monthTime, slashTime, syslogTime } from "./time.js";

export interface LogLine {
  readonly by: "nginx" | "php-fpm" | "kernel" | "systemd" | "supervisord";
  /** As `time.ts` counts; `null`: the line has none, or none that can be read. */
  readonly time: number | null;
  /** `error`, `WARNING`; `null`: the line has none. */
  readonly level: string | null;
  /** Without time, level and what nginx adds at the end. */
  readonly message: string;
  /** What nginx adds at the end; `null`: nothing. */
  readonly request: LoggedRequest | null;
}

/** What nginx says of the request at the end of a line of its error log. Who the client is, is not kept. */
export interface LoggedRequest {
  /** The first `server_name` of the server; empty: it has none. */
  readonly server: string;
  /** `GET`; empty: the line has no request. */
  readonly method: string;
  /** The path without the query; empty: the line has no request. */
  readonly path: string;
  /** `fastcgi://unix:/run/php/a.sock:`; empty: no upstream was chosen. */
  readonly upstream: string;
  /** The `Host` header; empty: the line has none. */
  readonly host: string;
}

const NGINX = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[([a-z]{1,8})\] \d{1,10}#\d{1,10}: (?:\*\d{1,20} )?/;
const NGINX_START = /^nginx: \[([a-z]{1,8})\] /;
const FPM =
  /^\[\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})?\] (NOTICE|WARNING|ERROR|ALERT|DEBUG): (?:pid \d{1,10}, [a-z_]{1,60}\(\), line \d{1,6}: )?/;
const FPM_SYSLOG = /^\[(NOTICE|WARNING|ERROR|ALERT|DEBUG)\] /;
/** As syslog writes it, or `journalctl` with `-o short-iso`, `-o short-full` or `-o short-unix`. */
const SYSLOG =
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,15}(?:Z|[+-]\d\d:?\d\d)?|[A-Z][a-z][a-z] \d{4}-\d\d-\d\d [\d:.]{8,15} [A-Z0-9+-]{1,8}|\d{9,11}\.\d{6}) [^ ]{1,255} ([^ :[]{1,64})(?:\[\d{1,10}\])?: /;
/** A line of the audit daemon, as it writes it and as `ausearch` prints it. */
const AUDIT = /^(?:node=[^ ]{1,255} )?(?=type=[A-Z0-9_]{1,40} msg=audit\(([^)]{1,60})\) ?: )/;
const SUPERVISORD = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (TRAC|BLAT|DEBG|INFO|WARN|ERRO|CRIT) /;
/** What systemd says of a unit, where `journalctl -o cat` prints no more. */
const UNIT = /^[\w@.:\\-]{1,200}\.service: [A-Z]/;
const DMESG = /^\[ {0,12}\d{1,12}\.\d{1,6}\] /;
/** `dmesg -T`. */
const DMESG_TIME = /^\[[A-Z][a-z][a-z] ([A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d) (\d{4})\] /;
/** PHP's own log. */
const PHP = /^\[\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})? [\w/+:-]{1,40}\] (?=PHP )/;
/** A worker's own lines, as `decorate_workers_output = no` leaves them. */
const WORKER =
  /^(?:NOTICE|WARNING|ERROR|ALERT): (?:PHP message: |Unable to (?:open primary script|set php_)|Connection disallowed: |Access to the script )/;

/** `null`: no form that is known. `now`: as `time.ts` counts, for lines without a year. */
export function readLine(text: string, now: number): LogLine | null {
  const code = text.charCodeAt(0);
  if (code >= 48 && code <= 57) {
    const line = nginxLine(text) ?? supervisordLine(text);
    if (line !== null) return line;
  }
  if (code === 91) {
    const fpm = FPM.exec(text);
    if (fpm !== null) return line("php-fpm", monthTime(text, 1), fpm[1] ?? null, text.slice(fpm[0].length));
    const dmesg = DMESG.exec(text);
    if (dmesg !== null) return sinceBoot(text.slice(dmesg[0].length));
    const [head, clock = "", year = ""] = DMESG_TIME.exec(text) ?? [];
    if (head !== undefined) return line("kernel", clockTime(clock, year), null, text.slice(head.length));
    const php = PHP.exec(text)?.[0];
    if (php !== undefined) return said(monthTime(text, 1), text.slice(php.length));
  }
  if (WORKER.test(text)) return said(null, text);
  const start = NGINX_START.exec(text);
  if (start !== null) return line("nginx", null, start[1] ?? null, text.slice(start[0].length));
  const audit = AUDIT.exec(text);
  if (audit !== null) return line("kernel", auditTime(audit[1] ?? ""), null, text.slice(audit[0].length));
  const collected = SYSLOG.exec(text);
  if (collected !== null) return collectedLine(text, collected[0].length, collected[1] ?? "", now);
  return UNIT.test(text) ? line("systemd", null, null, text) : null;
}

/** A line with the seconds since the machine's start: the kernel's, or one that `journalctl -o short-monotonic` prints. */
function sinceBoot(rest: string): LogLine {
  const systemd = /^(?:[^ :]{1,255} )?systemd(?:\[\d{1,10}\])?: /.exec(rest)?.[0] ?? "";
  const kernel = systemd === "" ? (/^[^ :]{1,255} kernel: /.exec(rest)?.[0] ?? "") : "";
  return line(systemd === "" ? "kernel" : "systemd", null, null, rest.slice(systemd.length + kernel.length));
}

function supervisordLine(text: string): LogLine | null {
  const [head = "", level = null] = SUPERVISORD.exec(text) ?? [];
  return head === "" ? null : line("supervisord", isoTime(text), level, text.slice(head.length));
}

/** Whether syslog or the journal has the line, of whatever program. */
export function isCollected(text: string): boolean {
  return SYSLOG.test(text);
}

const BLANK = 32;
const LETTER_T = 84;
const ANGLE = 60;
/** Bytes in which what syslog puts before a line has its end. */
const LONGEST_HEAD = 200;

/** Where a daemon's own line may begin in one that syslog or the journal has put a name before; -1: it is no such line. */
export function insideSyslog({ bytes }: Block, from: number, to: number): number {
  if (bytes[from + 3] !== BLANK && bytes[from + 10] !== LETTER_T && bytes[from] !== ANGLE) return -1;
  const head = SYSLOG.exec(bytes.toString("latin1", from, Math.min(to, from + LONGEST_HEAD)));
  const [all = "", program = ""] = head ?? [];
  return head === null || systemsLine(program) !== null ? -1 : from + all.length;
}

/** A line of nginx's error log; `null`: it is none. */
export function nginxLine(text: string): LogLine | null {
  const head = NGINX.exec(text);
  if (head === null) return null;
  const time = slashTime(text);
  const rest = text.slice(head[0].length);
  const end = tailOf(rest);
  return {
    by: "nginx",
    time,
    level: head[1] ?? null,
    message: end === -1 ? rest : rest.slice(0, end),
    request: end === -1 ? null : requestOf(rest, end),
  };
}

/** What nginx writes before what PHP said. */
export const STDERR = 'FastCGI sent in stderr: "';
/** With what its own words go on behind it. */
export const STDERR_END = '" while reading ';

/** With what it goes on behind a message that is about a client. */
export const CLIENT = ", client: ";

/** Where nginx's own words end; -1: it adds nothing. What PHP said comes before and may have the same words. */
function tailOf(rest: string): number {
  const said = rest.startsWith(STDERR) ? rest.lastIndexOf(STDERR_END) : 0;
  return rest.indexOf(CLIENT, Math.max(said, 0));
}

function requestOf(rest: string, end: number): LoggedRequest {
  const server = rest.indexOf(", server: ", end);
  const request = rest.indexOf(', request: "', server === -1 ? end : server);
  const serverEnd = request === -1 ? rest.length : request;
  const from = request === -1 ? rest.length : request + 12;
  const upstream = rest.indexOf('", upstream: "', from);
  const lineEnd = rest.indexOf('"', from);
  const words = rest.slice(from, upstream === -1 ? (lineEnd === -1 ? rest.length : lineEnd) : upstream);
  const upstreamEnd = upstream === -1 ? -1 : rest.indexOf('"', upstream + 14);
  const host = rest.indexOf('", host: "', upstream === -1 ? from : upstream);
  const space = words.indexOf(" ");
  return {
    server: server === -1 ? "" : rest.slice(server + 10, serverEnd),
    method: space === -1 ? "" : words.slice(0, space),
    path: space === -1 ? "" : pathOf(words.slice(space + 1)),
    upstream: upstreamEnd === -1 ? "" : rest.slice(upstream + 14, upstreamEnd),
    host: host === -1 ? "" : rest.slice(host + 10, rest.indexOf('"', host + 10)),
  };
}

/** Of `/a/b?c=d HTTP/1.1`, `/a/b`. */
export function pathOf(target: string): string {
  for (let at = 0; at < target.length; at += 1) {
    const code = target.charCodeAt(at);
    if (code === 32 || code === 63) return target.slice(0, at);
  }
  return target;
}

function line(by: LogLine["by"], time: number | null, level: string | null, message: string): LogLine {
  return { by, time, level, message, request: null };
}

/** What PHP-FPM's log has before what a worker said, of one that is not known. */
const SAID = '[pool ] child 0 said into stderr: "';

/** What a worker says, as PHP-FPM's log has it with `catch_workers_output = yes`. */
function said(time: number | null, text: string): LogLine {
  return line("php-fpm", time, null, `${SAID}${text}"`);
}

/** A message as the log has it. */
export function messageAsWritten(message: string): string {
  return message.startsWith(SAID) ? message.slice(SAID.length, -1) : message;
}

/** Programs whose lines say what the kernel or systemd did. */
const SYSTEM: ReadonlyMap<string, "kernel" | "systemd"> = new Map([
  ["kernel", "kernel"],
  ["audit", "kernel"],
  ["audispd", "kernel"],
  ["audisp-syslog", "kernel"],
  ["setroubleshoot", "kernel"],
  ["systemd", "systemd"],
  ["systemd-oomd", "systemd"],
  ["systemd-coredump", "systemd"],
]);

/** Whose line it is by the name that is before it; `null`: another program's. systemd itself becomes `(nginx)` before it is that. */
function systemsLine(program: string): "kernel" | "systemd" | null {
  return program.startsWith("(") ? "systemd" : (SYSTEM.get(program) ?? null);
}

/** A line that syslog or the journal put a name before. */
function collectedLine(text: string, from: number, program: string, now: number): LogLine | null {
  const rest = text.slice(from);
  const bare = text.replace(/^<\d{1,3}>/, "");
  const time = syslogTime(bare, now) ?? isoTime(bare) ?? isoTime(bare.slice(4)) ?? epochTime(bare);
  const by = systemsLine(program);
  if (by !== null) return line(by, time, null, rest.replace(DMESG, "").replace(AUDIT, ""));
  // The name of a container, or of the unit, may be any.
  const nginx = nginxLine(rest);
  if (nginx !== null) return nginx;
  const own = FPM.exec(rest);
  if (own !== null) return line("php-fpm", monthTime(rest, 1), own[1] ?? null, rest.slice(own[0].length));
  if (!program.includes("fpm")) return null;
  const level = FPM_SYSLOG.exec(rest);
  return level === null ? null : line("php-fpm", time, level[1] ?? null, rest.slice(level[0].length));
}

/** What PHP said in a line of nginx's error log, each message by itself; none: it is no such line. */
export function saidInStderr(message: string): readonly string[] {
  if (!message.startsWith(STDERR)) return [];
  const end = message.lastIndexOf(STDERR_END);
  const said = message.slice(STDERR.length, end === -1 ? message.length : end);
  return said.split(/; (?=PHP message: |Unable to open|Primary script)|(?<=\d|Unknown)(?=PHP message: )/);
}
