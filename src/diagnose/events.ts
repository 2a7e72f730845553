/** What happened to the daemons and their workers, by time. */
import { recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { detached, detachedParts } from "../logs/detached.js";
import type { LogLine } from "../logs/line.js";
import { firstPlace } from "../source/halving.js";

export interface Event {
  /** The id of its signature. */
  readonly id: string;
  /** As `logs/time.ts` counts; `null`: the line has no time. */
  readonly time: number | null;
  /** Empty: the line names none. */
  readonly pool: string;
  readonly parts: ReadonlyMap<string, string>;
  readonly by: LogLine["by"];
  /** `null`: the line has none. */
  readonly level: string | null;
  /** What the line says, cut where it is very long. */
  readonly message: string;
  /** Which of all that were read it was: of those of one second the order of the log counts. */
  readonly order: number;
}

/** Whether it happened after the other. */
export function isAfter(one: Event, other: Event): boolean {
  return one.time !== null && other.time !== null && one.time !== other.time
    ? one.time > other.time
    : one.order > other.order;
}

/** The last of some events, in order of time, that happened up to a time; `null`: none did. */
export function lastUntil(events: readonly Event[], time: number): Event | null {
  return events.findLast((one) => one.time !== null && one.time <= time) ?? null;
}

/** PHP-FPM, or its unit, says that it does not start. */
export const REFUSALS = [
  "bind-failed",
  "listen-lookup",
  "directory-missing",
  "account-missing",
  "unknown-setting",
  "no-pool",
  "include-missing",
  "refused-fpm",
  "init-failed",
  "php-start",
  "scoreboard-memory",
  "unit-failed",
  "unit-limited",
  "supervised-refused",
] as const;

/** PHP-FPM, or who runs it, says that it was asked to end. */
export const ASKED = ["stopping", "unit-stopping", "supervised-stopped"] as const;

/** Who runs PHP-FPM says that it ended otherwise. */
export const DIED = ["unit-died", "unit-killed", "unit-timeout", "supervised-died"] as const;

export const STOPS = [...ASKED, ...DIED] as const;

/** PHP-FPM, or who runs it, says that it started. */
export const STARTS = ["started", "unit-started", "supervised-started"] as const;

/** Whether an event is of a program that it names, as the kernel does; those that name none are of the daemon that they are about. */
export function isOf(program: string, { parts }: Event): boolean {
  return parts.get("program")?.includes(program) ?? true;
}

/** Lines that are events. */
const KEPT: ReadonlySet<string> = new Set([
  ...REFUSALS,
  ...STOPS,
  ...STARTS,
  "child-killed",
  "child-crashed",
  "child-ended",
  "child-code",
  "terminated",
  "slow",
  "max-children",
  "process-max",
  "seems-busy",
  "reloading",
  "inherited",
  "nginx-reloading",
  "nginx-started",
  "emergency",
  "client-refused",
  "allowed-invalid",
  "oom",
  "segfault",
  "abend",
  "seccomp",
  "core-dumped",
  "selinux",
  "apparmor",
  "reload-timeout",
  "no-trace",
  "fpm-files",
  "spawn-failed",
  "server-disabled",
  "file-limit",
  "child-start",
  "execution-hard",
  "php-memory",
  "connections-reused",
]);

/** Whether a line is an event. */
export function isKept({ signature: { by, id, phase } }: Match): boolean {
  return KEPT.has(id) || (by === "nginx" && phase === "start");
}

/** Events of one kind that are kept, as many as groups keep times to compare with them; of more the latest. */
const MOST = 2000;
/** As many of them are forgotten at once. */
const STEP = 500;

/** Characters of a message and of the name of a pool that are kept. */
const LONGEST = 2000;
const LONGEST_NAME = 200;

const NO_PARTS: ReadonlyMap<string, string> = new Map();

/** An event as it is kept: there are thousands of them, and of few somebody asks for the parts, which the message tells again. */
class Kept implements Event {
  readonly message: string;
  readonly by: LogLine["by"];
  readonly time: number | null;
  readonly level: string | null;
  /** `null`: the message tells them. */
  private readonly own: ReadonlyMap<string, string> | null;

  constructor(
    readonly id: string,
    readonly pool: string,
    parts: ReadonlyMap<string, string>,
    line: LogLine,
    readonly order: number,
  ) {
    this.by = line.by;
    this.time = line.time;
    this.level = line.level === null ? null : detached(line.level, LONGEST_NAME);
    this.message = detached(line.message, LONGEST);
    this.own = line.message.length > LONGEST ? detachedParts(parts) : null;
  }

  get parts(): ReadonlyMap<string, string> {
    const { by, time, level, message } = this;
    return this.own ?? recogniseLine({ by, time, level, message, request: null })?.parts ?? NO_PARTS;
  }
}

export class Events {
  private readonly byId = new Map<string, Event[]>();
  private sorted = false;
  private added = 0;

  add(match: Match, line: LogLine): void {
    if (!isKept(match)) return;
    const { parts } = match;
    const { id } = match.signature;
    const event = new Kept(id, detached(parts.get("pool") ?? "", LONGEST_NAME), parts, line, this.added);
    this.added += 1;
    const own = this.byId.get(id);
    if (own === undefined) this.byId.set(id, [event]);
    else {
      if (own.length >= MOST + STEP) own.splice(0, STEP);
      own.push(event);
    }
    this.sorted = false;
  }

  /** Whether PHP-FPM's own log was read. */
  get anyOfFpm(): boolean {
    return [...this.byId.values()].some((all) => all.some(({ by }) => by === "php-fpm"));
  }

  /** Those of some kinds, of a pool where they name one, by time. `pools`: empty means every pool. */
  of(ids: readonly string[], pools: readonly string[] = []): readonly Event[] {
    if (!this.sorted) for (const all of this.byId.values()) all.sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
    this.sorted = true;
    const all = ids.flatMap((id) => this.byId.get(id) ?? []);
    const own = pools.length === 0 ? all : all.filter(({ pool }) => pool === "" || pools.includes(pool));
    return ids.length < 2 ? own : [...own].sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  }

  /** Of some times those that have such an event so near: `before` and `after` it in milliseconds. */
  near(times: readonly number[], events: readonly Event[], before: number, after: number): readonly Event[] {
    const known = timed(events);
    if (known.length === 0) return [];
    return [...new Set(times.flatMap((time) => nearest(time, known, before, after) ?? []))];
  }

  /** How many of some times have such an event near. */
  share(times: readonly number[], events: readonly Event[], before: number, after: number): number {
    const known = timed(events);
    if (known.length === 0) return 0;
    return times.filter((time) => nearest(time, known, before, after) !== null).length;
  }
}

interface Timed extends Event {
  readonly time: number;
}

function timed(events: readonly Event[]): readonly Timed[] {
  return events.filter((event): event is Timed => event.time !== null);
}

/** The first of some events, in order of time, that is so near to a time; `null`: none is. */
function nearest(time: number, events: readonly Timed[], before: number, after: number): Timed | null {
  const event = events[firstPlace(events.length, (at) => (events[at]?.time ?? 0) >= time - before)];
  return event !== undefined && event.time <= time + after ? event : null;
}
