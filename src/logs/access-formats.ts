/** Which format the lines of an access log have, where nothing says so. */
import { AccessFormat, type AccessLine, COMBINED } from "./access.js";

/** What is a part of a line of JSON: a name, and a text or a number. */
const FIELD = /"([\w@.-]{1,100})"\s{0,10}:\s{0,10}(?:"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)(?=[\s,}\]]))/g;

/** Names that others give to nginx's variables. */
const CALLED: ReadonlyMap<string, string> = new Map([
  ["http_status", "status"],
  ["response_code", "status"],
  ["response_status", "status"],
  ["status_code", "status"],
  ["method", "request_method"],
  ["http_method", "request_method"],
  ["path", "request_uri"],
  ["url", "request_uri"],
  ["http_host", "host"],
]);

/** What PHP-FPM knows of a request and nginx does not: a line with it is PHP-FPM's own. */
const OF_FPM = /^(?:pool|script(?:_filename|_name)?|mem(?:ory(?:_\w+)?)?|cpu(?:_\w+)?|php_\w+)$/;

/** What a time looks like, and the variable that has it. */
const TIMES: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/, "time_iso8601"],
  [/^\d\d\/[A-Z][a-z][a-z]\/\d{4}:\d\d:\d\d:\d\d /, "time_local"],
  [/^\d{10}\.\d{3}$/, "msec"],
];

/** The `log_format` that a line of JSON was written with, as far as it matters; `null`: it is none of an access log. */
export function formatOfJson(line: string): string | null {
  if (!line.startsWith("{") || line.includes("$")) return null;
  const texts: string[] = [];
  const known = new Set<string>();
  let at = 0;
  for (const field of line.matchAll(FIELD)) {
    const [all, name = "", text, number] = field;
    if (OF_FPM.test(name)) return null;
    const value = text ?? number ?? "";
    const end = field.index + all.length - (text === undefined ? 0 : 1);
    const variable =
      TIMES.find(([form]) => form.test(value))?.[1] ?? CALLED.get(name) ?? name.replace(/\W/g, "_");
    texts.push(
      line.slice(at, end - value.length),
      `\${${known.has(variable) ? `${variable}_${texts.length}` : variable}}`,
    );
    known.add(variable);
    at = end;
  }
  const isAccess = known.has("status") && TIMES.some(([, variable]) => known.has(variable));
  return isAccess ? texts.join("") + line.slice(at) : null;
}

/** Forms of JSON that are remembered: a log may have lines of several daemons. */
const MOST = 8;

/** The formats that lines may have: nginx's own, those of a configuration, and JSON's. */
export class AccessFormats {
  private readonly combined = new AccessFormat(COMBINED);
  private readonly others: AccessFormat[];
  private made = 0;

  /** `texts`: the formats of a configuration. */
  constructor(texts: readonly string[]) {
    this.others = texts
      .map((text) => new AccessFormat(text))
      .filter(({ isTimed, isUseful }) => isTimed && isUseful);
  }

  /** The line as the format has it that it was written in; `null`: it is none of an access log. */
  read(line: string): AccessLine | null {
    return this.combined.read(line) ?? this.other(line)?.read(line) ?? null;
  }

  /** The format; `null`: the line has none. */
  of(line: string): AccessFormat | null {
    return this.combined.read(line) === null ? this.other(line) : this.combined;
  }

  private other(line: string): AccessFormat | null {
    // A status alone is everywhere.
    const known = this.others.find((one) => one.read(line)?.time != null);
    if (known !== undefined || this.made >= MOST) return known ?? null;
    const text = formatOfJson(line);
    if (text === null) return null;
    const format = new AccessFormat(text);
    this.made += 1;
    this.others.push(format);
    return format;
  }
}
