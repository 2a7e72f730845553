/** What happened, as other commands wrote it: documents that say themselves what they are. */

/** The JSON of `fpmlint diagnose`, as much of it as is drawn. Times are the starts of hours, in hours since 1970. */
export interface ObservedDiagnosis {
  readonly kind: "diagnosis";
  /** The file's name as it was typed. */
  readonly file: string;
  readonly lost: number;
  /** `null`: no access log was read. */
  readonly requests: number | null;
  readonly statuses: readonly { readonly status: number; readonly count: number }[];
  /** As the document has it; `null`: nothing was lost, or no line had a time. */
  readonly first: string | null;
  readonly last: string | null;
  readonly causes: readonly ObservedCause[];
  readonly pools: readonly ObservedPool[];
}

export interface ObservedCause {
  readonly title: string;
  readonly certain: boolean;
  readonly requests: number;
  /** How they lie in time, in words; empty: not known. */
  readonly when: string;
  readonly hours: readonly { readonly at: number; readonly requests: number }[];
  readonly evidence: readonly string[];
  readonly findings: readonly { readonly rule: string; readonly fingerprint: string }[];
  readonly check: { readonly run: string; readonly look: string } | null;
  /** What to turn on to know more; `null`: nothing. */
  readonly tell: string | null;
}

/** A pool of which PHP-FPM's log said how full it was. */
export interface ObservedPool {
  readonly name: string;
  /** `null`: not known. */
  readonly maxChildren: number | null;
  /** How often all of its workers were busy. */
  readonly full: number;
  /** `workers`: the most that the log named; `null`: none. */
  readonly hours: readonly { readonly at: number; readonly workers: number | null; readonly full: number }[];
}

/** The JSON of `fpmlint doctor`, as much of it as is drawn. */
export interface ObservedMachine {
  readonly kind: "machine";
  /** The file's name as it was typed. */
  readonly file: string;
  /** When it was looked at, in milliseconds since 1970. */
  readonly at: number;
  readonly source: "live" | "snapshot";
  readonly root: boolean;
  /** `null`: not known. */
  readonly container: boolean | null;
  readonly checks: readonly ObservedCheck[];
  readonly pools: readonly ObservedFill[];
  readonly notRead: readonly { readonly file: string; readonly reason: string }[];
}

export interface ObservedCheck {
  readonly id: string;
  readonly status: (typeof STATUSES)[number];
  readonly wrongs: readonly ObservedWrong[];
  /** Why it cannot tell, or not of everything. */
  readonly whys: readonly string[];
}

export interface ObservedWrong {
  readonly severity: (typeof SEVERITIES)[number];
  readonly said: string;
  readonly evidence: readonly string[];
  readonly place: { readonly file: string; readonly line: number } | null;
  readonly fix: string | null;
}

/** How full a running pool was. `null`: not known. */
export interface ObservedFill {
  readonly name: string;
  /** The main file of its PHP-FPM. */
  readonly master: string;
  readonly maxChildren: number | null;
  /** Those that ran. */
  readonly workers: number | null;
  readonly busy: number | null;
  /** How often all of them were busy since it was started. */
  readonly full: number | null;
}

export type Observed = ObservedDiagnosis | ObservedMachine;

/** `wrong`: the end of a sentence that begins with the file's name. */
export function readObserved(text: string, file: string): Observed | { readonly wrong: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { wrong: `is not JSON: ${EXPECTED}` };
  }
  const whole = keysOf(document);
  if (whole === null || keysOf(whole.get("tool"))?.get("name") !== "fpmlint")
    return { wrong: `is something else: ${EXPECTED}` };
  const read = READERS.find(({ key }) => whole.has(key))?.read;
  if (read === undefined) return { wrong: `is something else: ${EXPECTED}` };
  if (whole.get("version") !== VERSION)
    return { wrong: `has another version of the document than ${VERSION}: write it with this fpmlint` };
  try {
    return read(whole, file);
  } catch (error) {
    if (error instanceof Unlike)
      return { wrong: `is not whole (${error.message}): write it with this fpmlint` };
    throw error;
  }
}

const VERSION = 1;
const EXPECTED = "the output of fpmlint diagnose or fpmlint doctor with --format json is expected";

/** The documents, each by a key that no other has. */
const READERS: readonly {
  readonly key: string;
  readonly read: (whole: Keys, file: string) => Observed;
}[] = [
  { key: "causes", read: (whole, file) => ({ kind: "diagnosis", file, ...diagnosisIn(whole) }) },
  { key: "checks", read: (whole, file) => ({ kind: "machine", file, ...machineIn(whole) }) },
];

const STATUSES = ["ok", "warning", "error", "unknown", "skipped"] as const;
const SEVERITIES = ["error", "warning"] as const;
const SOURCES = ["live", "snapshot"] as const;
const KINDS = ["fine", "wrong", "unknown"] as const;

/** What is not as the document has it; the message is the key. */
class Unlike extends Error {}

/** The keys of an object, and no others. */
type Keys = ReadonlyMap<string, unknown>;

function keysOf(value: unknown): Keys | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : null;
}

