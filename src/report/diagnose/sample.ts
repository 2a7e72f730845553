import type { Sample } from "../../diagnose/groups.js";
import { messageAsWritten } from "../../logs/line.js";
import { showTime } from "../../logs/time.js";
import { escapeText } from "../terminal/escape.js";

/** Characters of a message that are shown; what PHP says may be long. */
const LONGEST = 200;

/** Signatures whose message quotes what the client sent, or who it is: what is shown of it. */
const QUOTING: ReadonlyMap<string, RegExp> = new Map([
  ["header-line-too-long", /^[^:]*:/],
  ["uri-too-long", /^[^:]*:/],
  ["invalid-header", /^[^:]*:/],
  ["modsecurity-denied", /ModSecurity: Access denied with code \d{3} \(phase \d\)|\[id "\d{1,10}"\]/g],
]);

/**
 * A line of a log without what tells who asked: no client address, query, referrer, cookies, user. It is put together of
 * the parts that were read, so that nothing else of the line is in it.
 */
export function shownSample(
  { line, source }: Sample,
  signature: string,
): { readonly text: string; readonly source: string } {
  const { time, level, request } = line;
  const message = messageAsWritten(line.message);
  const shown = QUOTING.get(signature);
  const words = shown === undefined ? withoutPersons(message) : (message.match(shown) ?? []).join(" ");
  const said = words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
  const parts = [time === null ? "" : showTime(time), level === null ? "" : `[${level}]`, said].filter(
    (part) => part !== "",
  );
  const tail =
    request === null
      ? []
      : [
          request.server === "" ? "" : `server: ${request.server}`,
          request.path === "" ? "" : `request: "${request.method} ${request.path}"`,
          request.upstream === "" ? "" : `upstream: "${request.upstream}"`,
        ].filter((part) => part !== "");
  return { text: escapeText([parts.join(" "), ...tail].join(", ")), source };
}

/** What a message may have of a person: the query of an address, a mail address, who logged in. */
function withoutPersons(message: string): string {
  return message
    .replace(/\?[^\s"')]+/g, "?…")
    .split(" ")
    .map((word) => (word.includes("@") ? "…@…" : word))
    .join(" ")
    .replace(/\buser "[^"]+"/g, 'user "…"');
}
