/** The XML of PHP-FPM for PHP 5.2, which is before it read ini files. */
import type { Range } from "./ranges.js";

const OPEN = "<configuration>";
const CLOSE = "</configuration>";

/** Where such documents are in a text, by whole lines. A template may have one in a branch. */
export function fpmXml(text: string): readonly Range[] {
  const found: Range[] = [];
  for (let open = text.indexOf(OPEN); open !== -1; ) {
    const close = text.indexOf(CLOSE, open);
    const feed = text.indexOf("\n", close === -1 ? text.length : close);
    const end = feed === -1 ? text.length : feed;
    if (text.slice(open, end).includes("<section name=")) {
      // The declaration is before it.
      const from = found.at(-1)?.end ?? 0;
      const before = text.slice(from, open).trimEnd();
      const declared = before.endsWith("?>") ? before.lastIndexOf("<?xml") : -1;
      found.push({ start: text.lastIndexOf("\n", declared === -1 ? open : from + declared) + 1, end });
    }
    open = text.indexOf(OPEN, end);
  }
  return found;
}
