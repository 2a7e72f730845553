import type { Collector, Wanted } from "../../diagnose/collect.js";
import { diagnose } from "../../diagnose/diagnose.js";
import type { JudgedHost } from "../../diagnose/judged-host.js";
import type { FoundLog } from "../../diagnose/logs.js";
import { LineBlocks } from "../../logs/blocks.js";
import { showTime } from "../../logs/time.js";
import { escapeText } from "../../report/terminal/escape.js";
import type { World } from "../world.js";
import { type LogEnd, LogReader } from "./read.js";

/** Milliseconds between two looks. */
const PAUSE = 1000;

interface Tail {
  readonly found: FoundLog;
  readonly reader: LogReader;
  blocks: LineBlocks;
  identity: string;
  at: number;
}

/**
 * Goes on reading logs at their ends, also when they are rotated, until the process is ended. Each cause is printed when
 * it is seen first, and again when it has ten times as many requests.
 */
export async function follow(
  logs: readonly FoundLog[],
  ends: ReadonlyMap<FoundLog, LogEnd>,
  collector: Collector,
  hosts: readonly JudgedHost[],
  wanted: Wanted,
  world: World,
): Promise<never> {
  const tails = logs.map((found) => tailOf(found, ends.get(found), collector, wanted));
  const said = new Map<string, number>();
  for (const { id, title, requests } of diagnose(collector, hosts, wanted.statuses).causes)
    said.set(`${id} ${title}`, requests);
  for (;;) {
    await new Promise((wake) => setTimeout(wake, PAUSE));
    if (tails.map(grown).includes(true)) sayNew(collector, hosts, wanted, said, world);
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
    const last = Math.max(...groups.map((group) => group.last ?? 0));
    world.stdout.write(
      `${showTime(last)} ${requests} ${requests === 1 ? "request" : "requests"}: ${escapeText(title)} [${escapeText(id)}]\n`,
    );
  }
}

/** From where it was read to; a log that was not read, because nothing of it is wanted, from its end. */
function tailOf(found: FoundLog, end: LogEnd | undefined, collector: Collector, wanted: Wanted): Tail {
  const reader = new LogReader(
    { display: found.display, kind: found.log.kind, format: found.log.format, pool: found.log.pool },
    collector,
    wanted,
  );
  if (end !== undefined) return { found, reader, blocks: new LineBlocks(), ...end };
  const opened = found.open();
  if ("unreadable" in opened) return { found, reader, blocks: new LineBlocks(), identity: "", at: 0 };
  opened.close();
  return { found, reader, blocks: new LineBlocks(), identity: opened.identity, at: opened.size };
}

/** Reads what is new; answers whether something is. */
function grown(tail: Tail): boolean {
  const opened = tail.found.open();
  if ("unreadable" in opened) return false;
  // Another file has the name now, or it was emptied.
  if (opened.identity !== tail.identity || opened.size < tail.at) {
    tail.identity = opened.identity;
    tail.at = 0;
    tail.blocks = new LineBlocks();
  }
  const bytes = Buffer.allocUnsafe(1024 * 1024);
  let any = false;
  try {
    for (let got = opened.read(bytes, tail.at); got > 0; got = opened.read(bytes, tail.at)) {
      any = true;
      tail.at += got;
      tail.reader.part(tail.blocks.isInLine);
      for (const block of tail.blocks.push(bytes.subarray(0, got))) tail.reader.block(block);
    }
  } catch {
    return any;
  } finally {
    opened.close();
    tail.reader.end();
  }
  return any;
}
