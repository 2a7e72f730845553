import { wordMap } from "../../source/word-map.js";
import { escapeText } from "../terminal/escape.js";

const ENTITIES = wordMap({
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
});

/** Text of one line for an attribute or an element. What XML 1.0 cannot hold is shown as an escape. */
export function xmlText(text: string): string {
  return escapeText(text)
    .replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? character)
    .replace(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** The same for several lines, whose ends stay. */
export function xmlLines(text: string): string {
  return text.split("\n").map(xmlText).join("\n");
}
