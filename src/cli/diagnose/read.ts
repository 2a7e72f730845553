import { type Collector, FPM_DEFAULT, type Wanted } from "../../diagnose/collect.js";
import type { OpenFile } from "../../host/door.js";
import { isPacked, piecesOf } from "../../host/pieces.js";
import type { LogKind } from "../../live/named-logs.js";
import { AccessFormat, COMBINED } from "../../logs/access.js";
import { LineBlocks } from "../../logs/blocks.js";
import { isWrapped, unwrapped, unwrappedLines } from "../../logs/docker.js";
import { readLine } from "../../logs/line.js";
import { digitsOf, eachHit, eachLine, firstLine, lastLine } from "../../logs/scan.js";
import { placeOf } from "../../logs/seek.js";
import { HOUR } from "../../logs/time.js";
import { withCommas } from "../../source/digits.js";

export interface LogToRead {
  /** What reports print. */
  readonly display: string;
  /** `null`: its first lines tell. */
  readonly kind: LogKind | null;
  /** Of an access log its format; `null`: the one that its daemon has built in. */
  readonly format: string | null;
  /** Of PHP-FPM's access log the pool; `null`: unknown. */
  readonly pool: string | null;
}

/** What was read of a log. */
export interface ReadLog {
  readonly display: string;
  readonly kind: LogKind;
  /** Bytes, unpacked. */
  readonly bytes: number;
  /** Why it was not read to its end; `null`: it was. */
  readonly problem: string | null;
  /** How far it was read, for who goes on reading there; `null`: it has no places. */
  readonly end: LogEnd | null;
}

/** Of a log of which nothing was read. `problem`: why; `null`: nothing of it is wanted. */
export function notRead(display: string, kind: LogKind, problem: string | null): ReadLog {
  return { display, kind, bytes: 0, problem, end: null };
}

export interface LogEnd {
  readonly identity: string;
  /** Bytes of whole lines. */
  readonly at: number;
}

/**
 * Reads a log from its beginning, or from the time that is wanted, to its end, and closes it. Never throws. `follows`:
 * somebody goes on reading where it ends.
 */
export async function readLog(
  file: OpenFile,
  log: LogToRead,
  collector: Collector,
  wanted: Wanted,
  now: number,
  follows = false,
): Promise<ReadLog> {
  const reader = new LogReader(log, collector, wanted);
  const blocks = new LineBlocks();
  const before = { read: collector.read, foreign: collector.foreign };
  let bytes = 0;
  let problem: string | null = null;
  let from = 0;
  // A packed file has no place where a time begins, and none to go on.
  let placed = file.seekable;
  try {
    placed &&= !isPacked(file);
    from = placed && wanted.since !== null ? startOf(file, log, wanted.since, now) : 0;
    for await (const piece of piecesOf(file, { from, to: null })) {
      if (!placed || bytes % PART === 0) reader.part(blocks.isInLine);
      bytes += piece.length;
      for (const block of blocks.push(piece)) reader.block(block);
    }
  } catch (error) {
    problem = reasonOf(error);
  }
  const rest = blocks.end();
  // Of a line that is being written the other half will come.
  if (rest !== null && !follows) {
    reader.part(true);
    reader.block(rest);
  }
  reader.end();
  if (!follows) collector.end(log.display);
  // What the configuration calls a log is one; of another file the lines tell.
  if (log.kind === null && !reader.isWrapped)
    problem ??= whyNoLog(collector.read - before.read, collector.foreign - before.foreign);
  const { identity } = file;
  file.close();
  const at = from + bytes - (rest?.length ?? 0);
  const end = placed ? { identity, at } : null;
  return { display: log.display, kind: reader.kind ?? "lines", bytes, problem, end };
}

/** What to say of a file none of whose lines is of a log; `null`: some are, or it has none. */
function whyNoLog(lines: number, foreign: number): string | null {
  if (lines === 0 || foreign < lines) return null;
  const which = lines === 1 ? "its only line is not" : `none of its ${withCommas(lines)} lines is`;
  return `${which} of a log that is known: nginx's error_log; an access_log or access.log in the built-in format, or in one of the configuration where its path is given too, as in "fpmlint diagnose LOG /etc"; an access_log in JSON with status and time; PHP-FPM's error_log or slowlog; the kernel's, systemd's, supervisord's or the audit daemon's; or such lines from syslog, journalctl, docker or kubectl`;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code.startsWith("Z_")) return "is not whole: what is packed ends too early or is damaged";
  return code === "" ? "could not be read to its end" : `could not be read to its end (${code})`;
}

/** PHP-FPM logs a request when it ends, with the time of its start. */
const LONGEST_RUN = HOUR;

