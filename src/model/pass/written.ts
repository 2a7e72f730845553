import type { Place } from "../../source/file.js";
import type { Target } from "../host.js";

/** The words that name an address, as they are written in nginx's files. */

/** The word at a place without its quotes: `unix:/run/php/a.sock`, `php:9000`. */
export function writtenAddress({ span: { file, start, end } }: Pick<Place, "span">): string {
  return file.text.slice(start, end).replace(/^["']|["']$/g, "");
}

/** Whether the target needs no port or has one. In an upstream nginx adds port 80 where none is written. */
export function hasWrittenPort({ address, place }: Target): boolean {
  return address.kind === "unix" || /:\d+$/.test(writtenAddress(place));
}
