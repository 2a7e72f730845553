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

/** Items of a page that is folded. */
const PAGE = 50;

/** List items that are folded, in pages. `from`: how many come before them, of so many; `noun`: what they are, several. */
export function folded(items: readonly string[], from: number, all: number, noun: string): string {
  const pages = Array.from({ length: Math.ceil(items.length / PAGE) }, (_, page) => {
    const some = items.slice(page * PAGE, (page + 1) * PAGE);
    const first = from + page * PAGE + 1;
    const number = (value: number): string => value.toLocaleString("en-US");
    return `<details><summary>${number(first)} to ${number(first + some.length - 1)} of ${number(all)} ${noun}</summary><ul>${some.join("")}</ul></details>`;
  });
  return pages.join("");
}

/** A shape for each severity, so that colour alone says nothing. */
export const SHAPES = { error: "■", warning: "▲", info: "●" } as const;
