/** The access log of nginx, in the format that is in effect. */
import { pathOf } from "./line.js";
import { epochTime, isoTime, monthTime } from "./time.js";

export interface AccessLine {
  /** As `time.ts` counts; `null`: the format has no time, or it cannot be read. */
  readonly time: number | null;
  readonly status: number;
  readonly method: string;
  /** Without the query; empty: the format has no request. */
  readonly path: string;
  /** What each variable is; those that the format does not have are not there. */
  readonly values: ReadonlyMap<string, string>;
}

/** `combined`, which nginx has built in. */
export const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

/** Variables that are a time. */
const TIMES: ReadonlySet<string> = new Set(["time_local", "time_iso8601", "msec"]);

/** `28/Nov/2026:12:00:00 `, before the zone. */
const TIME_AND_SPACE = 21;

const VARIABLE = /\$(?:\{([a-z_0-9]+)\}|([a-z_0-9]+))/gi;

/** A format in pieces: a text, then for each variable its name and the text after it. */
interface Format {
  readonly first: string;
  readonly rest: readonly { readonly name: string; readonly text: string }[];
}

export class AccessFormat {
  private readonly format: Format;
  /** What stands before a status, with enough of it to be rare; empty: the format has no status, or nothing before it. */
  readonly beforeStatus: string;

  constructor(text: string) {
    const parts = text.split(VARIABLE);
    const rest = [];
    for (let at = 1; at < parts.length; at += 3)
      rest.push({ name: (parts[at] ?? parts[at + 1] ?? "").toLowerCase(), text: parts[at + 2] ?? "" });
    this.format = { first: parts[0] ?? "", rest };
    const index = rest.findIndex(({ name }) => name === "status");
    const before = index === -1 ? "" : index === 0 ? this.format.first : (rest[index - 1]?.text ?? "");
    this.beforeStatus = before.slice(-12);
  }

  /** Whether it says when and with which status. */
  get isUseful(): boolean {
    return this.format.rest.some(({ name }) => name === "status");
  }

  /** Whether it says when. */
  get isTimed(): boolean {
    return this.format.rest.some(({ name }) => TIMES.has(name));
  }

  /** `null`: the line has another format. */
  read(line: string): AccessLine | null {
    const { first, rest } = this.format;
    if (!line.startsWith(first)) return null;
    const values = new Map<string, string>();
    let at = first.length;
    for (const [index, { name, text }] of rest.entries()) {
      // The time has a space in it, and may stand without brackets.
      const least = name === "time_local" ? at + TIME_AND_SPACE : at;
      const end = text === "" && index === rest.length - 1 ? line.length : line.indexOf(text, least);
      if (end === -1) return null;
      values.set(name, line.slice(at, end));
      at = end + text.length;
    }
    const status = Number(values.get("status"));
    if (!(status >= 100 && status <= 599)) return null;
    const request = values.get("request") ?? "";
    const space = request.indexOf(" ");
    const target = values.get("request_uri") ?? values.get("uri") ?? request.slice(space + 1);
    return {
      time: timeOf(values),
      status,
      method: values.get("request_method") ?? (space === -1 ? "" : request.slice(0, space)),
      path: pathOf(target),
      values,
    };
  }
}

function timeOf(values: ReadonlyMap<string, string>): number | null {
  const local = values.get("time_local");
  if (local !== undefined) return monthTime(local, 0);
  const iso = values.get("time_iso8601");
  return iso === undefined ? epochTime(values.get("msec") ?? "") : isoTime(iso);
}

/** Statuses that say that a request was lost. */
export function isLost(status: number): boolean {
  return status >= 500 || status === 499 || status === 413;
}

/** What their digits begin with; each is looked for in the bytes. */
export const LOST_DIGITS = ["5", "499", "413"] as const;
