import type { Collector, Wanted } from "../../diagnose/collect.js";
import type { OpenFile } from "../../host/door.js";
import { piecesOf } from "../../host/pieces.js";
import type { LogKind } from "../../live/named-logs.js";
import { AccessFormat, COMBINED } from "../../logs/access.js";
import { LineBlocks } from "../../logs/blocks.js";
import { isWrapped, unwrapped } from "../../logs/docker.js";
import { readLine } from "../../logs/line.js";
import { digitsOf, eachHit, eachLine, firstLine } from "../../logs/scan.js";
import { placeOf } from "../../logs/seek.js";

export interface LogToRead {
  /** What reports print. */
  readonly display: string;
  /** `null`: its first lines tell. */
  readonly kind: LogKind | null;
  /** Of an access log its format; `null`: the one that nginx has built in. */
  readonly format: string | null;
}

/** What was read of a log. */
export interface ReadLog {
  readonly display: string;
  readonly kind: LogKind;
  /** Bytes, unpacked. */
  readonly bytes: number;
  /** Why it was not read to its end; `null`: it was. */
  readonly problem: string | null;
}

/** Reads a log from its beginning, or from the time that is wanted, to its end, and closes it. Never throws. */
export async function readLog(
  file: OpenFile,
  log: LogToRead,
  collector: Collector,
  wanted: Wanted,
  now: number,
): Promise<ReadLog> {
  const reader = new LogReader(log, collector, wanted);
  const blocks = new LineBlocks();
  let bytes = 0;
  let problem: string | null = null;
  try {
    const from = file.seekable && wanted.since !== null ? startOf(file, log, wanted.since, now) : 0;
    for await (const piece of piecesOf(file, { from, to: null })) {
      bytes += piece.length;
      const block = blocks.push(piece);
      if (block !== null) reader.block(block);
    }
  } catch (error) {
    problem = reasonOf(error);
  }
  const rest = blocks.end();
  if (rest !== null) reader.block(rest);
  file.close();
  return { display: log.display, kind: reader.kind ?? "lines", bytes, problem };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code.startsWith("Z_")) return "is not whole: what is packed ends too early or is damaged";
  return code === "" ? "could not be read to its end" : `could not be read to its end (${code})`;
}

/** A packed file has no place where a time begins. */
function startOf(file: OpenFile, { kind, format }: LogToRead, since: number, now: number): number {
  const magic = Buffer.alloc(2);
  file.read(magic, 0);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 0;
  const access = new AccessFormat(format ?? COMBINED);
  const timeOf = (line: string): number | null => {
    const own = kind === "access" ? null : (readLine(unwrapped(line), now)?.time ?? null);
    return own ?? (kind === "lines" || kind === "slow" ? null : (access.read(line)?.time ?? null));
  };
  return kind === "slow" ? 0 : placeOf(file, since, timeOf);
}

/** Hands the lines of one log to the collector. */
export class LogReader {
  kind: LogKind | null;
  private readonly format: AccessFormat;
  private readonly digits: readonly string[];
  private wrapped = false;
  private begun = false;

  constructor(
    private readonly log: LogToRead,
    private readonly collector: Collector,
    private readonly wanted: Wanted,
  ) {
    this.kind = log.kind;
    this.format = new AccessFormat(log.format ?? COMBINED);
    this.digits = digitsOf(wanted.statuses);
  }

  /** Whole lines; the last one may lack its end. */
  block(block: Buffer): void {
    const { collector, log } = this;
    const first = firstLine(block);
    if (!this.begun) {
      this.begun = true;
      this.wrapped = isWrapped(first);
      this.kind ??= this.kindOf(unwrapped(first));
    }
    if (this.kind === "access" && !this.wrapped) {
      const since = this.wanted.since;
      const time = this.format.read(first)?.time ?? null;
      const hits = eachHit(block, this.format, this.digits, (line) =>
        collector.accessLine(line, this.format, log.display),
      );
      collector.accessBlock(hits, time, since);
      return;
    }
    if (this.kind === "slow") {
      eachLine(block, (line) => collector.slow.line(line, this.wanted.since, this.wanted.until));
      return;
    }
    eachLine(block, (line) => collector.line(this.wrapped ? unwrapped(line) : line, log.display));
  }

  private kindOf(line: string): LogKind {
    if (/^\[\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d\] {1,4}\[pool /.test(line)) return "slow";
    return this.format.read(line) === null ? "lines" : "access";
  }
}
