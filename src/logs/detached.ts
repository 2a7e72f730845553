import type { LogLine } from "./line.js";

/** Characters; of a shorter part V8 makes a text of its own. */
const SHORTEST_PART = 13;

/**
 * A text that is kept. The lines of a block are parts of its text, and a part keeps the whole of it in the memory: of
 * what is kept a copy is made, with at most so many characters.
 */
export function detached(text: string, most: number): string {
  if (text.length < SHORTEST_PART) return text.toWellFormed();
  const cut = text.length > most ? text.slice(0, most) : text;
  return Buffer.from(cut, "utf8").toString("utf8");
}

/** Characters of a part that are kept. */
const LONGEST = 2000;

/** The same for a line. */
export function detachedLine({ request, message, level, ...rest }: LogLine): LogLine {
  return {
    ...rest,
    level: level === null ? null : detached(level, LONGEST),
    message: detached(message, LONGEST),
    request:
      request === null
        ? null
        : {
            server: detached(request.server, LONGEST),
            method: detached(request.method, LONGEST),
            path: detached(request.path, LONGEST),
            upstream: detached(request.upstream, LONGEST),
            host: detached(request.host, LONGEST),
          },
  };
}

/** The same for named parts of a line. */
export function detachedParts(parts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...parts].map(([name, value]) => [name, detached(value, LONGEST)] as const));
}