/** The place where the lines of a time begin, or one before it. */
function startOf(file: OpenFile, { kind, format }: LogToRead, since: number, now: number): number {
  if (kind === "slow") return 0;
  const access = new AccessFormat(format ?? COMBINED);
  const timeOf = (line: string): number | null => {
    const own =
      kind === "access" || kind === "fpm-access" ? null : (readLine(unwrapped(line), now)?.time ?? null);
    return own ?? (kind === "lines" ? null : (access.read(line)?.time ?? null));
  };
  return placeOf(file, kind === "fpm-access" ? since - LONGEST_RUN : since, timeOf);
}

/** Bytes of an access log whose lines are counted together, with the time of the first one. A multiple of a piece. */
const PART = 1024 * 1024;

/** With what editors and shells of Windows begin a file. */
const MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** Hands the lines of one log to the collector. */
export class LogReader {
  kind: LogKind | null;
  private format: AccessFormat;
  private readonly digits: readonly string[];
  /** Whether lines have something around them, as containers' logs do. */
  isWrapped = false;
  private begun = false;
  /** Lines of the part of an access log so far, and the time of the first; `null`: there is none yet. */
  private counted: { lines: number; readonly time: number | null } | null = null;
  /** Whether the next block is a line that began in the part before. */
  private isAlone = false;
  /** The line before the next block, if it is of the same part; `null`: nobody asks for it. */
  private previous: string | null = null;
  private hadHit = false;

  constructor(
    private readonly log: LogToRead,
    private readonly collector: Collector,
    private readonly wanted: Wanted,
  ) {
    this.kind = log.kind;
    this.format = new AccessFormat(log.format ?? COMBINED);
    this.digits = digitsOf(wanted.statuses);
  }

  /** From here on lines are counted anew. `isInLine`: the last one has not ended yet; it is a part by itself. */
  part(isInLine: boolean): void {
    this.end();
    this.isAlone = isInLine;
  }

  /** Counts what was not counted yet. */
  end(): void {
    if (this.counted !== null)
      this.collector.accessBlock(this.counted.lines, this.counted.time, this.wanted.since);
    this.counted = null;
    this.previous = null;
    this.hadHit = false;
  }

  /** Whole lines; the last one may lack its end. */
  block(whole: Buffer): void {
    const { collector, log } = this;
    const block =
      this.begun || !whole.subarray(0, MARK.length).equals(MARK) ? whole : whole.subarray(MARK.length);
    if (!this.begun) {
      const first = firstLine(block);
      this.begun = true;
      this.isWrapped = isWrapped(first);
      this.kind ??= this.kindOf(unwrapped(first));
    }
    if (this.kind === "access" && !this.isWrapped) {
      this.accessBlock(block);
      return;
    }
    const lines = this.isWrapped ? unwrappedLines(block) : block;
    if (this.kind === "fpm-access")
      eachLine(lines, (line) => {
        if (collector.fpmAccess(line, this.format, log.pool ?? "", log.display)) return;
        if (log.kind === null) collector.line(line, log.display);
        else collector.ofFpm.strange += 1;
      });
    else if (this.kind === "slow" && log.kind !== null)
      eachLine(lines, (line) => collector.slow.line(line, this.wanted.since, this.wanted.until));
    else collector.block(lines, log.display);
  }

  private accessBlock(block: Buffer): void {
    const { collector, format, log } = this;
    this.counted ??= { lines: 0, time: format.read(firstLine(block))?.time ?? null };
    this.counted.lines += eachHit(block, format, this.digits, {
      take: (line) => {
        this.before(this.previous);
        collector.accessLine(line, format, log.display);
      },
      before: (line) => this.before(line),
      // What a container prints is both logs in one.
      error: log.kind === null ? (line) => collector.block(line, log.display) : null,
    });
    if (this.isAlone) this.part(false);
    else if (!this.hadHit && format.beforeStatus !== "") this.previous = lastLine(block);
  }

  /** Of a part the line before its first hit tells when requests went well. `null`: it has none. */
  private before(line: string | null): void {
    if (!this.hadHit && line !== null) this.collector.accessBefore(line, this.format);
    this.hadHit = true;
  }

  private kindOf(line: string): LogKind {
    if (/^\[\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d\] {1,4}\[pool /.test(line)) return "slow";
    const format = this.format.read(line) === null ? this.collector.formats.of(line) : this.format;
    if (format !== null) {
      this.format = format;
      return "access";
    }
    const fpm = new AccessFormat(FPM_DEFAULT);
    if (fpm.read(line) === null) return "lines";
    this.format = fpm;
    return "fpm-access";
  }
}
