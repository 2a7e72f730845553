/**
 * Times of log lines. nginx's error log and PHP-FPM write the machine's wall clock and no zone, so a time is what that
 * clock showed: milliseconds since 1970 as if it showed UTC. An access log's offset is left out for the same reason.
 */

/** Minutes and hours as milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function two(text: string, at: number): number {
  const a = text.charCodeAt(at) - 48;
  const b = text.charCodeAt(at + 1) - 48;
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN;
}

let dayKnown = { text: "", start: 0 };

/** The start of a day; one day has very many lines. */
function dayStart(text: string, make: () => number): number {
  if (dayKnown.text !== text) dayKnown = { text, start: make() };
  return dayKnown.start;
}

function clockAt(text: string, at: number): number {
  const hours = two(text, at);
  const minutes = two(text, at + 3);
  const seconds = two(text, at + 6);
  return hours < 24 && minutes < 60 && seconds < 61
    ? ((hours * 60 + minutes) * 60 + seconds) * 1000
    : Number.NaN;
}

function known(time: number): number | null {
  return Number.isFinite(time) ? time : null;
}

/** `2026/11/28 12:00:00` at the start of a text; `null`: it is none. */
export function slashTime(text: string): number | null {
  if (text.charCodeAt(4) !== 47 || text.charCodeAt(7) !== 47) return null;
  const day = dayStart(text.slice(0, 10), () =>
    Date.UTC(two(text, 0) * 100 + two(text, 2), two(text, 5) - 1, two(text, 8)),
  );
  return known(day + clockAt(text, 11));
}

/** `28-Nov-2026 12:00:00` or `28/Nov/2026:12:00:00`, `at` a place of a text; `null`: it is none. */
export function monthTime(text: string, at: number): number | null {
  const separator = text.charCodeAt(at + 2);
  if (separator !== 45 && separator !== 47) return null;
  const day = dayStart(text.slice(at, at + 11), () => {
    const month = MONTHS.indexOf(text.slice(at + 3, at + 6));
    return month === -1
      ? Number.NaN
      : Date.UTC(two(text, at + 7) * 100 + two(text, at + 9), month, two(text, at));
  });
  return known(day + clockAt(text, at + 12));
}

/** `2026-11-28T12:00:00` or with a space, as ISO 8601 has it, without its offset; `null`: it is none. */
export function isoTime(text: string): number | null {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return null;
  return known(
    Date.UTC(two(text, 0) * 100 + two(text, 2), two(text, 5) - 1, two(text, 8)) + clockAt(text, 11),
  );
}

/** `Nov 28 12:00:00` of syslog, which has no year: the latest such time that is not after `now`. `null`: it is none. */
export function syslogTime(text: string, now: number): number | null {
  const year = new Date(now).getUTCFullYear();
  const time = clockTime(text, String(year));
  return time !== null && time > now + DAY ? clockTime(text, String(year - 1)) : time;
}

/** `Nov 28 12:00:00` of a year; `null`: it is none. */
export function clockTime(text: string, year: string): number | null {
  const month = MONTHS.indexOf(text.slice(0, 3));
  if (month === -1 || text.charAt(3) !== " ") return null;
  const day = text.charAt(4) === " " ? two(`0${text.charAt(5)}`, 0) : two(text, 4);
  return known(Date.UTC(Number(year), month, day) + clockAt(text, 7));
}

/** What the wall clock of this machine shows at a moment, in milliseconds since 1970. */
export function toWall(moment: number): number {
  return moment - new Date(moment).getTimezoneOffset() * MINUTE;
}

/** `1790000000.123456`, seconds since 1970 at the start of a text, as this machine's clock shows them; `null`: it is none. */
export function epochTime(text: string): number | null {
  const seconds = /^\d{9,11}(?=\.\d)/.exec(text)?.[0];
  return seconds === undefined ? null : toWall(Number(seconds) * 1000);
}

/**
 * What the audit daemon writes in brackets: seconds since 1970 and a number, or the date as `ausearch -i` prints it in
 * English. `null`: it is in another language.
 */
export function auditTime(text: string): number | null {
  const [, month = "", day = "", year = ""] =
    /^(\d\d)\/(\d\d)\/(?:20)?(\d\d) \d\d:\d\d:\d\d/.exec(text) ?? [];
  return year === ""
    ? epochTime(text)
    : isoTime(`20${year}-${month}-${day}${text.slice(text.indexOf(" "), text.indexOf(" ") + 9)}`);
}

/** `2026-11-28 12:00:00`. */
export function showTime(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace("T", " ");
}