function diagnosisIn(whole: Keys): Omit<ObservedDiagnosis, "kind" | "file"> {
  return {
    lost: count(whole, "lost"),
    requests: maybe(whole, "requests", count),
    statuses: list(whole, "statuses").map((one) => ({
      status: count(one, "status"),
      count: count(one, "count"),
    })),
    first: maybe(whole, "first", text),
    last: maybe(whole, "last", text),
    causes: list(whole, "causes").map((one) => ({
      title: text(one, "title"),
      certain: flag(one, "certain"),
      requests: count(one, "requests"),
      when: text(one, "when"),
      hours: list(one, "hours").map((hour) => ({ at: hourOf(hour), requests: count(hour, "requests") })),
      evidence: texts(one, "evidence"),
      findings: list(one, "findings").map((finding) => ({
        rule: text(finding, "rule"),
        fingerprint: text(finding, "fingerprint"),
      })),
      check: maybe(one, "check", checkIn),
      tell: maybe(one, "tell", text),
    })),
    pools: list(whole, "pools").map((one) => ({
      name: text(one, "name"),
      maxChildren: maybe(one, "maxChildren", count),
      full: count(one, "full"),
      hours: list(one, "hours").map((hour) => ({
        at: hourOf(hour),
        workers: maybe(hour, "workers", count),
        full: count(hour, "full"),
      })),
    })),
  };
}

function machineIn(whole: Keys): Omit<ObservedMachine, "kind" | "file"> {
  return {
    at: momentOf(whole),
    source: oneOf(whole, "source", SOURCES),
    root: flag(whole, "root"),
    container: maybe(whole, "container", flag),
    checks: list(whole, "checks").map((one) => {
      const answers = list(one, "answers").map((answer) => [oneOf(answer, "kind", KINDS), answer] as const);
      return {
        id: text(one, "id"),
        status: oneOf(one, "status", STATUSES),
        wrongs: answers.flatMap(([kind, answer]) => (kind === "wrong" ? [wrongIn(answer)] : [])),
        whys: answers.flatMap(([kind, answer]) => (kind === "unknown" ? [text(answer, "why")] : [])),
      };
    }),
    pools: list(whole, "pools").map((one) => ({
      name: text(one, "name"),
      master: text(one, "master"),
      maxChildren: maybe(one, "maxChildren", count),
      workers: maybe(one, "workers", count),
      busy: maybe(one, "busy", count),
      full: maybe(one, "full", count),
    })),
    notRead: list(whole, "notRead").map((one) => ({ file: text(one, "file"), reason: text(one, "reason") })),
  };
}

function wrongIn(answer: Keys): ObservedWrong {
  return {
    severity: oneOf(answer, "severity", SEVERITIES),
    said: text(answer, "said"),
    evidence: texts(answer, "evidence"),
    place: maybe(answer, "place", placeIn),
    fix: maybe(answer, "fix", text),
  };
}

function placeIn(holder: Keys, key: string): ObservedWrong["place"] {
  const found = object(holder.get(key), key);
  return { file: text(found, "file"), line: count(found, "line") };
}

function checkIn(holder: Keys, key: string): ObservedCause["check"] {
  const found = object(holder.get(key), key);
  return { run: text(found, "run"), look: text(found, "look") };
}

function object(value: unknown, key: string): Keys {
  const found = keysOf(value);
  if (found === null) throw new Unlike(key);
  return found;
}

/** A whole number from 0 on. */
function count(holder: Keys, key: string): number {
  const value = holder.get(key);
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Unlike(key);
  return value;
}

function text(holder: Keys, key: string): string {
  const value = holder.get(key);
  if (typeof value !== "string") throw new Unlike(key);
  return value;
}

function flag(holder: Keys, key: string): boolean {
  const value = holder.get(key);
  if (typeof value !== "boolean") throw new Unlike(key);
  return value;
}

function oneOf<T extends string>(holder: Keys, key: string, words: readonly T[]): T {
  const found = words.find((word) => word === holder.get(key));
  if (found === undefined) throw new Unlike(key);
  return found;
}

function maybe<T>(holder: Keys, key: string, read: (holder: Keys, key: string) => T): T | null {
  return holder.get(key) === null ? null : read(holder, key);
}

function items(holder: Keys, key: string): readonly unknown[] {
  const value = holder.get(key);
  if (!Array.isArray(value)) throw new Unlike(key);
  return value;
}

function list(holder: Keys, key: string): readonly Keys[] {
  return items(holder, key).map((one) => object(one, key));
}

function texts(holder: Keys, key: string): readonly string[] {
  return items(holder, key).map((one) => {
    if (typeof one !== "string") throw new Unlike(key);
    return one;
  });
}

/** Milliseconds. */
export const HOUR = 3_600_000;

/** `2026-11-28T10:00:00` in hours since 1970, as if it were UTC: the logs name no zone. */
function hourOf(holder: Keys): number {
  const written = text(holder, "at");
  const time = /^\d{4}-\d\d-\d\dT\d\d:00:00$/.test(written) ? Date.parse(`${written}Z`) : Number.NaN;
  if (Number.isNaN(time)) throw new Unlike("at");
  return time / HOUR;
}

/** `2026-11-29T10:12:00.000Z` in milliseconds since 1970. */
function momentOf(holder: Keys): number {
  const written = text(holder, "at");
  const time = Date.parse(written);
  if (Number.isNaN(time) || new Date(time).toISOString() !== written) throw new Unlike("at");
  return time;
}
