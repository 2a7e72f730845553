/** Takes in the lines of all logs, and keeps what causes are found with. */
import { recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { AccessFormat, type AccessLine, COMBINED, isLost } from "../logs/access.js";
import { type LogLine, readLine } from "../logs/line.js";
import { Events } from "./events.js";
import { Groups, TimeCounts } from "./groups.js";
import { Rates } from "./rates.js";
import { SlowLog } from "./slow-log.js";

/** What is wanted of the lines. */
export interface Wanted {
  /** As `logs/time.ts` counts; `null`: from the beginning. */
  readonly since: number | null;
  /** `null`: to the end. */
  readonly until: number | null;
  /** Statuses of which to speak; `null`: all that lose requests. */
  readonly statuses: ReadonlySet<number> | null;
  /** The server's first name, or the `Host` header; `null`: all. */
  readonly server: string | null;
  readonly pool: string | null;
}

/** Requests of the access logs. */
export interface AccessCounts {
  /** Lines of them, whatever their status. */
  lines: number;
  /** Lost requests by status. */
  readonly lost: Map<number, number>;
  /** Lost requests by path; of very many only the first. */
  readonly paths: Map<string, number>;
  readonly times: TimeCounts;
  /** Seconds that lost requests took, where the format says it; of very many only the first. */
  readonly seconds: number[];
  first: number | null;
  last: number | null;
  /** One line of each status, without what tells who asked. */
  readonly samples: Map<
    number,
    { readonly line: AccessLine; readonly text: string; readonly source: string }
  >;
  /** Lines whose log has another format than the configuration says. */
  strange: number;
}

const MOST_PATHS = 500;
const MOST_SECONDS = 5000;

export class Collector {
  readonly groups = new Groups();
  readonly events = new Events();
  readonly slow = new SlowLog();
  readonly rates = new Rates();
  readonly access: AccessCounts = {
    lines: 0,
    lost: new Map(),
    paths: new Map(),
    times: new TimeCounts(),
    seconds: [],
    first: null,
    last: null,
    samples: new Map(),
    strange: 0,
  };
  /** Lines that were read one by one, and those of them that are of no daemon. */
  read = 0;
  foreign = 0;
  /** The time of the latest line of all. */
  latest: number | null = null;
  private readonly combined = new AccessFormat(COMBINED);
  private pending: { text: string; source: string; lines: number } | null = null;

  /** `now`: as `logs/time.ts` counts. */
  constructor(
    private readonly wanted: Wanted,
    private readonly now: number,
  ) {}

  /** One line of a log that may have lines of several daemons. */
  line(text: string, source: string): void {
    this.read += 1;
    const whole = this.joined(text, source);
    if (whole === null) return;
    const line = readLine(whole, this.now);
    if (line !== null) this.take(line, whole, source);
    else if (!this.mayBeAccess(whole, source)) this.foreign += 1;
  }

  /** PHP's message may have several lines; what nginx adds comes behind the last one. `null`: there is more to come. */
  private joined(text: string, source: string): string | null {
    if (this.pending !== null && this.pending.source === source) {
      const { text: before, lines } = this.pending;
      this.pending = null;
      const isNew = /^\d{4}\/\d\d\/\d\d /.test(text);
      const together = isNew ? before : `${before} ${text.trim()}`;
      if (isNew) {
        const line = readLine(together, this.now);
        if (line !== null) this.take(line, together, source);
      } else if (text.includes('" while reading ') || lines > 30 || together.length > 65_536) return together;
      else {
        this.pending = { text: together, source, lines: lines + 1 };
        return null;
      }
    }
    if (text.includes(STDERR) && !text.includes('" while reading ')) {
      this.pending = { text, source, lines: 1 };
      return null;
    }
    return text;
  }

  private take(line: LogLine, text: string, source: string): void {
    if (!this.isWanted(line.time)) return;
    if (line.time !== null && (this.latest === null || line.time > this.latest)) this.latest = line.time;
    const match = recogniseLine(line);
    if (match === null) return;
    this.events.add(match, line);
    if (this.isAsked(match, line)) this.groups.add(match, line, text, source);
  }

  private isWanted(time: number | null): boolean {
    const { since, until } = this.wanted;
    if (time === null) return since === null && until === null;
    return (since === null || time >= since) && (until === null || time <= until);
  }

  private isAsked({ signature, parts }: Match, { request }: LogLine): boolean {
    const { statuses, server, pool } = this.wanted;
    if (statuses !== null && (signature.status === null || !statuses.has(signature.status))) return false;
    if (server !== null && request !== null && request.server !== server && request.host !== server)
      return false;
    const named = parts.get("pool");
    return pool === null || named === undefined || named === pool;
  }

  private mayBeAccess(text: string, source: string): boolean {
    const line = this.combined.read(text);
    if (line === null) return false;
    this.access.lines += 1;
    if (this.asks(line.status)) this.takeAccess(line, text, source);
    return true;
  }

  /** A line of an access log with a lost request in it. */
  accessLine(text: string, format: AccessFormat, source: string): void {
    const line = format.read(text);
    if (line === null) this.access.strange += 1;
    else if (this.asks(line.status)) this.takeAccess(line, text, source);
  }

  /** So many lines of an access log, of which the first has that time; those before `since` do not count. */
  accessBlock(lines: number, time: number | null, since: number | null): void {
    if (since !== null && time !== null && time < since) return;
    this.access.lines += lines;
    if (time !== null) this.rates.add(lines, time);
  }

  private asks(status: number): boolean {
    return this.wanted.statuses === null ? isLost(status) : this.wanted.statuses.has(status);
  }

  private takeAccess(line: AccessLine, text: string, source: string): void {
    const { access } = this;
    const { time, status, path, values } = line;
    const server = this.wanted.server;
    if (!this.isWanted(time)) return;
    if (server !== null && (values.get("server_name") ?? values.get("host") ?? server) !== server) return;
    access.lost.set(status, (access.lost.get(status) ?? 0) + 1);
    if (!access.samples.has(status)) access.samples.set(status, { line, text, source });
    if (access.paths.has(path) || access.paths.size < MOST_PATHS)
      access.paths.set(path, (access.paths.get(path) ?? 0) + 1);
    const seconds = Number(values.get("request_time"));
    if (Number.isFinite(seconds) && access.seconds.length < MOST_SECONDS) access.seconds.push(seconds);
    if (time === null) return;
    access.times.add(time);
    access.first = access.first === null ? time : Math.min(access.first, time);
    access.last = access.last === null ? time : Math.max(access.last, time);
  }
}

const STDERR = 'FastCGI sent in stderr: "';
