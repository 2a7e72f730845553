import type { Place } from "../../source/file.js";
import { replaceRanges } from "../../source/ranges.js";
import { hidePlaceholders, placeholderRanges } from "../../source/template.js";

/** Words with nginx's variables in them. Placeholders of a template (`${{name}}`) are not variables. */

export interface Written {
  readonly text: string;
  /** The word that gives the text. */
  readonly place: Place;
}

const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

/** The names of the variables in a text, in its order. */
export function variablesIn(text: string): readonly string[] {
  if (!text.includes("$")) return [];
  return [...hidePlaceholders(text).matchAll(VARIABLE)].map((found) => found[1] ?? found[2] ?? "");
}

/** The longest value that is followed, in UTF-16 code units. No address or path is that long. */
export const LONGEST_VALUE = 8192;

/** A value that is not followed further: to every reader a `$` that nobody can resolve, whatever is put next to it. */
const UNKNOWN = "$\0";

/**
 * The text with the known values in the place of their variables. A word that is nothing but a variable gets
 * the place of its value. A value that grows too long is unknown: `set $b $a$a` doubles it in each line.
 */
export function withVariables(written: Written, known: (name: string) => Written | null): Written {
  if (!written.text.includes("$")) return { text: written.text, place: written.place };
  let { text, place } = { text: "", place: written.place };
  let at = 0;
  for (const found of hidePlaceholders(written.text).matchAll(VARIABLE)) {
    const value = known(found[1] ?? found[2] ?? "");
    if (value === null) continue;
    text += written.text.slice(at, found.index) + value.text;
    at = found.index + found[0].length;
    if (found[0] === written.text) place = value.place;
    if (text.length > LONGEST_VALUE) return { text: UNKNOWN, place };
  }
  return { text: text + written.text.slice(at), place };
}

/** A word as a template leaves it when it fills in nothing. */
export function withoutPlaceholders(text: string): string {
  return replaceRanges(text, placeholderRanges(text), () => "");
}
