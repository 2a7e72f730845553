import { DAY, HOUR, isoTime, MINUTE } from "../../logs/time.js";
import { UsageError } from "../usage.js";

const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", MINUTE],
  ["min", MINUTE],
  ["h", HOUR],
  ["d", DAY],
  ["w", 7 * DAY],
]);

/** The moment that words mean, as `logs/time.ts` counts. `now`: likewise. Throws UsageError. */
export function momentOf(option: string, words: string, now: number): number {
  const text = words.trim().toLowerCase();
  const [, number, unit] = /^-?(\d{1,6}) ?([a-z]{1,3})$/.exec(text) ?? [];
  const factor = UNITS.get(unit ?? "");
  if (number !== undefined && factor !== undefined) return now - Number(number) * factor;
  const today = Math.floor(now / DAY) * DAY;
  if (text === "now") return now;
  if (text === "today") return today;
  if (text === "yesterday") return today - DAY;
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (clock !== null) {
    const time = today + Number(clock[1]) * HOUR + Number(clock[2]) * MINUTE + Number(clock[3] ?? 0) * 1000;
    if (Number(clock[1]) < 24 && Number(clock[2]) < 60) return time > now ? time - DAY : time;
  }
  const date = /^(\d{4}-\d\d-\d\d)(?:[t ](\d\d:\d\d)(:\d\d)?)?$/.exec(text);
  const whole = date === null ? null : isoTime(`${date[1]} ${date[2] ?? "00:00"}${date[3] ?? ":00"}`);
  if (whole !== null) return whole;
  throw new UsageError(
    `--${option} ${JSON.stringify(words)} is no time such as 1h, 30m, today, 12:00 or "2026-11-28 12:00" (fpmlint diagnose --help lists the options)`,
  );
}

/** `502`, `502,504`, `5xx`; `null`: none was given. Throws UsageError. */
export function statusesOf(values: readonly string[]): ReadonlySet<number> | null {
  if (values.length === 0) return null;
  const found = values
    .flatMap((value) => value.split(","))
    .flatMap((text) => {
      const [, hundred] = /^([1-5])xx$/i.exec(text.trim()) ?? [];
      if (hundred !== undefined) return Array.from({ length: 100 }, (_, at) => Number(hundred) * 100 + at);
      if (/^[1-5]\d\d$/.test(text.trim())) return [Number(text)];
      throw new UsageError(`--status ${JSON.stringify(text)} is no status such as 502, 502,504 or 5xx`);
    });
  return new Set(found);
}
