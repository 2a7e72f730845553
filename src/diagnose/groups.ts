/** Lines that say the same of the same address and server. */
import { lineWithoutUri, signatureFor, withoutUri } from "../causes/proxied.js";
import type { Match, Signature } from "../causes/signature.js";
import { detached, detachedLine, detachedParts } from "../logs/detached.js";
import type { LoggedRequest, LogLine } from "../logs/line.js";
import { Counts, MOST_MINUTES, Room, TimeCounts } from "./counts.js";

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
  /** Lines by their minute, or by their hour where they are spread over very many minutes. */
  readonly times: TimeCounts;
  /** Lines by path; of very many paths only the first. */
  readonly paths: Counts;
  /** Times of some of the lines, in milliseconds. */
  readonly some: number[];
}

/** Distinct paths. */
const MOST_PATHS = 200;
/** Single times: of more than these every second, fourth … one. */
const MOST_TIMES = 2000;
/** Bytes for all groups, which hold several thousand of them, and for their paths; hostile logs may have a name in each line. */
const ROOM = 20 * 1024 * 1024;
const ROOM_OF_PATHS = 8 * 1024 * 1024;
/** Bytes that a group takes, about, and how often it has its line. */
const GROUP_BYTES = 4096;
const COPIES = 3;
/** Groups that remember as much as that; later ones a twentieth. */
const MOST_FULL = 500;
/** Characters of a line that are kept. */
const LONGEST_SAMPLE = 4096;

/** What a line says of where its request went; who the client is, is not in it. */
type Where = Pick<LoggedRequest, "server" | "path" | "upstream">;

const NOWHERE: Where = { server: "", path: "", upstream: "" };

export class Groups {
  private readonly known = new Map<string, Group>();
  private readonly room = new Room(ROOM);
  private readonly roomOfPaths = new Room(ROOM_OF_PATHS);
  /** Lines that no group has, because there was no room for theirs. */
  others = 0;
  private seen = 0;
  /** Single times that a group without as many gets. */
  private most = MOST_TIMES;

  /** The group of the line; `null`: there is no room for it. */
  add(match: Match, line: LogLine, text: string, source: string): Group | null {
    const { server, path, upstream } = line.request ?? NOWHERE;
    const key = `${match.signature.id}\0${server}\0${withoutUri(upstream)}\0${match.parts.get("pool") ?? ""}`;
    const group = this.known.get(key) ?? this.make(match, key, line, text, source);
    if (group === null) {
      this.others += 1;
      return null;
    }
    this.count(group, line.time);
    const where = path === "" ? (match.parts.get("script") ?? "") : path;
    if (where !== "") group.paths.add(where);
    return group;
  }

  private make(match: Match, key: string, read: LogLine, text: string, source: string): Group | null {
    if (this.room.isEmpty) return null;
    // Its words alone told what it means: where nginx passed the request comes after them.
    const line = detachedLine(lineWithoutUri(read));
    const parts = detachedParts(match.parts);
    const { server, upstream } = line.request ?? NOWHERE;
    const isFull = this.known.size < MOST_FULL;
    const group: Group = {
      signature: signatureFor(match.signature, upstream),
      server,
      upstream: bare(upstream),
      pool: parts.get("pool") ?? "",
      parts,
      sample: { line, text: detached(text, LONGEST_SAMPLE), source },
      count: 0,
      times: new TimeCounts(isFull ? MOST_MINUTES : MOST_MINUTES / 20),
      paths: new Counts(isFull ? MOST_PATHS : MOST_PATHS / 20, this.roomOfPaths),
      some: [],
    };
    this.known.set(detached(key, key.length), group);
    this.room.take(GROUP_BYTES + group.sample.text.length * COPIES);
    if (this.known.size > MOST_FULL) this.most = MOST_TIMES / 20;
    return group;
  }

  /** One more line of a group; its path is counted by who has it. */
  count(group: Group, time: number | null): void {
    group.count += 1;
    if (time === null) return;
    group.times.add(time);
    this.seen += 1;
    const { some } = group;
    const { length } = some;
    // To divide by what is known beforehand takes less long; and what was done from the first line on is compiled once.
    const turn = this.seen % MOST_TIMES;
    some[length < this.most ? length : length === MOST_TIMES ? turn : this.seen % length] = time;
  }

  /** The group with most lines first. */
  all(): readonly Group[] {
    return [...this.known.values()].sort((a, b) => b.count - a.count);
  }
}

/** Without its scheme and the colon at its end. */
function bare(upstream: string): string {
  const end = upstream.indexOf("://");
  const address = end === -1 ? upstream : upstream.slice(end + 3);
  return address.endsWith(":") ? address.slice(0, -1) : address;
}
