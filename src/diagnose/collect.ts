/** Takes in the lines of all logs, and keeps what causes are found with. */
import { recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { asLogFormat } from "../fpm/settings/access-tokens.js";
import { fpmDefault } from "../fpm/settings/facts.js";
import { AccessFormat, type AccessLine, isLost } from "../logs/access.js";
import { AccessFormats } from "../logs/access-formats.js";
import { detached, detachedParts } from "../logs/detached.js";
import { insideSyslog, isCollected, type LogLine, readLine } from "../logs/line.js";
import { MessageLines } from "../logs/messages.js";
import { Block } from "../logs/part.js";
import { Extents, textOf } from "../logs/scan.js";
import { once } from "../source/memo.js";
import { Counts, TimeCounts } from "./counts.js";
import { Events, isKept } from "./events.js";
import { Fills } from "./fill.js";
import { FpmLines } from "./fpm-lines.js";
import { FpmRequests } from "./fpm-requests.js";
import { type Group, Groups } from "./groups.js";
import { NginxLines, type Taker } from "./nginx-lines.js";
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
  readonly paths: Counts;
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

/** `access.format` of PHP-FPM where none is written. */
export const FPM_DEFAULT = asLogFormat(fpmDefault("access.format", "pool", null) ?? "") ?? "";

const MOST_PATHS = 500;
const MOST_SECONDS = 5000;
const MOST_GOOD = 5000;
/** Characters of a line that are kept. */
const LONGEST_LINE = 4096;

function noRequests(): AccessCounts {
  return {
    lines: 0,
    lost: new Map(),
    paths: new Counts(MOST_PATHS),
    times: new TimeCounts(),
    seconds: [],
    first: null,
    last: null,
    samples: new Map(),
    strange: 0,
  };
}

export class Collector {
  readonly groups = new Groups();
  private readonly nginx: NginxLines;
  private readonly fpm: FpmLines;
  readonly events = new Events();
  readonly fills = new Fills();
  readonly slow = new SlowLog();
  readonly rates = new Rates();
  readonly access = noRequests();
  /** The same as PHP-FPM counts it. */
  readonly ofFpm = noRequests();
  readonly fpmRequests = new FpmRequests();
  /** Lines that were read one by one, and those of them that have no form that a log has. */
  read = 0;
  foreign = 0;
  /** The time of the latest line of all, and of the earliest. */
  latest: number | null = null;
  earliest: number | null = null;
  /** When requests went well, just before one was lost; in no order. */
  private readonly good: number[] = [];
  readonly formats: AccessFormats;
  private readonly fpmDefault = new AccessFormat(FPM_DEFAULT);
  /** When the line of an access log before went well; `null`: it did not. */
  private before: number | null = null;
  /** By log: with --follow lines of several come in turn. */
  private readonly messages = new Map<string, MessageLines>();

  /** `now`: as `logs/time.ts` counts. `formats`: those of access logs that the configuration has. */
  constructor(
    private readonly wanted: Wanted,
    private readonly now: number,
    formats: readonly string[] = [],
  ) {
    this.formats = new AccessFormats(formats);
    const taker: Taker = {
      isWanted: (time) => this.isTimely(time),
      isWhole: (match) =>
        isKept(match) || wanted.server !== null || wanted.statuses !== null || wanted.pool !== null,
      take: (match, line, text, source) => this.takeMatch(match, line, text, source),
      count: (group, time) => this.groups.count(group, time),
    };
    this.nginx = new NginxLines(taker);
    this.fpm = new FpmLines(taker);
  }

  /** The pool that was asked for; `null`: all. */
  get pool(): string | null {
    return this.wanted.pool;
  }

  /** One line of a log that may have lines of several daemons. */
  line(text: string, source: string): void {
    this.read += 1;
    this.lineOf(text, source);
  }

  /** The same, for the lines of a block. */
  block(block: Buffer, source: string): void {
    const own = new Block(block);
    const messages = this.messagesOf(source);
    this.nginx.begin();
    for (const lines = new Extents(block); lines.next(); this.read += 1) {
      const { from, to } = lines;
      if (messages.isOpen || !this.inParts(own, from, to, source))
        this.lineOf(textOf(block.subarray(from, to)), source);
    }
  }

  /** Whether a line could be taken apart as bytes. */
  private inParts(block: Block, from: number, to: number, source: string): boolean {
    const { fpm, nginx } = this;
    if (nginx.take(block, from, to, source) || fpm.take(block, from, to, source)) return true;
    const inside = insideSyslog(block, from, to);
    return inside !== -1 && (nginx.take(block, inside, to, source) || fpm.take(block, inside, to, source));
  }

  private lineOf(text: string, source: string): void {
    for (const whole of this.messagesOf(source).add(text)) this.message(whole, source);
  }

  private message(whole: string, source: string): void {
    const line = readLine(whole, this.now);
    if (line !== null) this.take(line, whole, source);
    else if (!this.mayBeAccess(whole, source) && !this.mayBeSlow(whole) && !isCollected(whole))
      this.foreign += 1;
  }

  /** Nothing more comes of a log for now. */
  end(source: string): void {
    for (const whole of this.messagesOf(source).end()) this.message(whole, source);
  }

  private messagesOf(source: string): MessageLines {
    return once(this.messages, source, () => new MessageLines());
  }

  private take(line: LogLine, text: string, source: string): void {
    if (line.time === null ? !this.isWanted(null) : !this.isTimely(line.time)) return;
    const match = recogniseLine(line);
    if (match !== null) this.takeMatch(match, line, text, source);
  }

  private takeMatch(match: Match, line: LogLine, text: string, source: string): Group | null {
    this.events.add(match, line);
    this.fills.add(match, line.time);
    return this.isAsked(match, line) ? this.groups.add(match, line, text, source) : null;
  }

  /** Whether a line of that time is wanted; the earliest and the latest of them are remembered. */
  private isTimely(time: number): boolean {
    if (!this.isWanted(time)) return false;
    if (this.latest === null || time > this.latest) this.latest = time;
    if (this.earliest === null || time < this.earliest) this.earliest = time;
    return true;
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
    const line = this.formats.read(text);
    if (line === null) return this.mayBeOfFpm(text, source);
    this.access.lines += 1;
    if (this.asks(line.status)) {
      if (this.before !== null) this.wentWell(this.before);
      this.before = null;
      this.takeAccess(line, text, source);
    } else if (line.status < 400) this.before = line.time;
    return true;
  }

  /** The same with its slow log. */
  private mayBeSlow(text: string): boolean {
    return this.slow.line(text, this.wanted.since, this.wanted.until);
  }

  /** In a container PHP-FPM writes its access log to where its errors go. */
  private mayBeOfFpm(text: string, source: string): boolean {
    return this.fpmAccess(text, this.fpmDefault, "", source);
  }

  /** A request that went well, just before one that was lost: when. */
  wentWell(time: number): void {
    if (this.good.length >= MOST_GOOD) this.good.splice(0, MOST_GOOD / 2);
    this.good.push(time);
  }

  /** When the last request that went well was before a time; `null`: none that is known. */
  goodBefore(time: number): number | null {
    const before = this.good.filter((one) => one <= time);
    return before.length === 0 ? null : Math.max(...before);
  }

  /** A line of an access log with a lost request in it. */
  accessLine(text: string, format: AccessFormat, source: string): void {
    const line = format.read(text);
    if (line === null) this.access.strange += 1;
    else if (this.asks(line.status)) this.takeAccess(line, text, source);
  }

  /** The line of an access log before one with a lost request. */
  accessBefore(text: string, format: AccessFormat): void {
    const line = format.read(text);
    if (line !== null && line.time !== null && line.status < 400) this.wentWell(line.time);
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

  /** A line of PHP-FPM's access log; `false`: it is none. `pool`: empty: unknown. */
  fpmAccess(text: string, format: AccessFormat, pool: string, source: string): boolean {
    const line = format.read(text);
    if (line === null) return false;
    if (!this.isWanted(line.time) || (this.wanted.pool !== null && pool !== this.wanted.pool)) return true;
    this.ofFpm.lines += 1;
    this.fpmRequests.add(line, pool);
    if (this.asks(line.status)) this.takeAccess(line, text, source, this.ofFpm);
    return true;
  }

  private takeAccess(line: AccessLine, text: string, source: string, access = this.access): void {
    const { time, status, path, values } = line;
    const server = this.wanted.server;
    if (!this.isWanted(time)) return;
    if (server !== null && (values.get("server_name") ?? values.get("host") ?? server) !== server) return;
    access.lost.set(status, (access.lost.get(status) ?? 0) + 1);
    if (!access.samples.has(status))
      access.samples.set(status, { line: keptAccess(line), text: detached(text, LONGEST_LINE), source });
    if (path !== "") access.paths.add(path);
    const seconds = Number(values.get("request_time"));
    if (Number.isFinite(seconds) && access.seconds.length < MOST_SECONDS) access.seconds.push(seconds);
    if (time === null) return;
    access.times.add(time);
    access.first = access.first === null ? time : Math.min(access.first, time);
    access.last = access.last === null ? time : Math.max(access.last, time);
  }
}

function keptAccess({ method, path, values, ...rest }: AccessLine): AccessLine {
  return {
    ...rest,
    method: detached(method, LONGEST_LINE),
    path: detached(path, LONGEST_LINE),
    values: detachedParts(values),
  };
}
