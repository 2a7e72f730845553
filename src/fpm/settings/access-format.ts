/** What FPM refuses in `access.format`; it only checks pools that have an `access.log`. */

import { wordMap } from "../../source/word-map.js";

/** Tokens that take no word in braces. */
const plain = "%flmnpPqQrRsu";
/** Tokens that take one of these words in braces, or none. */
const words: ReadonlyMap<string, readonly string[]> = wordMap({
  C: ["total", "user", "system"],
  d: ["seconds", "milli", "mili", "milliseconds", "miliseconds", "micro", "microseconds"],
  M: ["bytes", "kilo", "kilobytes", "mega", "megabytes"],
});

/** The first token that FPM refuses, and why; `null`: none. */
export function accessFormatFault(format: string): { readonly token: string; readonly why: string } | null {
  const marks = /%/g;
  for (let mark = marks.exec(format); mark !== null; mark = marks.exec(format)) {
    let at = mark.index + 1;
    let word = "";
    while (format[at] === "{") {
      const end = format.indexOf("}", at);
      if (end === -1 || end === format.length - 1) {
        return { token: format.slice(mark.index), why: "needs a closing brace and a letter after it" };
      }
      word = format.slice(at + 1, end);
      at = end + 1;
    }
    const letter = format[at];
    if (letter === undefined) return null;
    const why = tokenFault(letter, word);
    if (why !== null) return { token: format.slice(mark.index, at + 1), why };
    marks.lastIndex = at + 1;
  }
  return null;
}

function tokenFault(letter: string, word: string): string | null {
  if (plain.includes(letter)) return word === "" ? null : "takes no braces";
  if (letter === "t" || letter === "T") return null;
  if (letter === "e" || letter === "o") return word === "" ? "needs a name in braces" : null;
  const allowed = words.get(letter);
  if (allowed === undefined) return "is not a token that PHP-FPM knows";
  return word === "" || allowed.includes(word.toLowerCase())
    ? null
    : `takes ${allowed.join(", ")} in its braces`;
}
