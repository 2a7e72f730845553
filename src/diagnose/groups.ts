/** Lines that say the same of the same address and server. */
import type { Match, Signature } from "../causes/signature.js";
import type { LoggedRequest, LogLine } from "../logs/line.js";
import { HOUR, MINUTE } from "../logs/time.js";

/** A line that was kept to be shown. */
export interface Sample {
  readonly line: LogLine;
  /** The text as it is in the log. */
  readonly text: string;
  /** The log that has it, as reports print it. */
  readonly source: string;
}

export interface Group {
  readonly signature: Signature;
  /** The first `server_name` of the server; empty: none, or unknown. */
  readonly server: string;
  /** As the log has it; empty: unknown. */
  readonly upstream: string;
  /** The pool that the line names; empty: it names none. */
  readonly pool: string;
  /** The parts of the first line. */
  readonly parts: ReadonlyMap<string, string>;
  readonly sample: Sample;
  count: number;
  /** As `logs/time.ts` counts; `null`: no line had a time. */
  first: number | null;
  last: number | null;
  /** Lines by their minute, or by their hour where they are spread over very many minutes. */
  readonly times: TimeCounts;
  /** Lines by path; of very many paths only the first. */
  readonly paths: Map<string, number>;
  /** Times of some of the lines, in milliseconds. */
  readonly some: number[];
}

/** Distinct minutes that a group remembers. */
const MOST_MINUTES = 3000;
/** Distinct paths. */
const MOST_PATHS = 200;
/** Single times: of more than these every second, fourth … one. */
const MOST_TIMES = 2000;
/** Groups; hostile logs may have a name in each line. */
const MOST_GROUPS = 10_000;

export class TimeCounts {
  step = MINUTE;
  private counts = new Map<number, number>();

  add(time: number): void {
    const slot = Math.floor(time / this.step);
    this.counts.set(slot, (this.counts.get(slot) ?? 0) + 1);
    if (this.counts.size > MOST_MINUTES) this.widen(this.step === MINUTE ? HOUR : this.step * 4);
  }

  private widen(step: number): void {
    const wide = new Map<number, number>();
    for (const [slot, count] of this.counts) {
      const at = Math.floor((slot * this.step) / step);
      wide.set(at, (wide.get(at) ?? 0) + count);
    }
    this.step = step;
    this.counts = wide;
  }

  /** Starts of the steps with their counts, in order. */
  entries(): readonly (readonly [time: number, count: number])[] {
    return [...this.counts]
      .map(([slot, count]) => [slot * this.step, count] as const)
      .sort(([a], [b]) => a - b);
  }
}

export class Groups {
  private readonly known = new Map<string, Group>();
  /** Lines of groups that are beyond the limit. */
  others = 0;
  private seen = 0;

  add(match: Match, line: LogLine, text: string, source: string): void {
    const { signature, parts } = match;
    const request = line.request;
    const pool = parts.get("pool") ?? "";
    const server = request?.server ?? "";
    const upstream = request?.upstream === undefined || request.upstream === "" ? "" : bare(request);
    const key = `${signature.id}\0${server}\0${upstream}\0${pool}`;
    let group = this.known.get(key);
    if (group === undefined) {
      if (this.known.size >= MOST_GROUPS) {
        this.others += 1;
        return;
      }
      group = {
        signature,
        server,
        upstream,
        pool,
        parts,
        sample: { line, text, source },
        count: 0,
        first: null,
        last: null,
        times: new TimeCounts(),
        paths: new Map(),
        some: [],
      };
      this.known.set(key, group);
    }
    this.count(group, line.time, request?.path ?? parts.get("script") ?? "");
  }

  private count(group: Group, time: number | null, path: string): void {
    group.count += 1;
    if (time !== null) {
      group.first = group.first === null || time < group.first ? time : group.first;
      group.last = group.last === null || time > group.last ? time : group.last;
      group.times.add(time);
      this.seen += 1;
      if (group.some.length < MOST_TIMES) group.some.push(time);
      else group.some[this.seen % MOST_TIMES] = time;
    }
    if (path === "") return;
    const before = group.paths.get(path);
    if (before !== undefined || group.paths.size < MOST_PATHS) group.paths.set(path, (before ?? 0) + 1);
  }

  /** The group with most lines first. */
  all(): readonly Group[] {
    return [...this.known.values()].sort((a, b) => b.count - a.count);
  }
}

/** Without its scheme and the colon at its end. */
function bare({ upstream }: LoggedRequest): string {
  const end = upstream.indexOf("://");
  const address = end === -1 ? upstream : upstream.slice(end + 3);
  return address.endsWith(":") ? address.slice(0, -1) : address;
}
