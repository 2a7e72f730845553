import type { Collector, Wanted } from "../../diagnose/collect.js";
import { diagnose } from "../../diagnose/diagnose.js";
import type { JudgedHost } from "../../diagnose/judged-host.js";
import type { FoundLog } from "../../diagnose/logs.js";
import type { OpenFile } from "../../host/door.js";
import { LineBlocks } from "../../logs/blocks.js";
import { showTime } from "../../logs/time.js";
import { escapeText } from "../../report/terminal/escape.js";
import { exitStatus } from "../usage.js";
import type { World } from "../world.js";
import { type LogEnd, LogReader } from "./read.js";

/** Milliseconds between two looks. */
const PAUSE = 1000;

/** Looks at a log that has lost its name: until its daemon is told to, it goes on writing there. */
const LATER_LOOKS = 60;

/** Logs that stay open; of others what is written just before they are rotated is not read. */
const MOST_OPEN = 500;

/** A file that is read at its end. */
interface Tail {
  readonly identity: string;
  readonly reader: LogReader;
  /** `null`: it is opened again for each look. */
  readonly file: OpenFile | null;
  blocks: LineBlocks;
  at: number;
}

/** A log, whatever file has its name. */
interface Followed {
  readonly found: FoundLog;
  readonly makeReader: () => LogReader;
  /** Whether its file stays open. */
  readonly keeps: boolean;
  /** `null`: there is none yet. */
  now: Tail | null;
  /** The file that had the name before, and how often it is looked at yet. */
  before: { readonly tail: Tail; looks: number } | null;
}

/**
 * Goes on reading logs at their ends, also when they are rotated, until the process is ended or nobody reads what it
 * prints. Each cause is printed when it is seen first, and again when it has ten times as many requests.
 */
export async function follow(
  logs: readonly FoundLog[],
  ends: ReadonlyMap<FoundLog, LogEnd>,
  collector: Collector,
  hosts: readonly JudgedHost[],
  wanted: Wanted,
  world: World,
): Promise<number> {
  const followed = logs.map((found, at) =>
    followedOf(found, ends.get(found), at < MOST_OPEN, () => readerOf(found, collector, wanted)),
  );
  const said = new Map<string, number>();
  for (const { id, title, requests } of diagnose(collector, hosts, wanted.statuses).causes)
    said.set(`${id} ${title}`, requests);
  for (;;) {
    await new Promise((wake) => setTimeout(wake, PAUSE));
    if (world.stdout.hasFailed?.() === true) return exitStatus.clean;
    if (followed.map(grown).includes(true)) sayNew(collector, hosts, wanted, said, world);
  }
}

function sayNew(
  collector: Collector,
  hosts: readonly JudgedHost[],
  wanted: Wanted,
  said: Map<string, number>,
  world: World,
): void {
  for (const { id, title, requests, groups } of diagnose(collector, hosts, wanted.statuses).causes) {
    const before = said.get(`${id} ${title}`) ?? 0;
    if (before > 0 && requests < before * 10) continue;
    said.set(`${id} ${title}`, requests);
    const last = Math.max(...groups.map((group) => group.times.last ?? 0));
    world.stdout.write(
      `${showTime(last)} ${requests} ${requests === 1 ? "request" : "requests"}: ${escapeText(title)} [${escapeText(id)}]\n`,
    );
  }
}

function readerOf({ display, log }: FoundLog, collector: Collector, wanted: Wanted): LogReader {
  return new LogReader({ display, kind: log.kind, format: log.format, pool: log.pool }, collector, wanted);
}

/** From where it was read to; a log that was not read, because nothing of it is wanted, from its end. */
function followedOf(
  found: FoundLog,
  end: LogEnd | undefined,
  keeps: boolean,
  makeReader: () => LogReader,
): Followed {
  const followed: Followed = { found, makeReader, keeps, now: null, before: null };
  const opened = found.open();
  if ("unreadable" in opened) return followed;
  const isSame = end === undefined || end.identity === opened.identity;
  followed.now = tailOf(followed, opened, isSame ? (end?.at ?? opened.size) : 0);
  return followed;
}

function tailOf({ keeps, makeReader }: Followed, opened: OpenFile, at: number): Tail {
  if (!keeps) opened.close();
  const { identity } = opened;
  return { identity, reader: makeReader(), file: keeps ? opened : null, blocks: new LineBlocks(), at };
}

/** Reads what is new; answers whether something is. */
function grown(followed: Followed): boolean {
  const { before, found, now } = followed;
  let any = before !== null && grownAt(before.tail);
  if (before !== null) {
    before.looks -= 1;
    if (before.looks === 0) {
      before.tail.file?.close();
      followed.before = null;
    }
  }
  const opened = found.open();
  if ("unreadable" in opened) return (now !== null && grownAt(now)) || any;
  if (now !== null && now.identity === opened.identity) {
    // It was emptied.
    if (opened.size < now.at) {
      now.at = 0;
      now.blocks = new LineBlocks();
    }
    any = read(now, opened) || any;
    opened.close();
    return any;
  }
  // Another file has the name now.
  if (now !== null) {
    any = grownAt(now) || any;
    followed.before?.tail.file?.close();
    followed.before = now.file === null ? null : { tail: now, looks: LATER_LOOKS };
  }
  const tail = tailOf(followed, opened, 0);
  followed.now = tail;
  return grownAt(tail) || any;
}

function grownAt(tail: Tail): boolean {
  return tail.file !== null && read(tail, tail.file);
}

function read(tail: Tail, file: OpenFile): boolean {
  const bytes = Buffer.allocUnsafe(1024 * 1024);
  let any = false;
  try {
    for (let got = file.read(bytes, tail.at); got > 0; got = file.read(bytes, tail.at)) {
      any = true;
      tail.at += got;
      tail.reader.part(tail.blocks.isInLine);
      for (const block of tail.blocks.push(bytes.subarray(0, got))) tail.reader.block(block);
    }
  } catch {
    return any;
  } finally {
    tail.reader.end();
  }
  return any;
}
