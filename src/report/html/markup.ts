import { withCommas } from "../../source/digits.js";
import { escapeText } from "../terminal/escape.js";

/** Every text of a configuration that gets into the page goes through here. */

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** One line for an element or an attribute: what would be invisible is shown, what would be markup is text. */
export function h(text: string): string {
  return asText(escapeText(text));
}

/** The same for lines that are harmless already, whose ends are kept. */
export function asText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? "");
}

/** Cut to so many characters; the whole is in a title. */
export function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** What a finding is linked by. */
export function anchor({
  rule,
  fingerprint,
}: {
  readonly rule: string;
  readonly fingerprint: string;
}): string {
  return h(`${rule}:${fingerprint}`);
}

/** A number with at most one digit after the point. */
export function short(value: number): string {
  return String(Number(value.toFixed(1)));
}

/** `1,200`. */
export function shown(value: number): string {
  return withCommas(value);
}

/** Things of a part of the page that are shown whole. */
export const MOST_ROWS = 40;

/** Of many things the first whole, the others folded, in a line each. `noun`: what they are, several. */
export function rows<T>(
  all: readonly T[],
  whole: (one: T) => string,
  line: (one: T) => string,
  noun: string,
): string {
  const others = all.slice(MOST_ROWS).map((one) => `<li>${line(one)}`);
  return `${all.slice(0, MOST_ROWS).map(whole).join("")}${folded(others, MOST_ROWS, all.length, noun)}`;
}

/** Items of a page that is folded. */
const PAGE = 50;

/** List items that are folded, in pages. `from`: how many come before them, of so many; `noun`: what they are, several. */
export function folded(items: readonly string[], from: number, all: number, noun: string): string {
  const pages = Array.from({ length: Math.ceil(items.length / PAGE) }, (_, page) => {
    const some = items.slice(page * PAGE, (page + 1) * PAGE);
    const first = from + page * PAGE + 1;
    return `<details><summary>${shown(first)} to ${shown(first + some.length - 1)} of ${shown(all)} ${noun}</summary><ul>${some.join("")}</ul></details>`;
  });
  return pages.join("");
}

/** A shape for each severity, so that colour alone says nothing. */
export const SHAPES = { error: "■", warning: "▲", info: "●" } as const;
