import { VOCABULARY } from "./vocabulary.js";

/**
 * What fpmlint can know of a name. A name is a run of letters and digits. No rule can tell two names apart that
 * have the same profile, unless it compares names with each other: all words that a line of the code knows
 * are in the vocabulary, and what a name has of them is in its profile.
 */

/** Runs of letters and digits. */
export const NAME = /[A-Za-z0-9]+/g;

const shortest = 3;

interface Known {
  readonly inside: ReadonlySet<string>;
  readonly starts: ReadonlySet<string>;
  readonly ends: ReadonlySet<string>;
  readonly whole: ReadonlySet<string>;
  readonly parameters: ReadonlySet<string>;
  /** The first two characters of those that may be a part of a name. */
  readonly heads: ReadonlySet<string>;
  /** Characters of the longest of them, and of all words. */
  readonly longestPart: number;
  readonly longest: number;
}

let known: Known | null = null;

function vocabulary(): Known {
  if (known === null) {
    const inside = wordsOf(VOCABULARY.inside);
    const starts = wordsOf(VOCABULARY.starts);
    const ends = wordsOf(VOCABULARY.ends);
    const whole = wordsOf(VOCABULARY.whole);
    const parameters = wordsOf(VOCABULARY.parameters);
    const parts = [...inside, ...starts, ...ends];
    known = {
      inside,
      starts,
      ends,
      whole,
      parameters,
      heads: new Set(parts.map((part) => part.slice(0, 2))),
      longestPart: longestOf(parts),
      longest: longestOf([...inside, ...whole]),
    };
  }
  return known;
}

function wordsOf(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}

function longestOf(words: readonly string[]): number {
  return words.reduce((most, { length }) => Math.max(most, length), 0);
}

/** Whether a line of the code knows the word as it is. */
export function isKnown(word: string): boolean {
  const { inside, whole } = vocabulary();
  return whole.has(word) || inside.has(word);
}

/** Whether a line of the code knows a parameter of FastCGI. */
export function isKnownParameter(name: string): boolean {
  return vocabulary().parameters.has(name);
}

/** A word that a pattern may meet in a name. */
interface Part {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** The same for two names that no line of the code tells apart. The name is in lower case. */
export function profileOf(name: string): string {
  const { inside, starts, ends } = vocabulary();
  const parts = partsOf(name);
  const edges = edgesOf(name, parts);
  const found = [/^\d/.test(name) ? "9" : "a", /\d$/.test(name) ? "9" : "a"];
  for (const { word, start, end } of parts) {
    const isPart =
      inside.has(word) || (starts.has(word) && edges.has(start)) || (ends.has(word) && edges.has(end));
    if (isPart) found.push(`${start === 0 ? "^" : ""}${word}${end === name.length ? "$" : ""}`);
  }
  return [...found, ...wholeWords(name, edges)].join();
}

/** The parts of a name that are words for patterns. */
function partsOf(name: string): readonly Part[] {
  const { inside, starts, ends, heads, longestPart } = vocabulary();
  const found: Part[] = [];
  for (let start = 0; start < name.length - 1; start += 1) {
    // All of them have two characters or more.
    if (!heads.has(name.slice(start, start + 2))) continue;
    const most = Math.min(longestPart, name.length - start);
    for (let length = 2; length <= most; length += 1) {
      const end = start + length;
      const atEdge = start === 0 || end === name.length;
      const word = name.slice(start, end);
      if (starts.has(word) || ends.has(word) || (inside.has(word) && (length >= shortest || atEdge)))
        found.push({ word, start, end });
    }
  }
  return found;
}

/** Of a name whose parts are taken away one after the other; more often than this nothing does so. */
const MOST_TAKEN = 8;

/**
 * Where a name begins or ends for a pattern: also where its digits do, and where something is left of it when a word
 * that a pattern knows was taken away.
 */
function edgesOf(name: string, parts: readonly Part[]): ReadonlySet<number> {
  const { inside, starts, ends } = vocabulary();
  const edges = new Set([0, name.length]);
  for (const { index, 0: run } of name.matchAll(/\d+/g)) edges.add(index).add(index + run.length);
  for (let round = 0, before = 0; round < MOST_TAKEN && edges.size > before; round += 1) {
    before = edges.size;
    for (const { word, start, end } of parts) {
      const isInside = inside.has(word);
      if (isInside || (starts.has(word) && edges.has(start))) edges.add(end);
      if (isInside || (ends.has(word) && edges.has(end))) edges.add(start);
    }
  }
  return edges;
}

/** What of a name is a whole word for a line of the code, when something else was taken away. */
function wholeWords(name: string, edges: ReadonlySet<number>): readonly string[] {
  const { longest } = vocabulary();
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.flatMap((start, at) => {
    const found: string[] = [];
    for (let next = at + 1; next < sorted.length; next += 1) {
      const end = sorted[next] ?? name.length;
      if (end - start > longest) break;
      const word = name.slice(start, end);
      if (isKnown(word)) found.push(`=${word}`);
    }
    return found;
  });
}
