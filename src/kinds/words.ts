import { VOCABULARY } from "./vocabulary.js";

/**
 * What fpmlint can know of a name. A name is a run of letters and digits. No rule can tell two names apart that
 * have the same profile, unless it compares names with each other: all words that a line of the code knows
 * are in the vocabulary, and what a name has of them is in its profile.
 */

/** Runs of letters and digits. */
export const NAME = /[A-Za-z0-9]+/g;

const { inside, whole, parameters } = VOCABULARY;
const shortest = 3;

interface Known {
  readonly inside: ReadonlySet<string>;
  readonly whole: ReadonlySet<string>;
  readonly parameters: ReadonlySet<string>;
  /** The first two characters of those that may be inside of a name. */
  readonly starts: ReadonlySet<string>;
  readonly longest: number;
}

let known: Known | null = null;

function vocabulary(): Known {
  if (known === null) {
    const parts = inside.trim().split(/\s+/);
    known = {
      inside: new Set(parts),
      whole: new Set(whole.trim().split(/\s+/)),
      parameters: new Set(parameters.trim().split(/\s+/)),
      starts: new Set(parts.map((part) => part.slice(0, 2))),
      longest: parts.reduce((most, { length }) => Math.max(most, length), 0),
    };
  }
  return known;
}

/** Whether a line of the code knows the word as it is. */
export function isKnown(word: string): boolean {
  const { inside: parts, whole: words } = vocabulary();
  return words.has(word) || parts.has(word);
}

/** Whether a line of the code knows a parameter of FastCGI. */
export function isKnownParameter(name: string): boolean {
  return vocabulary().parameters.has(name);
}

const NUMBER = /^\d+$/;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The same for two names that no line of the code tells apart. The name is in lower case. */
export function profileOf(name: string): string {
  const { inside: parts, starts, longest } = vocabulary();
  const found = [/^\d/.test(name) ? "9" : "a", /\d$/.test(name) ? "9" : "a"];
  for (const run of [name, ...(name.match(/[a-z]+|\d+/g) ?? [])]) if (isKnown(run)) found.push(`=${run}`);
  for (let start = 0; start < name.length; start += 1) {
    // All of them have two characters or more.
    if (!starts.has(name.slice(start, start + 2))) continue;
    const most = Math.min(longest, name.length - start);
    // No pattern of the code meets a number in the midst of a run of digits.
    const behindDigit = start > 0 && isDigit(name.charCodeAt(start - 1));
    for (let length = 2; length <= most; length += 1) {
      const atEdge = start === 0 || start + length === name.length;
      if (length < shortest && !atEdge) continue;
      const part = name.slice(start, start + length);
      if (parts.has(part) && !(behindDigit && NUMBER.test(part)))
        found.push(`${start === 0 ? "^" : ""}${part}${start + length === name.length ? "$" : ""}`);
    }
  }
  return found.join();
}
