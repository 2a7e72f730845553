/** What collects the output of containers puts around a line, and the journal of systemd where it is exported. */
import { Needle } from "./needle.js";
import { Block } from "./part.js";
import { Extents, textOf } from "./scan.js";
import { toWall } from "./time.js";

/** `{"log":"…\n","stream":"stderr","time":"…"}`, as Docker's json-file has it. */
const WRAPPED = /^\{"log":"/;

/** `2026-11-28T12:00:00.123456789Z stderr F …`, as Kubernetes' runtimes write it. */
const CRI = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP] /;

/** `2026-11-28T12:00:00.123456789Z …`, as `docker logs -t` and `kubectl logs --timestamps` show it; syslog has fewer digits. */
const STAMPED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /;

/** `web-1  | …`, as Compose shows it, and `[pod/web/php] …`, as `kubectl logs --prefix` does. */
const COMPOSE = /^(?:[\w.-]{1,64} {1,40}\| |\[pod\/[^\] ]{1,300}\] )/;

/** `{"MESSAGE":"…","SYSLOG_IDENTIFIER":"kernel","__REALTIME_TIMESTAMP":"…"}` in any order, as `journalctl -o json` prints it. */
const JOURNAL = ['"MESSAGE":', '"__REALTIME_TIMESTAMP":'] as const;

interface JournalEntry {
  readonly MESSAGE?: unknown;
  readonly SYSLOG_IDENTIFIER?: unknown;
  readonly _COMM?: unknown;
  readonly _HOSTNAME?: unknown;
  readonly __REALTIME_TIMESTAMP?: unknown;
}

/** A line of the journal as `journalctl -o short-iso` prints it; `null`: it is none. */
function journalLine(line: string): string | null {
  if (!line.startsWith("{") || !JOURNAL.every((field) => line.includes(field))) return null;
  try {
    const fields = JSON.parse(line) as JournalEntry;
    const { __REALTIME_TIMESTAMP: time, _HOSTNAME: host, _COMM: command, SYSLOG_IDENTIFIER: name } = fields;
    const shown = new Date(toWall(Number(time) / 1000)).toISOString().slice(0, 19);
    return `${shown} ${wordOf(host)} ${wordOf(name ?? command)}: ${messageOf(fields.MESSAGE)}`;
  } catch {
    return null;
  }
}

function wordOf(field: unknown): string {
  return typeof field === "string" && field !== "" ? field.replace(/\s/g, "_") : "-";
}

/** What is not text is there as its bytes. */
function messageOf(field: unknown): string {
  const text = Array.isArray(field) ? Buffer.from(field).toString("utf8") : String(field);
  return text.trim().replace(/\n\s*/g, " ");
}

/** What is before a line. */
function headOf(line: string): string {
  const named = COMPOSE.exec(line)?.[0] ?? "";
  const rest = line.slice(named.length);
  return named + ((CRI.exec(rest) ?? STAMPED.exec(rest))?.[0] ?? "");
}

/** The line itself. */
export function unwrapped(line: string): string {
  if (WRAPPED.test(line)) {
    try {
      const { log } = JSON.parse(line) as { readonly log?: unknown };
      return typeof log === "string" ? log.replace(/\r?\n$/, "") : line;
    } catch {
      return line;
    }
  }
  return journalLine(line) ?? line.slice(headOf(line).length);
}

/** Whether a line has something around it. */
export function isWrapped(line: string): boolean {
  return WRAPPED.test(line) || headOf(line) !== "" || journalLine(line) !== null;
}

const HEAD = new Needle('{"log":"');
/** Bytes in which what others put before a line has its end. */
const LONGEST_HEAD = 400;

/** A character as JSON writes it, or two that belong together. */
const UNITS = /^\\u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|[0-9a-f]{4})/i;
const LONGEST_UNITS = 12;

const MEANT: ReadonlyMap<number, number> = new Map(
  ["b\b", "f\f", "n\n", "r\r", "t\t"].map((row) => [row.charCodeAt(0), row.charCodeAt(1)] as const),
);

const NEWLINE = 10;
const QUOTE = 34;
const BRACE = 123;
const BACKSLASH = 92;
const LETTER_U = 117;

/** The lines themselves of whole lines of which each may have something around it. */
export function unwrappedLines(block: Buffer): Buffer {
  // Nothing is shorter in JSON than by itself; the last line may have no end.
  const made = Buffer.allocUnsafe(block.length + 1);
  const own = new Block(block);
  let length = 0;
  for (const lines = new Extents(block); lines.next(); ) {
    const { from, to } = lines;
    const journal =
      block[from] === BRACE && !HEAD.begins(own, from, to)
        ? journalLine(textOf(block.subarray(from, to)))
        : null;
    length = HEAD.begins(own, from, to)
      ? putText(made, length, block, from + HEAD.length, to)
      : length +
        (journal === null
          ? block.copy(made, length, from + headLength(block, from, to), to)
          : made.write(journal, length));
    made[length] = NEWLINE;
    length += 1;
  }
  return made.subarray(0, length);
}

function headLength(block: Buffer, from: number, to: number): number {
  return headOf(block.toString("latin1", from, Math.min(to, from + LONGEST_HEAD))).length;
}

/** Puts a text of JSON behind what is made, without the newline at its end; answers where it ends. */
function putText(made: Buffer, length: number, block: Buffer, from: number, to: number): number {
  let end = length;
  for (let at = from; at < to && block[at] !== QUOTE; at += 1) {
    const byte = block[at] ?? 0;
    if (byte !== BACKSLASH) {
      made[end] = byte;
      end += 1;
      continue;
    }
    const letter = block[at + 1] ?? BACKSLASH;
    const units = letter === LETTER_U ? unitsAt(block, at, to) : null;
    if (units === null) {
      made[end] = meantBy(letter);
      end += 1;
      at += 1;
    } else {
      end += made.write(String(JSON.parse(`"${units}"`)), end);
      at += units.length - 1;
    }
  }
  return end > length && made[end - 1] === NEWLINE ? end - 1 : end;
}

function unitsAt(block: Buffer, from: number, to: number): string | null {
  return UNITS.exec(block.toString("latin1", from, Math.min(to, from + LONGEST_UNITS)))?.[0] ?? null;
}

/** The byte that a letter behind a backslash stands for; other bytes stand for themselves. */
function meantBy(letter: number): number {
  return MEANT.get(letter) ?? letter;
}
